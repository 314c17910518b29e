/* The socket, and one request of each connection. */
#include "runtimed.h"
#include <linux_calls/api.h>
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
	SEND_NO_SIGNAL = 0x4000,
	POLL_IN = 1,
	NS_PER_SECOND = 1000000000,
	READ_TIMEOUT_SECONDS = 5,
	READ_TRIES_MAX = 8,
};

static const char runtime_socket_path[] = "/run/runtimed.sock";

struct socket_address {
	uint16_t family;
	char path[sizeof runtime_socket_path];
};

struct poll_entry {
	int32_t fd;
	int16_t events, happened;
};

static uint64_t socket_now_ns(void)
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
		status = CALL(LINUX_LISTEN, socket, SOCKET_BACKLOG);
	self->listener = (int32_t)socket;
	return (enum status)status;
}

/* ---- answers ---- */

struct runtime_answer {
	struct runtime_reply head;
	uint8_t programs[RUNTIME_PROGRAMS_MAX * sizeof(struct runtime_program)]; /* unaligned */
};

static void answer_add(struct runtime_answer *answer, const struct runtime_program *program)
{
	memcpy(answer->programs + answer->head.count++ * sizeof *program, program, sizeof *program);
}

static void answer_snapshot(const struct runtime_service *self, struct runtime_answer *answer)
{
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++)
		if (self->programs[i].pid)
			answer_add(answer, &self->programs[i]);
}

/* What the request says, whoever asks. */
static enum status answer_fill(struct runtime_service *self, const struct runtime_client *client,
                               struct runtime_answer *answer)
{
	const struct runtime_request *request = &client->request;
	const struct runtime_program *program;
	TRY(runtime_request_check(request));
	switch (request->op) {
	case RUNTIME_OP_LAUNCH:
		TRY(runtime_launch(self, runtime_request_text(request), client->uid, &program));
		answer_add(answer, program);
		return OK;
	case RUNTIME_OP_TERMINATE:
		return runtime_terminate(self, request->target_kind, request->target_value,
		                         client->uid);
	case RUNTIME_OP_NOTIFY_READY:
		service_log(runtime_name, LOG_LEVEL_INFO, "ui ready received");
		return OK;
	default:
		answer_snapshot(self, answer);
		return OK;
	}
}

static void client_answer(struct runtime_service *self, const struct runtime_client *client)
{
	static struct runtime_answer answer;
	answer.head = (struct runtime_reply){.version = RUNTIME_VERSION, .op = client->request.op};
	enum status status = answer_fill(self, client, &answer);
	if (status == OK && client->request.op == RUNTIME_OP_NOTIFY_READY)
		return; /* nobody waits for it */
	if (status != OK)
		answer.head = (struct runtime_reply){.version = RUNTIME_VERSION,
		                                     .status = (int32_t)status};
	size_t len = sizeof answer.head + answer.head.count * sizeof(struct runtime_program);
	/* a socket has room for it, and who does not read gets nothing */
	CALL(LINUX_SENDTO, client->socket, &answer, len, SEND_NO_SIGNAL, 0, 0);
}

/* ---- clients ---- */

static void client_end(struct runtime_client *client)
{
	CALL(LINUX_CLOSE, client->socket);
	client->socket = -1;
}

static void client_read(struct runtime_service *self, struct runtime_client *client)
{
	uint8_t *bytes = (uint8_t *)&client->request;
	int64_t len = CALL(LINUX_READ, client->socket, bytes + client->len,
	                   sizeof client->request - client->len);
	/* poll said that there is something: what says otherwise is not believed for ever */
	if ((len == ERR_TRY_AGAIN || len == ERR_INTERRUPTED) && client->tries++ < READ_TRIES_MAX)
		return;
	client->len += len > 0 ? (size_t)len : 0;
	if (len > 0 && client->len < sizeof client->request)
		return;
	if (len > 0)
		client_answer(self, client);
	client_end(client);
}

/* 0 and all bits set: nobody known. */
static uint32_t client_uid(int64_t socket)
{
	struct {
		int32_t pid;
		uint32_t uid, gid;
	} peer;
	uint32_t len = sizeof peer;
	int64_t status =
	        CALL(LINUX_GETSOCKOPT, socket, SOCKET_LEVEL, SOCKET_PEER_CREDENTIALS, &peer, &len);
	return status == OK ? peer.uid : UINT32_MAX;
}

static struct runtime_client *client_free_place(struct runtime_service *self)
{
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++)
		if (self->clients[i].socket < 0)
			return &self->clients[i];
	return NULL;
}

/* What there is no place for waits in the socket. */
static void client_accept(struct runtime_service *self)
{
	struct runtime_client *client = client_free_place(self);
	if (!client)
		return;
	int64_t socket =
	        CALL(LINUX_ACCEPT4, self->listener, 0, 0, SOCKET_NONBLOCK | SOCKET_CLOSE_ON_EXEC);
	if (socket < 0)
		return;
	*client = (struct runtime_client){
	        .socket = (int32_t)socket,
	        .uid = client_uid(socket),
	        .deadline_ns = socket_now_ns() + (uint64_t)READ_TIMEOUT_SECONDS * NS_PER_SECOND,
	};
}

/* ---- waiting ---- */

/* The time until the first deadline; false: there is none. */
static bool clients_time_left(const struct runtime_service *self, int64_t out_time[2])
{
	uint64_t first = UINT64_MAX, now = socket_now_ns();
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++) {
		const struct runtime_client *client = &self->clients[i];
		if (client->socket >= 0 && client->deadline_ns < first)
			first = client->deadline_ns;
	}
	uint64_t left = first > now ? first - now : 0;
	out_time[0] = (int64_t)(left / NS_PER_SECOND);
	out_time[1] = (int64_t)(left % NS_PER_SECOND);
	return first != UINT64_MAX;
}

static void clients_drop_late(struct runtime_service *self)
{
	uint64_t now = socket_now_ns();
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++) {
		struct runtime_client *client = &self->clients[i];
		if (client->socket < 0 || client->deadline_ns > now)
			continue;
		service_log(runtime_name, LOG_LEVEL_WARN, "a request did not come whole, dropping");
		client_end(client);
	}
}

void runtime_wait(struct runtime_service *self)
{
	const uint64_t no_signals = 0; /* the end of a child interrupts the wait */
	struct poll_entry entries[RUNTIME_CLIENTS_MAX + 1];
	int64_t time[2];
	bool timed = clients_time_left(self, time);
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++)
		entries[i] = (struct poll_entry){self->clients[i].socket, POLL_IN, 0};
	/* nobody more is let in before there is a place */
	entries[RUNTIME_CLIENTS_MAX] =
	        (struct poll_entry){client_free_place(self) ? self->listener : -1, POLL_IN, 0};
	int64_t count = CALL(LINUX_PPOLL, entries, COUNT(entries), timed ? time : NULL, &no_signals,
	                     sizeof no_signals);
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX && count > 0; i++)
		if (entries[i].happened)
			client_read(self, &self->clients[i]);
	if (count > 0 && entries[RUNTIME_CLIENTS_MAX].happened)
		client_accept(self);
	clients_drop_late(self);
}
