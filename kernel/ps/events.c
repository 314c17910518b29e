/* What the first process hears of: starts by ticket, services that registered, signals to itself,
 * refusals that fill the audit record, exits. */
#include "core/api.h"
#include "ps/process.h"

/* Guarded by the process table's lock. */
struct process_events {
	struct list started; /* struct spawn_ticket that was used, oldest first */
	struct list exited; /* struct process whose event is not taken yet, oldest first */
	uint64_t registered; /* bit per service id: registered, and the event not taken yet */
	uint64_t registered_by[IPC_SERVICE_ID_MAX + 1]; /* pid */
	uint64_t signals; /* not taken yet */
	bool audit_fills;
	bool any; /* atomic for readers: there is something to take */
	struct wait_queue waiters;
};

static struct process_events process_events;

void events_init(void)
{
	process_events = (struct process_events){};
	list_init(&process_events.started);
	list_init(&process_events.exited);
	wait_queue_init(&process_events.waiters);
}

bool events_pending(void)
{
	return __atomic_load_n(&process_events.any, __ATOMIC_SEQ_CST);
}

/* The first process, or NULL when it is gone. */
static struct process *events_reader(void)
{
	struct process *first = process_next_living(NULL);
	return first && !first->spawner_pid ? first : NULL;
}

/* Wakes who waits for events, and interrupts a wait for messages of the first process. */
static void events_tell(void)
{
	struct process *first = events_reader();
	__atomic_store_n(&process_events.any, true, __ATOMIC_SEQ_CST);
	/* also whom nobody can wake any more must look again */
	wait_queue_wake_all(&process_events.waiters);
	if (!first)
		return;
	spinlock_acquire(&first->lock);
	list_for_each(link, &first->tasks)
		thread_wake_awaiting(container_of(link, struct task, link)->thread);
	spinlock_release(&first->lock);
}

void events_add_start(struct spawn_ticket *ticket)
{
	list_remove(&ticket->link);
	list_push_back(&process_events.started, &ticket->link);
	events_tell();
}

void events_add_exit(struct process *process)
{
	/* it was slower to end than the first process was ready to wait: nobody will ask for it */
	if (!events_reader()) {
		family_event_taken(process);
		return;
	}
	list_push_back(&process_events.exited, &process->link);
	events_tell();
}

void process_service_registered(uint64_t service_id, uint64_t pid)
{
	spinlock_acquire(process_table_lock());
	process_events.registered |= 1ULL << service_id;
	process_events.registered_by[service_id] = pid;
	events_tell();
	spinlock_release(process_table_lock());
}

void process_audit_fills(void)
{
	spinlock_acquire(process_table_lock());
	process_events.audit_fills = true;
	events_tell();
	spinlock_release(process_table_lock());
}

void process_note_signal(uint32_t signal)
{
	if (signal == SIGNAL_CHLD)
		return;
	process_events.signals |= signal_bit(signal);
	events_tell();
}

static size_t events_take_starts(struct process_event *out_events, size_t capacity)
{
	size_t count = 0;
	while (count < capacity) {
		struct list *first = list_pop_front(&process_events.started);
		if (!first)
			break;
		struct spawn_ticket *ticket = container_of(first, struct spawn_ticket, link);
		out_events[count++] = (struct process_event){
		        .event = LIFECYCLE_EVENT_START,
		        .pid = ticket->pid,
		        .parent_pid = ticket->number,
		};
		heap_free(ticket, sizeof *ticket);
	}
	return count;
}

/* Is there anything to take? */
static bool events_any(void)
{
	return process_events.registered || process_events.signals || process_events.audit_fills ||
	       !list_empty(&process_events.started) || !list_empty(&process_events.exited);
}

size_t events_take(struct process_event *out_events, size_t capacity)
{
	size_t count = events_take_starts(out_events, capacity);
	for (; process_events.registered && count < capacity; count++) {
		unsigned id = (unsigned)__builtin_ctzll(process_events.registered);
		process_events.registered &= process_events.registered - 1;
		out_events[count] = (struct process_event){
		        .event = LIFECYCLE_EVENT_SERVICE,
		        .pid = process_events.registered_by[id],
		        .status = (int32_t)id,
		};
	}
	for (; process_events.signals && count < capacity; count++) {
		int bit = __builtin_ctzll(process_events.signals);
		process_events.signals &= process_events.signals - 1;
		out_events[count] = (struct process_event){
		        .event = LIFECYCLE_EVENT_SIGNAL,
		        .status = bit + 1,
		};
	}
	if (process_events.audit_fills && count < capacity) {
		process_events.audit_fills = false;
		out_events[count++] = (struct process_event){.event = LIFECYCLE_EVENT_AUDIT};
	}
	while (count < capacity) {
		struct list *first = list_pop_front(&process_events.exited);
		if (!first)
			break;
		struct process *process = container_of(first, struct process, link);
		out_events[count++] = (struct process_event){
		        .event = LIFECYCLE_EVENT_EXIT,
		        .pid = process->pid,
		        .parent_pid = process->spawner_pid,
		        .status = process_event_status(process),
		};
		family_event_taken(process);
	}
	__atomic_store_n(&process_events.any, events_any(), __ATOMIC_SEQ_CST);
	return count;
}

/* The table's lock is held. */
static enum status events_wait(const struct process_event_wait *wait)
{
	while (!events_any()) {
		if (wait->deadline_ns) {
			if (clock_ns() >= wait->deadline_ns)
				return OK;
			(void)wait_queue_sleep_until(&process_events.waiters, process_table_lock(),
			                             wait->deadline_ns);
			continue;
		}
		/* the caller itself lives */
		if (process_living_count() <= 1)
			return ERR_NO_CHILD;
		wait_queue_sleep(&process_events.waiters, process_table_lock());
	}
	return OK;
}

enum status process_take_events(struct process_event *out_events, size_t capacity,
                                const struct process_event_wait *wait, size_t *out_count)
{
	spinlock_acquire(process_table_lock());
	enum status status = wait->wait ? events_wait(wait) : OK;
	if (status == OK)
		*out_count = events_take(out_events, capacity);
	spinlock_release(process_table_lock());
	return status;
}
