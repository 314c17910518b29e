/* Local sockets: how they come, what they are called, how they go. */
#include "io/unix/socket.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <string.h>

enum { UNIX_MODE = 0140777 };

void unix_socket_ready_in(struct unix_socket *socket, uint32_t word, bool ended)
{
	spinlock_acquire(&socket->ready_lock);
	socket->ready_in = word;
	socket->in_ended = ended;
	word |= ended && socket->out_ended ? READY_HANGUP : 0;
	readiness_set(&socket->readiness, word | socket->ready_out, word);
	spinlock_release(&socket->ready_lock);
}

void unix_socket_ready_out(struct unix_socket *socket, uint32_t word, bool ended)
{
	spinlock_acquire(&socket->ready_lock);
	socket->ready_out = word;
	socket->out_ended = ended;
	word |= ended && socket->in_ended ? READY_HANGUP : 0;
	readiness_set(&socket->readiness, word | socket->ready_in, word);
	spinlock_release(&socket->ready_lock);
}

static enum status unix_file_read(struct file *file, struct transfer *to, size_t *out_count)
{
	struct unix_receive receive = {.to = to, .flags = UNIX_DO_NOT_WAIT};
	enum status status = unix_socket_receive(file, &receive, out_count);
	unix_files_destroy(receive.files);
	unix_name_unref(receive.from);
	return status;
}

/* A datagram waits here: its own readiness does not know where it goes. */
static enum status unix_file_write(struct file *file, struct transfer *from, size_t *out_count)
{
	bool waits = unix_socket_of(file)->kind == UNIX_DATAGRAM;
	struct unix_send send = {.from = from, .flags = waits ? 0 : UNIX_DO_NOT_WAIT};
	return unix_socket_send(file, &send, out_count);
}

static enum status unix_file_control(struct file *file, uint32_t request, uintptr_t argument,
                                     int64_t *)
{
	enum { CONTROL_BYTES_READY = 0x541b };
	struct unix_socket *socket = unix_socket_of(file);
	if (request != CONTROL_BYTES_READY)
		return ERR_NOT_TERMINAL;
	sleep_lock_acquire(&socket->port->lock);
	const struct unix_message *first = unix_queue_first(&socket->port->queue);
	size_t bytes = socket->kind == UNIX_STREAM ? socket->port->queue.bytes
	               : first                     ? unix_message_left(first)
	                                           : 0;
	sleep_lock_release(&socket->port->lock);
	int32_t count = (int32_t)bytes;
	return user_copy_out((struct user_out){argument, sizeof count}, &count);
}

static void unix_file_describe(struct file *file, struct file_facts *out_facts)
{
	*out_facts = (struct file_facts){
	        .mode = UNIX_MODE,
	        .inode = unix_socket_of(file)->inode,
	        .block_bytes = PAGE_SIZE,
	};
}

static void unix_file_release(struct file *file)
{
	struct unix_socket *socket = unix_socket_of(file);
	unix_flight_remove_socket(socket);
	if (socket->key_len)
		unix_names_remove((struct str){socket->key, socket->key_len});
	sleep_lock_acquire(&socket->port->lock);
	bool unread = !unix_queue_is_empty(&socket->port->queue);
	sleep_lock_release(&socket->port->lock);
	unix_port_shut(socket->port, true);
	if (socket->peer && socket->kind != UNIX_DATAGRAM)
		unix_port_end(socket->peer, unread);
	unix_port_unref(socket->peer);
	unix_port_unref(socket->port);
	unix_name_unref(socket->name);
	unix_name_unref(socket->peer_name);
	heap_free(socket, sizeof *socket);
}

static const struct file_ops unix_ops = {
        .name = "local socket",
        .read = unix_file_read,
        .write = unix_file_write,
        .control = unix_file_control,
        .describe = unix_file_describe,
        .release = unix_file_release,
};

bool file_is_unix_socket(const struct file *file)
{
	return file->ops == &unix_ops;
}

