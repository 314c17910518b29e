/* Messages through local sockets. */
#include "core/api.h"
#include "io/unix/socket.h"
#include <base/cleanup.h>

static void unix_port_drop(struct unix_port **port)
{
	unix_port_unref(*port);
}

static bool unix_may_wait(const struct unix_socket *socket, uint32_t flags)
{
	return !(flags & UNIX_DO_NOT_WAIT) &&
	       !(__atomic_load_n(&socket->file.flags, __ATOMIC_RELAXED) & FILE_NONBLOCK);
}

static uint64_t unix_deadline(const uint64_t *timeout_ns)
{
	uint64_t timeout = __atomic_load_n(timeout_ns, __ATOMIC_RELAXED);
	return timeout ? clock_ns() + timeout : 0;
}

/* ---- sending ---- */

struct unix_sending {
	struct unix_socket *socket;
	struct unix_port *port; /* where to */
	struct unix_send *send;
	uint64_t deadline_ns;
};

/* Where it goes, counted. */
static enum status unix_target(struct unix_socket *socket, const struct unix_address *to,
                               struct unix_port **out_port)
{
	if (to && socket->kind != UNIX_DATAGRAM)
		return socket->peer ? ERR_ALREADY_CONNECTED : ERR_NOT_SUPPORTED;
	if (to) {
		*out_port = unix_names_find((struct str){to->key, to->key_len});
		return *out_port ? OK : ERR_CONNECTION_REFUSED;
	}
	sleep_lock_acquire(&socket->lock);
	bool is_shut = socket->write_shut;
	*out_port = socket->peer ? unix_port_ref(socket->peer) : NULL;
	sleep_lock_release(&socket->lock);
	if (!*out_port)
		return ERR_NOT_CONNECTED;
	return is_shut ? ERR_BROKEN_PIPE : OK;
}

static enum status unix_wait_for_space(const struct unix_sending *s)
{
	while (!(readiness_word(&s->port->space) & READY_OUT)) {
		if (!unix_may_wait(s->socket, s->send->flags))
			return ERR_TRY_AGAIN;
		enum status status = task_wait(&s->port->space, READY_OUT, s->deadline_ns);
		if (status != OK)
			return status == ERR_TIMED_OUT ? ERR_TRY_AGAIN : status;
	}
	return OK;
}

struct unix_delivery {
	const struct unix_sending *sending;
	struct unix_message *message; /* taken when it answers OK */
};

static enum status unix_deliver(void *context)
{
	const struct unix_delivery *delivery = context;
	const struct unix_sending *s = delivery->sending;
	struct unix_port *port = s->port;
	bool is_datagram = s->socket->kind == UNIX_DATAGRAM;
	enum status status = OK;
	sleep_lock_acquire(&port->lock);
	if (!port->reader)
		status = is_datagram ? ERR_CONNECTION_REFUSED : ERR_BROKEN_PIPE;
	else if (port->read_shut)
		status = ERR_BROKEN_PIPE;
	else if (port->reader->kind != s->socket->kind)
		status = ERR_WRONG_SOCKET_KIND;
	if (status == OK)
		status = unix_queue_push(&port->queue, delivery->message,
		                         s->socket->kind == UNIX_STREAM);
	if (status == OK)
		unix_port_tell(port);
	sleep_lock_release(&port->lock);
	return status;
}

/* One message of len bytes. */
static enum status unix_send_one(const struct unix_sending *s, size_t len)
{
	struct unix_message *message;
	TRY(unix_wait_for_space(s));
	TRY(unix_message_create(s->send->from, len, &message));
	message->sender = unix_own_credentials();
	message->files = s->send->files;
	if (s->socket->kind == UNIX_DATAGRAM)
		(void)!unix_socket_name(&s->socket->file, &message->from);
	struct unix_delivery delivery = {s, message};
	enum status status = unix_flight_start(message, unix_deliver, &delivery);
	if (status == OK) {
		s->send->files = NULL;
		return OK;
	}
	message->files = NULL; /* still the caller's */
	unix_message_destroy(message);
	return status;
}

static enum status unix_send_stream(const struct unix_sending *s, size_t *out_count)
{
	enum status status = OK;
	while (status == OK && s->send->from->left) {
		size_t left = s->send->from->left;
		size_t len = left < UNIX_STREAM_PIECE ? left : UNIX_STREAM_PIECE;
		status = unix_send_one(s, len);
		*out_count += status == OK ? len : 0;
	}
	return *out_count ? OK : status;
}

enum status unix_socket_send(struct file *file, struct unix_send *send, size_t *out_count)
{
	struct unix_socket *socket;
	AUTO(unix_port_drop) struct unix_port *port = NULL;
	*out_count = 0;
	TRY(unix_socket_get(file, &socket));
	if (fault_fires(FAULT_SOCKET_SEND))
		return ERR_INTERRUPTED; /* which every program may try again */
	TRY(unix_target(socket, send->to, &port));
	const struct unix_sending s = {
	        .socket = socket,
	        .port = port,
	        .send = send,
	        .deadline_ns = unix_deadline(&socket->send_timeout_ns),
	};
	if (socket->kind == UNIX_STREAM)
		return unix_send_stream(&s, out_count);
	size_t len = send->from->left;
	if (len > UNIX_QUEUE_BYTES)
		return ERR_MESSAGE_TOO_BIG;
	TRY(unix_send_one(&s, len));
	*out_count = len;
	return OK;
}

