/* How local sockets find each other. */
#include "core/api.h"
#include "io/unix/socket.h"
#include <base/cleanup.h>

static void unix_pair_one(struct unix_socket *a, struct unix_socket *b)
{
	a->peer = unix_port_ref(b->port);
	sleep_lock_acquire(&a->port->lock);
	a->port->writer = b;
	unix_port_tell(a->port);
	sleep_lock_release(&a->port->lock);
}

void unix_socket_pair_up(struct unix_socket *a, struct unix_socket *b)
{
	unix_pair_one(a, b);
	unix_pair_one(b, a);
}

enum status unix_socket_create_pair(enum unix_kind kind, uint32_t flags, struct file *out_files[2])
{
	struct unix_socket *one, *two;
	TRY(unix_socket_new(kind, flags, &one));
	enum status status = unix_socket_new(kind, flags, &two);
	if (status != OK) {
		file_unref(&one->file);
		return status;
	}
	one->peer_credentials = two->peer_credentials = unix_own_credentials();
	if (kind == UNIX_DATAGRAM) {
		one->peer = unix_port_ref(two->port);
		two->peer = unix_port_ref(one->port);
	} else {
		unix_socket_pair_up(one, two);
	}
	out_files[0] = &one->file;
	out_files[1] = &two->file;
	return OK;
}

enum status unix_socket_listen(struct file *file, uint32_t backlog)
{
	struct unix_socket *socket;
	TRY(unix_socket_get(file, &socket));
	if (socket->kind == UNIX_DATAGRAM)
		return ERR_NOT_SUPPORTED;
	sleep_lock_acquire(&socket->lock);
	bool good = socket->name && !socket->peer;
	if (good) {
		struct unix_port *port = socket->port;
		socket->is_listening = true;
		socket->peer_credentials = unix_own_credentials();
		sleep_lock_acquire(&port->lock);
		port->is_listening = true;
		port->pending_max =
		        (backlog < SOCKET_BACKLOG_MAX ? backlog : SOCKET_BACKLOG_MAX) + 1;
		unix_port_tell(port);
		sleep_lock_release(&port->lock);
		unix_socket_ready_out(socket, 0, false);
	}
	sleep_lock_release(&socket->lock);
	return good ? OK : ERR_INVALID_ARGS;
}

/* Both are locked, and so is where the listener's connections wait. */
static void unix_connect_to(struct unix_socket *socket, struct unix_socket *server,
                            struct unix_port *listener)
{
	server->name = unix_name_ref(listener->reader->name);
	server->peer_name = unix_name_ref(socket->name);
	server->peer_credentials = unix_own_credentials();
	socket->peer_name = unix_name_ref(server->name);
	socket->peer_credentials = listener->reader->peer_credentials;
	unix_socket_pair_up(socket, server);
	list_push_back(&listener->pending, &server->pending);
	listener->pending_count++;
	unix_port_tell(listener);
}

/* Takes server when it answers OK. */
static enum status unix_connect_now(struct unix_socket *socket, struct unix_socket *server,
                                    struct unix_port *listener)
{
	enum status status = OK;
	sleep_lock_acquire(&socket->lock);
	if (socket->peer)
		status = ERR_ALREADY_CONNECTED;
	else if (socket->is_listening)
		status = ERR_INVALID_ARGS;
	if (status == OK) {
		sleep_lock_acquire(&listener->lock);
		if (!listener->reader || !listener->is_listening || listener->read_shut)
			status = ERR_CONNECTION_REFUSED;
		else if (listener->reader->kind != socket->kind)
			status = ERR_WRONG_SOCKET_KIND;
		else if (listener->pending_count >= listener->pending_max)
			status = ERR_TRY_AGAIN;
		else
			unix_connect_to(socket, server, listener);
		sleep_lock_release(&listener->lock);
	}
	sleep_lock_release(&socket->lock);
	return status;
}

