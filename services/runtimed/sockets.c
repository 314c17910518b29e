/* The socket, and one request of each connection. */
#include "runtimed.h"
#include <linux_calls/api.h>
#include <linux_calls/message.h>
#include <service/api.h>
#include <string.h>

enum {
	FAMILY_LOCAL = 1,
	SOCKET_STREAM = 1,
	SOCKET_NONBLOCK = 04000,
	SOCKET_CLOSE_ON_EXEC = 02000000,
	SOCKET_LEVEL = 1,
	SOCKET_PEER_CREDENTIALS = 17,
	SOCKET_BACKLOG = 16,
	SOCKET_MODE = 0666, /* who asks is looked at with each request */
	SOCKET_RIGHTS = 1,
	RECEIVE_CLOSE_ON_EXEC = 0x40000000,
	EPOLL_CLOSE_ON_EXEC = 02000000,
	EPOLL_ADD = 1,
	EPOLL_MODIFY = 3,
	EPOLL_IN = 1,
	EVENTS_AT_ONCE = 16,
	LISTENER_EVENT = RUNTIME_CLIENTS_MAX, /* the others are the places of clients */
	NS_PER_MS = 1000000,
	ACCEPT_AGAIN_MS = 100, /* after it failed: whoever asks is still there then */
	NS_PER_SECOND = 1000000000,
	READ_TIMEOUT_SECONDS = 5,
	READ_TRIES_MAX = 8,
};

static const char runtime_socket_path[] = "/run/runtimed.sock";

struct socket_address {
	uint16_t family;
	char path[sizeof runtime_socket_path];
};

/* Linux include/uapi/linux/eventpoll.h. */
struct [[gnu::packed]] epoll_event {
	uint32_t events;
	uint64_t data;
};

/* A wait must not need memory, so what is waited for is kept by the kernel. */
static enum status epoll_change(const struct runtime_service *self, int change, int32_t fd,
                                uint32_t events, uint64_t data)
{
	const struct epoll_event event = {events, data};
	return (enum status)CALL(LINUX_EPOLL_CTL, self->waits, change, fd, &event);
}

uint64_t runtime_now_ns(void)
{
	uint64_t ns = 0;
	return rustos_clock_now(&ns) == OK ? ns : 0;
}

enum status runtime_listen(struct runtime_service *self)
{
	struct socket_address address = {.family = FAMILY_LOCAL};
	memcpy(address.path, runtime_socket_path, sizeof address.path);
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++)
		self->clients[i].socket = -1;
	CALL(LINUX_UNLINK, runtime_socket_path); /* of one before; there may be none */
	int64_t socket = CALL(LINUX_SOCKET, FAMILY_LOCAL,
	                      SOCKET_STREAM | SOCKET_NONBLOCK | SOCKET_CLOSE_ON_EXEC, 0);
	if (socket < 0)
		return (enum status)socket;
	int64_t status = CALL(LINUX_BIND, socket, &address, sizeof address);
	if (status == OK)
		status = CALL(LINUX_CHMOD, runtime_socket_path, SOCKET_MODE);
	if (status == OK)
		status = CALL(LINUX_LISTEN, socket, SOCKET_BACKLOG);
	self->listener = (int32_t)socket;
	self->waits = (int32_t)CALL(LINUX_EPOLL_CREATE1, EPOLL_CLOSE_ON_EXEC);
	if (status == OK)
		status = epoll_change(self, EPOLL_ADD, self->listener, 0, LISTENER_EVENT);
	return (enum status)status;
}

/* ---- clients ---- */

static void client_drop_streams(struct runtime_client *client)
{
	for (size_t i = 0; i < RUNTIME_STREAMS; i++) {
		if (client->order.streams[i] >= 0)
			CALL(LINUX_CLOSE, client->order.streams[i]);
		client->order.streams[i] = -1;
	}
}

