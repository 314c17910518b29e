/* The receiving side of local sockets, and what becomes of messages that nobody reads. */
#include "io/unix/socket.h"

/*
 * Messages hold files, files may be sockets, and those have messages: what is thrown away goes
 * through one list, so that the depth of the stack does not depend on a program.
 */
struct unix_trash {
	struct spinlock lock;
	/* guarded by lock */
	struct list messages;
	bool is_ready;
	bool is_draining;
};

static struct unix_trash unix_trash = {.lock = SPINLOCK_INIT(LOCK_FILE)};

static struct unix_message *unix_trash_next(struct unix_trash *trash)
{
	struct unix_message *message = NULL;
	spinlock_acquire(&trash->lock);
	if (list_empty(&trash->messages)) {
		trash->is_draining = false;
	} else {
		message = container_of(trash->messages.next, struct unix_message, link);
		list_remove(&message->link);
	}
	spinlock_release(&trash->lock);
	return message;
}

/* Takes what is in the list; its files have landed. */
static void unix_throw_away(struct unix_trash *trash, struct list *messages)
{
	list_for_each(flying, messages) {
		struct unix_message *message = container_of(flying, struct unix_message, link);
		message->files = unix_flight_land(message);
	}
	spinlock_acquire(&trash->lock);
	if (!trash->is_ready)
		list_init(&trash->messages);
	trash->is_ready = true;
	list_for_each(link, messages) {
		list_remove(link);
		list_push_back(&trash->messages, link);
	}
	bool is_mine = !trash->is_draining;
	trash->is_draining = true;
	spinlock_release(&trash->lock);
	if (!is_mine)
		return;
	for (struct unix_message *each; (each = unix_trash_next(trash));)
		unix_message_destroy(each);
}

void unix_port_unref(struct unix_port *port)
{
	if (!port || __atomic_sub_fetch(&port->references, 1, __ATOMIC_ACQ_REL))
		return;
	unix_queue_settle(&port->queue);
	memory_account_unref(port->queue.account);
	heap_free(port, sizeof *port);
}

static bool unix_port_has_space(const struct unix_port *port)
{
	if (!port->reader || port->read_shut)
		return true;
	if (port->is_listening)
		return port->pending_count < port->pending_max;
	return port->queue.charged < UNIX_QUEUE_BYTES;
}

void unix_port_tell(struct unix_port *port)
{
	bool gone = !port->reader || port->read_shut;
	uint32_t out = unix_port_has_space(port) ? READY_OUT : 0;
	bool over = port->ended || port->read_shut;
	uint32_t in = over ? READY_IN | READY_PEER_CLOSED : 0;
	if (!unix_queue_is_empty(&port->queue) || !list_empty(&port->pending))
		in |= READY_IN;
	readiness_set(&port->space, out, out);
	if (port->reader)
		unix_socket_ready_in(port->reader, in, over);
	if (port->writer)
		unix_socket_ready_out(port->writer, out, gone);
}

void unix_port_end(struct unix_port *port, bool was_reset)
{
	sleep_lock_acquire(&port->lock);
	port->writer = NULL;
	port->ended = true;
	port->reset |= was_reset;
	unix_port_tell(port);
	sleep_lock_release(&port->lock);
}

static void unix_move_all(struct list *to, struct list *from)
{
	list_for_each(link, from) {
		list_remove(link);
		list_push_back(to, link);
	}
}

/* What waits moves to out. The port is locked. */
static void unix_port_take_all(struct unix_port *port, struct list *out)
{
	unix_move_all(out, &port->queue.messages);
	unix_queue_settle(&port->queue);
	unix_queue_init(&port->queue, port->queue.account);
}

void unix_port_empty(struct unix_port *port)
{
	struct list messages;
	list_init(&messages);
	sleep_lock_acquire(&port->lock);
	unix_port_take_all(port, &messages);
	unix_port_tell(port);
	sleep_lock_release(&port->lock);
	unix_throw_away(&unix_trash, &messages);
}

void unix_port_shut(struct unix_port *port, bool is_closed)
{
	struct list messages, pending;
	list_init(&messages);
	list_init(&pending);
	sleep_lock_acquire(&port->lock);
	port->read_shut = true;
	if (is_closed) {
		port->reader = NULL;
		unix_port_take_all(port, &messages);
		unix_move_all(&pending, &port->pending);
	}
	unix_port_tell(port);
	sleep_lock_release(&port->lock);
	list_for_each(link, &pending) {
		list_remove(link);
		file_unref(&container_of(link, struct unix_socket, pending)->file);
	}
	unix_throw_away(&unix_trash, &messages);
}
