/*
 * Tickets to start a program. The first process says by one what a program may do that loaderd will
 * load for another process, and hears of it before anything else of that program.
 */
#include "core/api.h"
#include "ps/process.h"

/* Guarded by the process table's lock. */
struct spawn_tickets {
	uint64_t last;
	struct list open; /* struct spawn_ticket, not used yet */
};

static struct spawn_tickets spawn_tickets;

void tickets_init(void)
{
	spawn_tickets = (struct spawn_tickets){};
	list_init(&spawn_tickets.open);
}

static struct spawn_ticket *tickets_find_number(uint64_t number)
{
	list_for_each(link, &spawn_tickets.open) {
		struct spawn_ticket *ticket = container_of(link, struct spawn_ticket, link);
		if (ticket->number == number)
			return ticket;
	}
	return NULL;
}

struct spawn_ticket *tickets_find(uint64_t number, uint64_t holder)
{
	struct spawn_ticket *ticket = tickets_find_number(number);
	return ticket && ticket->holder == holder ? ticket : NULL;
}

void tickets_drop(void)
{
	while (!list_empty(&spawn_tickets.open)) {
		struct list *first = list_pop_front(&spawn_tickets.open);
		heap_free(container_of(first, struct spawn_ticket, link),
		          sizeof(struct spawn_ticket));
	}
}

/* NULL: there is none to replace. The table is locked. */
static struct spawn_ticket *tickets_remove(uint64_t number)
{
	struct spawn_ticket *ticket = tickets_find_number(number);
	if (ticket)
		list_remove(&ticket->link);
	return ticket;
}

enum status spawn_ticket_create(const struct process_request *request, uint64_t replaced,
                                uint64_t *out_ticket)
{
	struct spawn_ticket *old = NULL, *ticket = HEAP_NEW(struct spawn_ticket);
	if (!ticket)
		return ERR_NO_MEMORY;
	*ticket = (struct spawn_ticket){
	        .maker = process_id(process_current()),
	        .holder = request->ticket_holder,
	        .flags = request->flags,
	        .console_session = request->console_session,
	        .may_register = request->may_register,
	        .may_look_up = request->may_look_up,
	        .weight_micros = request->weight_micros,
	};
	spinlock_acquire(process_table_lock());
	if (replaced)
		old = tickets_remove(replaced);
	bool may = !replaced || old;
	if (may) {
		ticket->number = *out_ticket = ++spawn_tickets.last;
		list_push_back(&spawn_tickets.open, &ticket->link);
	}
	spinlock_release(process_table_lock());
	heap_free(may ? old : ticket, sizeof *ticket);
	return may ? OK : ERR_EXISTS;
}

enum status spawn_ticket_read(struct process_request *request)
{
	spinlock_acquire(process_table_lock());
	const struct spawn_ticket *ticket = tickets_find(request->ticket, request->ticket_holder);
	if (ticket) {
		request->flags = ticket->flags;
		request->console_session = ticket->console_session;
		request->may_register = ticket->may_register;
		request->may_look_up = ticket->may_look_up;
		request->weight_micros = ticket->weight_micros;
		request->map_archive = ticket->flags & SPAWN_EXEC_ARCHIVE;
	}
	spinlock_release(process_table_lock());
	return ticket ? OK : ERR_NO_PROCESS;
}