void runtime_client_end(struct runtime_client *client)
{
	client_drop_streams(client);
	CALL(LINUX_CLOSE, client->socket);
	client->socket = -1;
}

bool runtime_client_stays(const struct runtime_client *client)
{
	return client->watches || client->console_of;
}

/* What came along with a part of a request: struct cmsghdr, and files behind it. */
struct client_control {
	uint64_t len; /* with this */
	int32_t level, kind;
	int32_t files[RUNTIME_STREAMS + 1]; /* and one for alignment */
};

/* The files of a program's streams, in their order; those of a later part take their place. */
static void client_take_streams(struct runtime_client *client, const struct client_control *control,
                                size_t control_len)
{
	const size_t head = offsetof(struct client_control, files);
	if (control_len < head || control->level != SOCKET_LEVEL || control->kind != SOCKET_RIGHTS)
		return;
	size_t len = control->len < control_len ? control->len : control_len;
	client_drop_streams(client);
	for (size_t i = 0; head + (i + 1) * sizeof control->files[0] <= len; i++) {
		if (i < RUNTIME_STREAMS)
			client->order.streams[i] = control->files[i];
		else
			CALL(LINUX_CLOSE, control->files[i]);
	}
}

static int64_t client_receive(struct runtime_client *client)
{
	struct client_control control;
	const struct linux_piece piece = {(uint8_t *)&client->request + client->len,
	                                  sizeof client->request - client->len};
	struct linux_message message = {
	        .pieces = &piece,
	        .piece_count = 1,
	        .control = &control,
	        .control_len = sizeof control,
	};
	int64_t len = CALL(LINUX_RECVMSG, client->socket, &message, RECEIVE_CLOSE_ON_EXEC);
	if (len > 0)
		client_take_streams(client, &control, message.control_len);
	return len;
}

static void client_read(struct runtime_service *self, struct runtime_client *client)
{
	/* who stays has nothing more to say: it is gone, or wrong */
	int64_t len = runtime_client_stays(client) ? 0 : client_receive(client);
	/* poll said that there is something: what says otherwise is not believed for ever */
	if ((len == ERR_TRY_AGAIN || len == ERR_INTERRUPTED) && client->tries++ < READ_TRIES_MAX)
		return;
	client->len += len > 0 ? (size_t)len : 0;
	if (len > 0 && client->len < sizeof client->request)
		return;
	if (len <= 0 || !runtime_answer(self, client))
		runtime_client_end(client);
}

/* All bits set: nobody known. */
static void client_take_user(struct runtime_client *client)
{
	struct {
		int32_t pid;
		uint32_t uid, gid;
	} peer;
	uint32_t len = sizeof peer;
	int64_t status = CALL(LINUX_GETSOCKOPT, client->socket, SOCKET_LEVEL,
	                      SOCKET_PEER_CREDENTIALS, &peer, &len);
	client->order.uid = status == OK ? peer.uid : UINT32_MAX;
	client->order.gid = status == OK ? peer.gid : UINT32_MAX;
}

static struct runtime_client *client_free_place(struct runtime_service *self)
{
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++)
		if (self->clients[i].socket < 0)
			return &self->clients[i];
	return NULL;
}

/* Nobody takes all places with requests that do not come whole. */
static bool client_is_bounded(const struct runtime_service *self,
                              const struct runtime_client *client)
{
	size_t open = 0;
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++) {
		const struct runtime_client *each = &self->clients[i];
		open += each->socket >= 0 && !runtime_client_stays(each) &&
		        each->order.uid == client->order.uid;
	}
	return client->order.uid == self->own_uid || open <= RUNTIME_USER_REQUESTS_MAX;
}