struct unix_socket *unix_socket_of(struct file *file)
{
	return container_of(file, struct unix_socket, file);
}

enum status unix_socket_get(struct file *file, struct unix_socket **out_socket)
{
	if (!file_is_unix_socket(file))
		return ERR_NOT_SOCKET;
	*out_socket = unix_socket_of(file);
	return OK;
}

static struct unix_port *unix_port_new(void)
{
	struct unix_port *port = HEAP_NEW(struct unix_port);
	if (!port)
		return NULL;
	port->references = 1;
	readiness_init(&port->space, READY_OUT);
	sleep_lock_init(&port->reading);
	sleep_lock_init(&port->lock);
	unix_queue_init(&port->queue, memory_account_ref(process_account()));
	list_init(&port->pending);
	return port;
}

struct unix_credentials unix_own_credentials(void)
{
	const struct credentials_slot *self = process_credentials();
	return (struct unix_credentials){.pid = (uint32_t)process_id(process_current()),
	                                 .uid = self->euid,
	                                 .gid = self->egid};
}

enum status unix_socket_new(enum unix_kind kind, uint32_t flags, struct unix_socket **out)
{
	struct unix_socket *socket = HEAP_NEW(struct unix_socket);
	struct unix_port *port = unix_port_new();
	if (!socket || !port) {
		heap_free(socket, sizeof *socket);
		unix_port_unref(port);
		return ERR_NO_MEMORY;
	}
	bool is_alone = kind != UNIX_DATAGRAM;
	socket->kind = kind;
	socket->port = port;
	port->reader = socket;
	socket->ready_out = READY_OUT;
	socket->in_ended = socket->out_ended = is_alone;
	list_init(&socket->pending);
	list_init(&socket->marked);
	sleep_lock_init(&socket->lock);
	spinlock_set_rank(&socket->ready_lock, LOCK_FILE);
	readiness_init(&socket->readiness, READY_OUT | (is_alone ? READY_HANGUP : 0));
	file_init(&socket->file, &unix_ops, &socket->readiness, flags | FILE_READ_WRITE);
	unix_flight_add_socket(socket);
	*out = socket;
	return OK;
}

enum status unix_socket_create(enum unix_kind kind, uint32_t flags, struct file **out_file)
{
	struct unix_socket *socket;
	TRY(unix_socket_new(kind, flags, &socket));
	*out_file = &socket->file;
	return OK;
}

static enum status unix_bind_locked(struct unix_socket *socket, const struct unix_address *address)
{
	if (socket->name)
		return ERR_INVALID_ARGS;
	struct unix_name *name = unix_name_create(address->path, address->len);
	if (!name)
		return ERR_NO_MEMORY;
	socket->name = name; /* before anybody finds it */
	enum status status =
	        unix_names_add((struct str){address->key, address->key_len}, socket->port);
	if (status != OK) {
		socket->name = NULL;
		unix_name_unref(name);
		return status;
	}
	memcpy(socket->key, address->key, address->key_len);
	__atomic_store_n(&socket->key_len, address->key_len, __ATOMIC_RELEASE);
	return OK;
}

enum status unix_socket_bind(struct file *file, const struct unix_address *address)
{
	struct unix_socket *socket;
	TRY(unix_socket_get(file, &socket));
	sleep_lock_acquire(&socket->lock);
	enum status status = unix_bind_locked(socket, address);
	sleep_lock_release(&socket->lock);
	return status;
}

enum status unix_socket_bind_any(struct file *file)
{
	enum { ANY_DIGITS = 5, ANY_NAMES = 1 << 20 };
	static uint32_t last; /* atomic */
	for (uint32_t tries = 0; tries < ANY_NAMES; tries++) {
		uint32_t number = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
		struct unix_address address = {.len = 1 + ANY_DIGITS, .key_len = 1 + ANY_DIGITS};
		for (unsigned i = 0; i < ANY_DIGITS; i++)
			address.path[1 + i] =
			        "0123456789abcdef"[number >> 4 * (ANY_DIGITS - 1 - i) & 15];
		memcpy(address.key, address.path, address.len);
		enum status status = unix_socket_bind(file, &address);
		if (status != ERR_ADDRESS_IN_USE)
			return status;
	}
	return ERR_NO_SPACE;
}

