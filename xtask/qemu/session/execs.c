#include "qemu/session/execs.h"
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { EXECS_GATHER_MS = 2 };

void execs_init(struct execs *execs, struct arena *a, const struct qemu_request *request)
{
	*execs = (struct execs){
	        .arena = a,
	        .request = request,
	        .client = {.fd = -1},
	        .count = request->execs.count,
	        .list = ARENA_ARRAY(a, struct qemu_exec, request->execs.count + 1),
	        .out = {.arena = a},
	        .error = {.arena = a},
	};
	if (request->passes_input)
		execs->input = guest_input_standard();
	for (size_t i = 0; i < execs->count; i++)
		execs->list[i] = (struct qemu_exec){.command = request->execs.items[i]};
}

int execs_connect(struct execs *execs, const char *path)
{
	bool wanted = execs->count || execs->tell != TELL_NOTHING;
	return wanted ? guest_connect(&execs->client, path) : 0;
}

static void pass_on(const struct execs *execs, int fd, struct str bytes)
{
	while (bytes.len && !execs->request->json) {
		ssize_t wrote = write(fd, bytes.ptr, bytes.len);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return; /* a closed pipe must not end the machine */
		bytes = str_slice(bytes, (size_t)wrote, bytes.len);
	}
}

static void take_frame(void *context, const struct agent_frame *frame)
{
	struct execs *execs = context;
	if (execs->tell == TELL_SENT && frame->type == AGENT_STATUS && frame->payload.len == 4) {
		execs->told = (int32_t)agent_u32(frame->payload.ptr);
		execs->tell = TELL_DONE;
		return;
	}
	if (!execs->running)
		return;
	guest_input_hear(&execs->input, frame);
	if (frame->type == AGENT_BEGUN) {
		/* the command's end will never be told */
		guest_close(&execs->client);
		execs->lost = true;
	}
	if (frame->type == AGENT_OUT) {
		text_add(&execs->out, frame->payload);
		pass_on(execs, STDOUT_FILENO, frame->payload);
	} else if (frame->type == AGENT_ERROR) {
		text_add(&execs->error, frame->payload);
		pass_on(execs, STDERR_FILENO, frame->payload);
	} else if (frame->type == AGENT_STATUS && frame->payload.len == 4) {
		struct qemu_exec *exec = &execs->list[execs->next++];
		exec->done = true;
		exec->status = (int32_t)agent_u32(frame->payload.ptr);
		exec->out = text_str(&execs->out);
		exec->error = text_str(&execs->error);
		execs->out = execs->error = (struct text){.arena = execs->arena};
		execs->running = false;
		execs->input.open = false;
	}
}

int execs_input_fd(const struct execs *execs)
{
	return execs->running && execs->client.fd >= 0 ? guest_input_fd(&execs->input) : -1;
}

void execs_pass_input(struct execs *execs)
{
	if (guest_input_pass(&execs->input, &execs->client) != 0)
		guest_close(&execs->client);
}

int execs_poll_fd(const struct execs *execs, uint64_t now_ms)
{
	return now_ms < execs->read_due_ms ? -1 : execs->client.fd;
}

void execs_read(struct execs *execs, uint64_t now_ms)
{
	execs->read_due_ms = now_ms + EXECS_GATHER_MS;
	if (!guest_receive(&execs->client, take_frame, execs))
		guest_close(&execs->client);
}

static int tell_resumed(struct execs *execs)
{
	struct agent_resumed resumed = {};
	struct timespec now;
	char bytes[AGENT_RESUMED_BYTES];
	if (getrandom(resumed.random, sizeof resumed.random, 0) != (ssize_t)sizeof resumed.random)
		return EIO;
	clock_gettime(CLOCK_REALTIME, &now);
	resumed.seconds = (uint64_t)now.tv_sec;
	resumed.nanoseconds = (uint32_t)now.tv_nsec;
	agent_resumed_encode(bytes, &resumed);
	execs->tell = TELL_SENT;
	return guest_send(&execs->client, AGENT_RESUMED, (struct str){bytes, sizeof bytes});
}

void execs_step(struct execs *execs, uint64_t now_ms, bool may_end)
{
	struct guest_client *client = &execs->client;
	if (client->fd < 0)
		return;
	guest_greet(client, now_ms);
	if (!client->welcomed || execs->running || execs->ended || execs->tell == TELL_SENT)
		return;
	int error = 0;
	if (execs->tell == TELL_DUE) {
		error = tell_resumed(execs);
	} else if (execs->held) {
		return;
	} else if (execs->next < execs->count) {
		execs->running = true;
		error = guest_send(client, execs->input.open ? AGENT_RUN_READING : AGENT_RUN,
		                   execs->list[execs->next].command);
	} else if (!execs->count) {
		guest_close(client); /* it was only to be told something */
	} else if (may_end) {
		execs->ended = true;
		error = guest_send(client, AGENT_POWER_OFF, (struct str){});
	}
	if (error)
		guest_close(client);
}

bool execs_all_done(const struct execs *execs)
{
	return execs->next == execs->count;
}

uint64_t execs_due_ms(const struct execs *execs, uint64_t now_ms)
{
	const struct guest_client *client = &execs->client;
	if (client->fd < 0)
		return UINT64_MAX;
	uint64_t due = client->welcomed ? UINT64_MAX : client->hello_due_ms;
	return now_ms < execs->read_due_ms && execs->read_due_ms < due ? execs->read_due_ms : due;
}