static bool client_begin(struct runtime_service *self, struct runtime_client *client)
{
	uint64_t place = (uint64_t)(client - self->clients);
	client_take_user(client);
	enum status status = epoll_change(self, EPOLL_ADD, client->socket, EPOLL_IN, place);
	if (status != OK)
		service_log(runtime_name, LOG_LEVEL_WARN, "cannot wait for a request: %s, dropping",
		            status_name(status));
	else if (!client_is_bounded(self, client))
		service_log(runtime_name, LOG_LEVEL_WARN,
		            "uid=%u has too many requests open, dropping one", client->order.uid);
	else
		return true;
	return false;
}

static void client_accept(struct runtime_service *self)
{
	struct runtime_client *client = client_free_place(self);
	if (!client)
		return;
	int64_t socket =
	        CALL(LINUX_ACCEPT4, self->listener, 0, 0, SOCKET_NONBLOCK | SOCKET_CLOSE_ON_EXEC);
	if (socket < 0 && socket != ERR_TRY_AGAIN && socket != ERR_INTERRUPTED)
		self->accept_again_ns = runtime_now_ns() + (uint64_t)ACCEPT_AGAIN_MS * NS_PER_MS;
	if (socket < 0)
		return;
	*client = (struct runtime_client){
	        .socket = (int32_t)socket,
	        .order = {.asked = true, .streams = {-1, -1, -1}},
	        .deadline_ns = runtime_now_ns() + (uint64_t)READ_TIMEOUT_SECONDS * NS_PER_SECOND,
	};
	if (!client_begin(self, client))
		runtime_client_end(client);
}

/* ---- waiting ---- */

/* Of the request that a client has not sent whole. */
static uint64_t client_deadline_ns(const struct runtime_client *client)
{
	return client->socket < 0 || runtime_client_stays(client) ? UINT64_MAX
	                                                          : client->deadline_ns;
}

/* Until the first deadline, in milliseconds; -1: there is none. */
static int32_t runtime_time_left(const struct runtime_service *self)
{
	uint64_t first = runtime_next_launch_ns(self), now = runtime_now_ns();
	if (self->accept_again_ns)
		first = self->accept_again_ns < first ? self->accept_again_ns : first;
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++) {
		uint64_t deadline_ns = client_deadline_ns(&self->clients[i]);
		first = deadline_ns < first ? deadline_ns : first;
	}
	if (first == UINT64_MAX)
		return -1;
	uint64_t ms = first > now ? (first - now + NS_PER_MS - 1) / NS_PER_MS : 0;
	return ms < INT32_MAX ? (int32_t)ms : INT32_MAX;
}

static void clients_drop_late(struct runtime_service *self)
{
	uint64_t now = runtime_now_ns();
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++) {
		struct runtime_client *client = &self->clients[i];
		if (client_deadline_ns(client) > now)
			continue;
		service_log(runtime_name, LOG_LEVEL_WARN, "a request did not come whole, dropping");
		runtime_client_end(client);
	}
}

/* Nobody more is let in before there is a place: who comes waits in the socket. */
static void listen_if_possible(struct runtime_service *self)
{
	if (self->accept_again_ns <= runtime_now_ns())
		self->accept_again_ns = 0;
	bool listens = client_free_place(self) && !self->accept_again_ns;
	if (listens != self->listens)
		(void)!epoll_change(self, EPOLL_MODIFY, self->listener, listens ? EPOLL_IN : 0,
		                    LISTENER_EVENT);
	self->listens = listens;
}

void runtime_wait(struct runtime_service *self)
{
	const uint64_t no_signals = 0; /* the end of a child interrupts the wait */
	struct epoll_event events[EVENTS_AT_ONCE];
	listen_if_possible(self);
	int64_t count = CALL(LINUX_EPOLL_PWAIT, self->waits, events, COUNT(events),
	                     runtime_time_left(self), &no_signals, sizeof no_signals);
	for (int64_t i = 0; i < count; i++) {
		uint64_t place = events[i].data;
		if (place == LISTENER_EVENT)
			client_accept(self);
		else if (self->clients[place].socket >= 0)
			client_read(self, &self->clients[place]);
	}
	clients_drop_late(self);
}