/* ---- receiving; port->reading is held ---- */

struct unix_receiving {
	struct unix_socket *socket;
	struct unix_port *port;
	struct unix_receive *receive;
	bool has_sender;
};

/* The oldest message. OK with NULL: there will never be one. */
static enum status unix_next_message(const struct unix_receiving *r, struct unix_message **out)
{
	struct unix_port *port = r->port;
	enum status status = OK;
	sleep_lock_acquire(&port->lock);
	*out = unix_queue_first(&port->queue);
	if (!*out && port->reset) {
		port->reset = false;
		status = ERR_PEER_RESET;
	} else if (!*out && !port->ended && !port->read_shut) {
		bool is_lone = r->socket->kind != UNIX_DATAGRAM && !port->writer;
		status = is_lone ? ERR_INVALID_ARGS : ERR_TRY_AGAIN;
	}
	sleep_lock_release(&port->lock);
	return status;
}

/* What was read is gone. has_all: and the rest of the message with it. */
static void unix_use_up(const struct unix_receiving *r, struct unix_message *message, size_t len,
                        bool has_all)
{
	struct unix_message *finished = NULL;
	if (!r->receive->files)
		r->receive->files = unix_flight_land(message);
	sleep_lock_acquire(&r->port->lock);
	unix_queue_consume(&r->port->queue, message, len);
	if (has_all || !unix_message_left(message))
		finished = unix_queue_take(&r->port->queue);
	unix_port_tell(r->port);
	sleep_lock_release(&r->port->lock);
	unix_message_destroy(finished);
}

static bool unix_belongs_to(const struct unix_receiving *r, const struct unix_message *message)
{
	const struct unix_credentials *sender = &r->receive->sender;
	if (!r->has_sender)
		return true;
	return !r->receive->files && !message->files && sender->pid == message->sender.pid &&
	       sender->uid == message->sender.uid && sender->gid == message->sender.gid;
}

/* Bytes of one message; files come with the first of them, and nothing behind them. */
static enum status unix_take_stream(struct unix_receiving *r, struct unix_message *message,
                                    size_t *out_count)
{
	struct transfer *to = r->receive->to;
	sleep_lock_acquire(&r->port->lock);
	size_t left = unix_message_left(message);
	sleep_lock_release(&r->port->lock);
	size_t len = left < to->left ? left : to->left;
	TRY(transfer_to_user(to, message->bytes + message->start, len));
	r->receive->sender = message->sender;
	r->has_sender = true;
	*out_count += len;
	if (!(r->receive->flags & UNIX_PEEK))
		unix_use_up(r, message, len, false);
	return OK;
}

static enum status unix_take_packet(struct unix_receiving *r, struct unix_message *message,
                                    size_t *out_count)
{
	struct unix_receive *receive = r->receive;
	size_t left = unix_message_left(message);
	size_t len = left < receive->to->left ? left : receive->to->left;
	TRY(transfer_to_user(receive->to, message->bytes, len));
	receive->sender = message->sender;
	receive->was_truncated = len < left;
	receive->from = unix_name_ref(message->from);
	*out_count = receive->flags & UNIX_TRUNCATE ? left : len;
	if (!(receive->flags & UNIX_PEEK))
		unix_use_up(r, message, left, true);
	return OK;
}

/* What is there now. ERR_TRY_AGAIN: nothing. *out_over: no more will come for this call. */
static enum status unix_receive_now(struct unix_receiving *r, size_t *out_count, bool *out_over)
{
	struct unix_message *message;
	bool is_stream = r->socket->kind == UNIX_STREAM;
	enum status status = OK;
	*out_over = false;
	while (status == OK && !*out_over) {
		status = unix_next_message(r, &message);
		if (status != OK)
			break;
		if (!message || !unix_belongs_to(r, message)) {
			*out_over = true;
		} else if (is_stream) {
			status = unix_take_stream(r, message, out_count);
			*out_over = !r->receive->to->left || (r->receive->flags & UNIX_PEEK);
		} else {
			status = unix_take_packet(r, message, out_count);
			*out_over = true;
		}
	}
	return status;
}

enum status unix_socket_receive(struct file *file, struct unix_receive *receive, size_t *out_count)
{
	struct unix_socket *socket;
	*out_count = 0;
	TRY(unix_socket_get(file, &socket));
	if (fault_fires(FAULT_SOCKET_RECV))
		return ERR_INTERRUPTED; /* which every program may try again */
	struct unix_receiving r = {.socket = socket, .port = socket->port, .receive = receive};
	uint64_t deadline = unix_deadline(&socket->receive_timeout_ns);
	for (;;) {
		bool over;
		sleep_lock_acquire(&r.port->reading);
		enum status status = unix_receive_now(&r, out_count, &over);
		sleep_lock_release(&r.port->reading);
		bool wants_more = socket->kind == UNIX_STREAM && (receive->flags & UNIX_WAIT_ALL) &&
		                  receive->to->left && !over;
		if (status != ERR_TRY_AGAIN || (*out_count && !wants_more) ||
		    !unix_may_wait(socket, receive->flags))
			return *out_count ? OK : status;
		status = task_wait(&socket->readiness, READY_IN | READY_HANGUP, deadline);
		if (status != OK)
			return *out_count ? OK : status == ERR_TIMED_OUT ? ERR_TRY_AGAIN : status;
	}
}
