/*
 * initd from its own files. rootd is a list of leases that it tells, and remembers what it is
 * asked; loaderd has files or not, and may die. A test program includes it once: it holds initd,
 * too.
 */
#pragma once

#include "../../test.h"
#include "../boot_fixture.h"

static enum status fake_call(uint64_t endpoint, const void *request, uint64_t request_len,
                             void *reply, uint64_t capacity, uint64_t *out_len);
static enum status fake_clock(uint64_t *out_ns);
static enum status fake_look_up(uint64_t service, uint64_t *out_endpoint);
static enum status fake_close(uint64_t handle);

#define rustos_ipc_call fake_call
#define rustos_clock_now fake_clock
#define rustos_ipc_lookup_service_endpoint fake_look_up
#define rustos_handle_close fake_close
#define print fake_print
#define main initd_main
int initd_main(int argc, char **argv, char **envp);
#include "../../../../libs/programs/arguments.c"
#include "../../../../libs/programs/list.c"
#include "../../../../libs/programs/order.c"
#include "../../../../libs/programs/restart.c"
#include "../../../../libs/programs/start.c"
#include "../../../../libs/service/client.c"
#include "../../../../services/initd/adopt.c"
#include "../../../../services/initd/main.c"
#include "../../../../services/initd/root.c"
#include "../../../../services/initd/start.c"
#undef main

enum { PROGRAMS_MAX = 8, NEWS_MAX = 16, LOADER = 66 };

struct told {
	struct root_lease lease;
	const char *package;
};

static struct {
	struct told news[NEWS_MAX];
	size_t news_count, news_next;
	char started[256], noted[256]; /* "a,b," */
	char environment[256]; /* of the last start, blanks for NULs */
	uint64_t weight, last_pid, now_ns;
	int32_t finished; /* status + 1 */

	/* loaderd */
	char loaded[256]; /* paths, each with a ',' */
	const char *missing; /* a path that is not there */
	unsigned deaths; /* so often it dies, */
	bool dies_late; /* but with its work done */
	bool away; /* nobody has registered */
	uint64_t ticket, used_pid; /* of the last ticket; 0: not used */
} fake;

void service_log(const char *, enum log_level, const char *, ...)
{
}

static enum status fake_look_up(uint64_t service, uint64_t *out_endpoint)
{
	assert_int_equal(service, IPC_SERVICE_LOADERD);
	if (fake.away)
		return ERR_NOT_FOUND;
	*out_endpoint = LOADER;
	return OK;
}

static enum status fake_close(uint64_t handle)
{
	assert_int_equal(handle, LOADER);
	return OK;
}

static int32_t fake_load(const struct loader_question *question, struct loader_reply *reply)
{
	char path[64] = "";
	memcpy(path, question->bytes, question->request.path_len);
	if (question->request.exec_ticket != fake.ticket || fake.used_pid)
		return ERR_NO_PROCESS;
	assert_int_equal(question->request.flags, 0);
	if (fake.missing && strcmp(path, fake.missing) == 0)
		return ERR_NOT_FOUND;
	strcat(strcat(fake.loaded, path), ",");
	reply->pid = fake.used_pid = ++fake.last_pid;
	return OK;
}

static enum status fake_loader(const struct loader_question *question, struct loader_reply *reply)
{
	bool dies = fake.deaths && fake.deaths--;
	assert_int_equal(question->header.op, LOADER_SPAWN_EXEC);
	if (!dies || fake.dies_late)
		reply->status = fake_load(question, reply);
	return dies ? ERR_IO : OK;
}

static enum status fake_clock(uint64_t *out_ns)
{
	*out_ns = fake.now_ns;
	return OK;
}

static void add_name(char *list, const struct root_question *question)
{
	strcat(strncat(list, question->bytes, question->request.package_len), ",");
}

static void fake_start_one(const struct root_question *question, struct root_answer *answer)
{
	const struct root_request *in = &question->request;
	size_t at = (size_t)in->package_len + in->awaited_len + in->arguments_len;
	add_name(fake.started, question);
	memcpy(fake.environment, question->bytes + at, in->environment_len);
	for (size_t i = 0; i < in->environment_len; i++)
		if (!fake.environment[i])
			fake.environment[i] = ' ';
	fake.weight = in->weight_micros;
	answer->reply.value = ++fake.last_pid;
}

/* The next news; time passes when there are none, and nothing more happens without a timeout. */
static enum status fake_next(const struct root_request *in, struct root_answer *answer)
{
	if (fake.news_next == fake.news_count) {
		if (in->timeout_ns == UINT64_MAX)
			return ERR_NOT_CONNECTED;
		fake.now_ns += in->timeout_ns;
		return ERR_TIMED_OUT;
	}
	const struct told *told = &fake.news[fake.news_next++];
	if (!told->package)
		return ERR_TIMED_OUT;
	answer->lease = told->lease;
	answer->lease.package_len = (uint16_t)strlen(told->package);
	memcpy(answer->names, told->package, strlen(told->package));
	answer->reply.len = (uint32_t)(sizeof answer->lease + strlen(told->package));
	return OK;
}

static enum status fake_call(uint64_t endpoint, const void *request, uint64_t request_len,
                             void *reply, uint64_t capacity, uint64_t *out_len)
{
	const struct root_question *question = request;
	struct root_answer *answer = reply;
	if (endpoint == LOADER) {
		*out_len = capacity;
		return fake_loader(request, reply);
	}
	assert_int_equal(request_len, sizeof question->header + question->header.payload_len);
	assert_int_equal(capacity, sizeof *answer);
	*out_len = sizeof *answer;
	switch (question->header.op) {
	case ROOT_AUTHORIZE:
		answer->reply.value = fake.used_pid ? fake.used_pid : ++fake.ticket;
		answer->reply.status = fake.used_pid ? ERR_BUSY : OK;
		break;
	case ROOT_START:
		fake_start_one(question, answer);
		break;
	case ROOT_NEXT:
		answer->reply.status = (int32_t)fake_next(&question->request, answer);
		break;
	case ROOT_NOTE:
		add_name(fake.noted, question);
		break;
	case ROOT_FINISH:
		fake.finished = question->request.state + 1;
		break;
	default:
		fail();
	}
	return OK;
}

static char *const none[] = {NULL};