static enum status unix_connect_stream(struct unix_socket *socket, struct unix_port *listener)
{
	struct unix_socket *server;
	uint64_t timeout = __atomic_load_n(&socket->send_timeout_ns, __ATOMIC_RELAXED);
	uint64_t deadline = timeout ? clock_ns() + timeout : 0;
	TRY(unix_socket_new(socket->kind, 0, &server));
	enum status status;
	while ((status = unix_connect_now(socket, server, listener)) == ERR_TRY_AGAIN) {
		if (__atomic_load_n(&socket->file.flags, __ATOMIC_RELAXED) & FILE_NONBLOCK)
			break;
		status = task_wait(&listener->space, READY_OUT, deadline);
		if (status != OK)
			break;
	}
	if (status != OK)
		file_unref(&server->file);
	return status == ERR_TIMED_OUT ? ERR_TRY_AGAIN : status;
}

static enum status unix_connect_datagram(struct unix_socket *socket, struct unix_port *port)
{
	struct unix_name *name = NULL;
	if (port) {
		sleep_lock_acquire(&port->lock);
		bool matches = port->reader && port->reader->kind == UNIX_DATAGRAM;
		if (matches)
			name = unix_name_ref(port->reader->name);
		sleep_lock_release(&port->lock);
		if (!matches)
			return ERR_WRONG_SOCKET_KIND;
	}
	sleep_lock_acquire(&socket->lock);
	struct unix_port *old = socket->peer;
	struct unix_name *old_name = socket->peer_name;
	socket->peer = port ? unix_port_ref(port) : NULL;
	socket->peer_name = name;
	sleep_lock_release(&socket->lock);
	unix_port_unref(old);
	unix_name_unref(old_name);
	return OK;
}

enum status unix_socket_connect(struct file *file, const struct unix_address *address)
{
	struct unix_socket *socket;
	TRY(unix_socket_get(file, &socket));
	bool is_datagram = socket->kind == UNIX_DATAGRAM;
	if (!address)
		return is_datagram ? unix_connect_datagram(socket, NULL) : ERR_INVALID_ARGS;
	struct unix_port *port = unix_names_find((struct str){address->key, address->key_len});
	if (!port)
		return ERR_CONNECTION_REFUSED;
	enum status status = is_datagram ? unix_connect_datagram(socket, port)
	                                 : unix_connect_stream(socket, port);
	unix_port_unref(port);
	return status;
}

/* NULL: none is there. */
static struct unix_socket *unix_accept_now(struct unix_port *port)
{
	struct unix_socket *found = NULL;
	sleep_lock_acquire(&port->lock);
	if (!list_empty(&port->pending)) {
		found = container_of(port->pending.next, struct unix_socket, pending);
		list_remove(&found->pending);
		port->pending_count--;
		unix_port_tell(port);
	}
	sleep_lock_release(&port->lock);
	return found;
}

enum status unix_socket_accept(struct file *file, uint32_t flags, struct file **out_file)
{
	struct unix_socket *socket, *found;
	TRY(unix_socket_get(file, &socket));
	if (socket->kind == UNIX_DATAGRAM)
		return ERR_NOT_SUPPORTED;
	uint64_t timeout = __atomic_load_n(&socket->receive_timeout_ns, __ATOMIC_RELAXED);
	uint64_t deadline = timeout ? clock_ns() + timeout : 0;
	while (!(found = unix_accept_now(socket->port))) {
		if (!__atomic_load_n(&socket->port->is_listening, __ATOMIC_RELAXED) ||
		    __atomic_load_n(&socket->port->read_shut, __ATOMIC_RELAXED))
			return ERR_INVALID_ARGS;
		if (__atomic_load_n(&file->flags, __ATOMIC_RELAXED) & FILE_NONBLOCK)
			return ERR_TRY_AGAIN;
		enum status status = task_wait(&socket->readiness, READY_IN, deadline);
		if (status != OK)
			return status == ERR_TIMED_OUT ? ERR_TRY_AGAIN : status;
	}
	if (flags & FILE_NONBLOCK)
		__atomic_fetch_or(&found->file.flags, FILE_NONBLOCK, __ATOMIC_RELAXED);
	*out_file = &found->file;
	return OK;
}