enum status unix_socket_name(struct file *file, struct unix_name **out_name)
{
	struct unix_socket *socket;
	TRY(unix_socket_get(file, &socket));
	sleep_lock_acquire(&socket->lock);
	*out_name = unix_name_ref(socket->name);
	sleep_lock_release(&socket->lock);
	return OK;
}

enum status unix_socket_peer_name(struct file *file, struct unix_name **out_name)
{
	struct unix_socket *socket;
	TRY(unix_socket_get(file, &socket));
	sleep_lock_acquire(&socket->lock);
	bool has_peer = socket->peer;
	*out_name = unix_name_ref(socket->peer_name);
	sleep_lock_release(&socket->lock);
	return has_peer ? OK : ERR_NOT_CONNECTED;
}

enum status unix_socket_facts(struct file *file, struct unix_facts *out_facts)
{
	struct unix_socket *socket;
	TRY(unix_socket_get(file, &socket));
	sleep_lock_acquire(&socket->lock);
	*out_facts = (struct unix_facts){
	        .kind = socket->kind,
	        .is_listening = socket->is_listening,
	        .passes_credentials = socket->passes_credentials,
	        .has_peer = socket->peer,
	        .peer = socket->peer_credentials,
	        .receive_timeout_ns = socket->receive_timeout_ns,
	        .send_timeout_ns = socket->send_timeout_ns,
	};
	sleep_lock_release(&socket->lock);
	return OK;
}

enum status unix_socket_set_passes_credentials(struct file *file, bool passes)
{
	struct unix_socket *socket;
	TRY(unix_socket_get(file, &socket));
	__atomic_store_n(&socket->passes_credentials, passes, __ATOMIC_RELAXED);
	return OK;
}

enum status unix_socket_set_timeout(struct file *file, bool of_sending, uint64_t timeout_ns)
{
	struct unix_socket *socket;
	TRY(unix_socket_get(file, &socket));
	__atomic_store_n(of_sending ? &socket->send_timeout_ns : &socket->receive_timeout_ns,
	                 timeout_ns, __ATOMIC_RELAXED);
	return OK;
}

enum status unix_socket_take_error(struct file *file, enum status *out_error)
{
	struct unix_socket *socket;
	TRY(unix_socket_get(file, &socket));
	sleep_lock_acquire(&socket->port->lock);
	*out_error = socket->port->reset ? ERR_PEER_RESET : OK;
	socket->port->reset = false;
	sleep_lock_release(&socket->port->lock);
	return OK;
}

enum status unix_socket_shut_down(struct file *file, uint32_t how)
{
	struct unix_socket *socket;
	TRY(unix_socket_get(file, &socket));
	if (how > UNIX_SHUT_BOTH)
		return ERR_INVALID_ARGS;
	sleep_lock_acquire(&socket->lock);
	struct unix_port *peer = socket->peer ? unix_port_ref(socket->peer) : NULL;
	bool is_open = peer || socket->is_listening;
	bool writes = is_open && how != UNIX_SHUT_READ, reads = is_open && how != UNIX_SHUT_WRITE;
	socket->write_shut |= writes;
	sleep_lock_release(&socket->lock);
	if (reads)
		unix_port_shut(socket->port, false);
	if (writes)
		unix_socket_ready_out(socket, READY_OUT, true);
	if (writes && peer && socket->kind != UNIX_DATAGRAM)
		unix_port_end(peer, false);
	unix_port_unref(peer);
	return is_open ? OK : ERR_NOT_CONNECTED;
}
