/* What a request is answered with, and what those who watch are told. */
#include "runtimed.h"
#include <linux_calls/api.h>
#include <service/api.h>
#include <string.h>

enum { SEND_NO_SIGNAL = 0x4000 };

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
		if (self->kept->programs[i].pid)
			answer_add(answer, &self->kept->programs[i]);
}

/* Whole, or not at all: a socket has room for many, and who does not read gets nothing. */
static bool answer_send(const struct runtime_client *client, const struct runtime_answer *answer)
{
	int64_t len = (int64_t)(sizeof answer->head +
	                        answer->head.count * sizeof(struct runtime_program));
	return CALL(LINUX_SENDTO, client->socket, answer, len, SEND_NO_SIGNAL, 0, 0) == len;
}

static enum status answer_watch(const struct runtime_service *self, struct runtime_client *client,
                                struct runtime_answer *answer)
{
	size_t watchers = 0;
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++)
		watchers += self->clients[i].socket >= 0 && self->clients[i].watches;
	if (watchers == RUNTIME_WATCHERS_MAX)
		return ERR_TRY_AGAIN;
	client->watches = true;
	answer_snapshot(self, answer);
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
	default:
		answer_snapshot(self, answer);
		return OK;
	}
}

bool runtime_answer(struct runtime_service *self, struct runtime_client *client)
{
	static struct runtime_answer answer;
	answer.head = (struct runtime_reply){.version = RUNTIME_VERSION, .op = client->request.op};
	enum status status = answer_fill(self, client, &answer);
	if (status == OK && client->request.op == RUNTIME_OP_NOTIFY_READY)
		return false; /* nobody waits for it */
	if (status != OK)
		answer.head = (struct runtime_reply){.version = RUNTIME_VERSION,
		                                     .status = (int32_t)status};
	return answer_send(client, &answer) && client->watches;
}

void runtime_tell_watchers(struct runtime_service *self)
{
	static struct runtime_answer answer;
	answer.head = (struct runtime_reply){.version = RUNTIME_VERSION, .op = RUNTIME_OP_WATCH};
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
