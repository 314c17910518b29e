/*
 * Sockets that only sockets hold.
 *
 * A socket whose every reference lies in a queue, and which no queue of a socket in use leads to,
 * can never be reached again, though its count is not 0. From time to time all of them are looked
 * for, and their queues emptied.
 */
#include "io/unix/flyers.h"
#include "io/unix/socket.h"
#include <base/cleanup.h>
#include <string.h>

enum { UNIX_FLIGHT_LOW = 64 }; /* so few in flight are not worth a search */

struct unix_flight {
	struct sleep_lock lock; /* before any port's; files go into and out of queues under it */
	struct spinlock start_lock;
	/* guarded by lock */
	bool is_ready; /* guarded by start_lock */
	struct list sockets; /* struct unix_socket.all */
	size_t count; /* references in queues */
	size_t next_search; /* when count reaches it */
	uint64_t last_inode;
};

static struct unix_flight unix_flight = {.start_lock = SPINLOCK_INIT(LOCK_FILE)};

static void unix_flight_lock(void)
{
	struct unix_flight *flight = &unix_flight;
	spinlock_acquire(&flight->start_lock);
	if (!flight->is_ready) {
		sleep_lock_init(&flight->lock);
		list_init(&flight->sockets);
		flight->next_search = UNIX_FLIGHT_LOW;
		flight->is_ready = true;
	}
	spinlock_release(&flight->start_lock);
	sleep_lock_acquire(&flight->lock);
}

static void unix_flight_unlock(void)
{
	sleep_lock_release(&unix_flight.lock);
}

void unix_flight_add_socket(struct unix_socket *socket)
{
	unix_flight_lock();
	socket->inode = ++unix_flight.last_inode;
	list_push_back(&unix_flight.sockets, &socket->all); /* which is by inode */
	unix_flight_unlock();
}

void unix_flight_remove_socket(struct unix_socket *socket)
{
	unix_flight_lock();
	list_remove(&socket->all);
	unix_flight_unlock();
}

/*
 * Whoever is in the list is there, though perhaps at its end. A binding is for good once it has
 * its key, so that its name needs no lock; of the rest each word stands by itself.
 */
static void unix_socket_figures(const struct unix_socket *socket, struct socket_figures *out)
{
	*out = (struct socket_figures){
	        .inode = socket->inode,
	        .references = object_references(&socket->file.object),
	        .kind = (uint16_t)socket->kind,
	        .state = __atomic_load_n(&socket->is_listening, __ATOMIC_RELAXED)
	                         ? SOCKET_STATE_LISTENS
	                 : __atomic_load_n(&socket->peer, __ATOMIC_RELAXED) ? SOCKET_STATE_CONNECTED
	                                                                    : SOCKET_STATE_FREE,
	};
	if (!__atomic_load_n(&socket->key_len, __ATOMIC_ACQUIRE))
		return;
	out->name_len = socket->name->len;
	memcpy(out->name, socket->name->path, socket->name->len);
}

size_t unix_socket_list(uint64_t after, struct socket_figures *out, size_t capacity)
{
	size_t count = 0;
	unix_flight_lock();
	list_for_each(link, &unix_flight.sockets) {
		const struct unix_socket *socket = container_of(link, struct unix_socket, all);
		if (socket->inode > after && count < capacity)
			unix_socket_figures(socket, &out[count++]);
	}
	unix_flight_unlock();
	return count;
}

/* The lock is held. */
static void unix_flight_count(const struct unix_files *files, int change)
{
	for (uint32_t i = 0; i < files->count; i++) {
		if (!file_is_unix_socket(files->items[i]))
			continue;
		unix_socket_of(files->items[i])->in_flight += (uint32_t)change;
		unix_flight.count += (size_t)change;
	}
}

