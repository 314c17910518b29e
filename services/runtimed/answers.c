/* What a request is answered with, and what those who watch are told. */
#include "runtimed.h"
#include <linux_calls/api.h>
#include <linux_calls/message.h>
#include <service/api.h>
#include <string.h>

enum { SEND_NO_SIGNAL = 0x4000, SOCKET_LEVEL = 1, SOCKET_RIGHTS = 1 };

struct runtime_answer {
	struct runtime_reply head;
	uint8_t programs[RUNTIME_PROGRAMS_MAX * sizeof(struct runtime_program)]; /* unaligned */
	int32_t file; /* that goes along; below 0: none */
};

static void answer_add(struct runtime_answer *answer, const struct runtime_program *program)
{
	memcpy(answer->programs + answer->head.count++ * sizeof *program, program, sizeof *program);
}

static void answer_snapshot(const struct runtime_service *self, struct runtime_answer *answer)
{
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++)
		if (self->kept->programs[i].pid)
			answer_add(answer, &self->kept->programs[i]);
}

/* With the file, which is the answer's own. */
static int64_t answer_send_file(int32_t socket, const struct runtime_answer *answer, int64_t len)
{
	const struct {
		uint64_t len; /* struct cmsghdr */
		int32_t level, kind;
		int32_t file;
		int32_t padding;
	} control = {offsetof(__typeof__(control), padding), SOCKET_LEVEL, SOCKET_RIGHTS,
	             answer->file, 0};
	const struct linux_piece piece = {answer, (uint64_t)len};
	const struct linux_message message = {.pieces = &piece,
	                                      .piece_count = 1,
	                                      .control = &control,
	                                      .control_len = sizeof control};
	int64_t sent = CALL(LINUX_SENDMSG, socket, &message, SEND_NO_SIGNAL);
	CALL(LINUX_CLOSE, answer->file);
	return sent;
}

/* Whole, or not at all: a socket has room for many, and who does not read gets nothing. */
static bool answer_send(const struct runtime_client *client, const struct runtime_answer *answer)
{
	int64_t len = (int64_t)(sizeof answer->head +
	                        answer->head.count * sizeof(struct runtime_program));
	if (answer->file >= 0)
		return answer_send_file(client->socket, answer, len) == len;
	return CALL(LINUX_SENDTO, client->socket, answer, len, SEND_NO_SIGNAL, 0, 0) == len;
}

static enum status answer_watch(const struct runtime_service *self, struct runtime_client *client,
                                struct runtime_answer *answer)
{
	size_t watchers = 0, own = 0;
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++) {
		const struct runtime_client *each = &self->clients[i];
		bool counts = each->socket >= 0 && each->watches;
		watchers += counts;
		own += counts && each->order.uid == client->order.uid;
	}
	bool bounded = client->order.uid != self->own_uid;
	if (watchers == RUNTIME_WATCHERS_MAX || (bounded && own == RUNTIME_USER_WATCHERS_MAX))
		return ERR_TRY_AGAIN;
	client->watches = true;
	answer_snapshot(self, answer);
	return OK;
}

/* One looks at a console at a time; it is free again when that connection ends. */
static enum status answer_console(const struct runtime_service *self, struct runtime_client *client,
                                  struct runtime_answer *answer)
{
	uint64_t session = client->request.target_value;
	size_t leader = session_leader(self, session);
	if (leader == RUNTIME_PROGRAMS_MAX)
		return ERR_NO_PROCESS;
	const struct runtime_member *member = &self->kept->members[leader];
	if (client->order.uid != self->own_uid && client->order.uid != member->uid)
		return ERR_NOT_PERMITTED;
	if (!member->console)
		return ERR_NOT_TERMINAL;
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++)
		if (self->clients[i].socket >= 0 && self->clients[i].console_of == session)
			return ERR_BUSY;
	TRY(console_other_side(member->console, &answer->file));
	client->console_of = session;
	answer_add(answer, &self->kept->programs[leader]);
	return OK;
}

/* What the request says, whoever asks. */
static enum status answer_fill(struct runtime_service *self, struct runtime_client *client,
                               struct runtime_answer *answer)
{
	const struct runtime_request *request = &client->request;
	const struct runtime_program *program;
	TRY(runtime_request_check(request));
	switch (request->op) {
	case RUNTIME_OP_LAUNCH:
		TRY(runtime_launch(self, runtime_request_text(request), &client->order, &program));
		answer_add(answer, program);
		return OK;
	case RUNTIME_OP_TERMINATE:
		return runtime_terminate(self, request->target_kind, request->target_value,
		                         client->order.uid);
	case RUNTIME_OP_NOTIFY_READY:
		service_log(runtime_name, LOG_LEVEL_INFO, "ui ready received");
		return OK;
	case RUNTIME_OP_WATCH:
		return answer_watch(self, client, answer);
	case RUNTIME_OP_CONSOLE:
		return answer_console(self, client, answer);
	default:
		answer_snapshot(self, answer);
		return OK;
	}
}

bool runtime_answer(struct runtime_service *self, struct runtime_client *client)
{
	static struct runtime_answer answer;
	answer.head = (struct runtime_reply){.version = RUNTIME_VERSION, .op = client->request.op};
	answer.file = -1;
	enum status status = answer_fill(self, client, &answer);
	if (status == OK && client->request.op == RUNTIME_OP_NOTIFY_READY)
		return false; /* nobody waits for it */
	if (status != OK)
		answer.head = (struct runtime_reply){.version = RUNTIME_VERSION,
		                                     .status = (int32_t)status};
	return answer_send(client, &answer) && runtime_client_stays(client);
}

void runtime_tell_watchers(struct runtime_service *self)
{
	static struct runtime_answer answer;
	answer.head = (struct runtime_reply){.version = RUNTIME_VERSION, .op = RUNTIME_OP_WATCH};
	answer.file = -1;
	if (!self->changed)
		return;
	self->changed = false;
	answer_snapshot(self, &answer);
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++) {
		struct runtime_client *client = &self->clients[i];
		if (client->socket < 0 || !client->watches || answer_send(client, &answer))
			continue;
		service_log(runtime_name, LOG_LEVEL_WARN,
		            "one that watches does not read, dropping it");
		runtime_client_end(client);
	}
}