struct unix_files *unix_flight_land(struct unix_message *message)
{
	struct unix_files *files = message->files;
	if (!files)
		return NULL;
	unix_flight_lock();
	unix_flight_count(files, -1);
	unix_flyer_remove(message->flyer, files->count);
	message->flyer = NULL;
	if (unix_flight.next_search > 4 * unix_flight.count)
		unix_flight.next_search = 2 * unix_flight.count;
	if (unix_flight.next_search < UNIX_FLIGHT_LOW)
		unix_flight.next_search = UNIX_FLIGHT_LOW;
	message->files = NULL;
	unix_flight_unlock();
	return files;
}

/* The lock is held. */
static enum status unix_flight_deliver(struct unix_message *message,
                                       enum status (*deliver)(void *context), void *context)
{
	/* the message may be gone, or its files landed, once it is delivered */
	const struct unix_files *files = message->files;
	struct unix_flyer *flyer;
	TRY(unix_flyer_add(&message->sender, files->count, &flyer));
	message->flyer = flyer;
	enum status status = deliver(context);
	if (status == OK)
		unix_flight_count(files, 1);
	else
		unix_flyer_remove(flyer, files->count);
	return status;
}

enum status unix_flight_start(struct unix_message *message, enum status (*deliver)(void *context),
                              void *context)
{
	if (!message->files)
		return deliver(context);
	unix_flight_lock();
	enum status status = unix_flight_deliver(message, deliver, context);
	bool is_many = unix_flight.count >= unix_flight.next_search;
	unix_flight_unlock();
	if (is_many && status == OK)
		unix_collect_garbage();
	if (status != ERR_TOO_MANY_IN_FLIGHT)
		return status;
	/* perhaps nobody can receive those that wait */
	unix_collect_garbage();
	unix_flight_lock();
	status = unix_flight_deliver(message, deliver, context);
	unix_flight_unlock();
	return status;
}

/* What a queue leads to is in use, and its own queue is looked at later. */
static void unix_mark_queue(struct unix_socket *socket, struct list *found)
{
	sleep_lock_acquire(&socket->port->lock);
	list_for_each(link, &socket->port->queue.messages) {
		const struct unix_message *message = container_of(link, struct unix_message, link);
		for (uint32_t i = 0; message->files && i < message->files->count; i++) {
			struct file *file = message->files->items[i];
			if (!file_is_unix_socket(file))
				continue;
			struct unix_socket *held = unix_socket_of(file);
			if (!held->is_suspect)
				continue;
			held->is_suspect = false;
			list_push_back(found, &held->marked);
		}
	}
	sleep_lock_release(&socket->port->lock);
}

/* Those that nobody can reach, with a reference each, linked by marked. The lock is held. */
static void unix_find_garbage(struct list *out)
{
	struct list found;
	list_init(&found);
	list_init(out);
	list_for_each(link, &unix_flight.sockets) {
		struct unix_socket *socket = container_of(link, struct unix_socket, all);
		uint32_t references = object_references(&socket->file.object);
		socket->is_suspect = socket->in_flight && references == socket->in_flight;
		if (!socket->is_suspect)
			list_push_back(&found, &socket->marked);
	}
	while (!list_empty(&found)) {
		struct list *link = found.next;
		list_remove(link);
		unix_mark_queue(container_of(link, struct unix_socket, marked), &found);
	}
	list_for_each(link, &unix_flight.sockets) {
		struct unix_socket *socket = container_of(link, struct unix_socket, all);
		if (!socket->is_suspect)
			continue;
		file_ref(&socket->file);
		list_push_back(out, &socket->marked);
	}
}

void unix_collect_garbage(void)
{
	struct list garbage;
	unix_flight_lock();
	unix_find_garbage(&garbage);
	unix_flight.next_search = unix_flight.count * 2; /* unless some land */
	unix_flight_unlock();
	list_for_each(link, &garbage) {
		unix_port_empty(container_of(link, struct unix_socket, marked)->port);
	}
	while (!list_empty(&garbage)) {
		struct unix_socket *socket = container_of(garbage.next, struct unix_socket, marked);
		list_remove(&socket->marked);
		file_unref(&socket->file);
	}
}
