/* exec and push: for a guest that `xtask qemu` is running. */
#include "cmd/guest/guest.h"
#include "os/files.h"
#include "qemu/qemu.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WELCOME_LIMIT_MS = 10000, GREET_MS = 100, FIRMWARE_LIMIT_MS = 120000 };

const struct option options_guest[] = {
        {"--socket", "FILE", "where the guest's agent is reached (default: OUT/run/agent.sock)"},
        {},
};

static const struct option *const options[] = {options_system, options_guest, NULL};

static uint64_t guest_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool guest_fail(struct invocation *in, struct str hint, const char *problem)
{
	diag_error(in->diag, (struct span){}, hint, "%s", problem);
	return false;
}

/* False: nobody takes it any more. */
static bool guest_write(int fd, struct str bytes)
{
	while (bytes.len) {
		ssize_t wrote = write(fd, bytes.ptr, bytes.len);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		bytes = str_slice(bytes, (size_t)wrote, bytes.len);
	}
	return true;
}

static void guest_take(void *context, const struct agent_frame *frame)
{
	struct guest_run *run = context;
	if (frame->type == AGENT_OUT)
		run->unheard |= !guest_write(STDOUT_FILENO, frame->payload);
	if (frame->type == AGENT_ERROR)
		run->unheard |= !guest_write(STDERR_FILENO, frame->payload);
	run->lost |= frame->type == AGENT_BEGUN;
	guest_input_hear(&run->input, frame);
	if (frame->type == AGENT_RELOADED &&
	    frame->payload.len == AGENT_RELOADED_WORDS * sizeof(uint32_t)) {
		const char *words = frame->payload.ptr;
		run->reloaded = true;
		run->reload = (struct agent_reloaded){
		        .old_pid = agent_u32(words),
		        .new_pid = agent_u32(words + 4),
		        .took_us = agent_u32(words + 8),
		        .last_status = agent_u32(words + 12),
		};
	}
	if (frame->type != AGENT_STATUS || frame->payload.len != 4)
		return;
	run->has_status = true;
	run->status = (int32_t)agent_u32(frame->payload.ptr);
}

static volatile sig_atomic_t guest_interrupted;

static void guest_on_interrupt(int)
{
	guest_interrupted = 1;
}

/* False: the guest is gone. */
static bool guest_wait(struct guest_run *run, int limit_ms)
{
	struct pollfd entries[] = {
	        {.fd = run->client.fd, .events = POLLIN},
	        {.fd = run->client.welcomed ? guest_input_fd(&run->input) : -1, .events = POLLIN},
	};
	if (poll(entries, COUNT(entries), limit_ms) <= 0)
		return true;
	if (entries[1].revents && guest_input_pass(&run->input, &run->client) != 0)
		return false;
	return !entries[0].revents || guest_receive(&run->client, guest_take, run);
}

/* While its firmware runs, nothing may be said to it. 0 or an errno value. */
static int guest_join(struct arena *a, struct guest_client *client, struct str path)
{
	struct str early = guest_early_path(a, path);
	uint64_t limit = guest_now_ms() + FIRMWARE_LIMIT_MS;
	for (;;) {
		bool starting = guest_listens(early.ptr);
		int error = guest_connect(client, arena_c_str(a, path));
		bool absent = error == ENOENT || error == ECONNREFUSED;
		if (!absent || !starting || guest_interrupted || guest_now_ms() >= limit)
			return error;
		(void)poll(NULL, 0, GREET_MS);
	}
}

bool guest_begin(struct invocation *in, struct guest_run *run)
{
	struct pipeline p = {};
	pipeline_name(&p, in);
	struct str path = option_path(in, "--socket");
	if (!path.len)
		path = qemu_agent_socket(in->arena, p.out);
	int error = guest_join(in->arena, &run->client, path);
	if (error) {
		bool absent = error == ENOENT || error == ECONNREFUSED;
		diag_error(in->diag, (struct span){},
		           absent ? STR("start one on another terminal: xtask qemu") : STR(""),
		           "%.*s: %s", STR_ARG(path),
		           absent ? "no guest is running there" : strerror(error));
		return false;
	}
	uint64_t limit = guest_now_ms() + WELCOME_LIMIT_MS;
	while (!run->client.welcomed && !guest_interrupted) {
		guest_greet(&run->client, guest_now_ms());
		if (!guest_wait(run, GREET_MS))
			return guest_fail(in, STR(""), "the guest has ended");
		if (guest_now_ms() >= limit)
			return guest_fail(in, STR("it serves one at a time"),
			                  "the guest's agent does not answer");
	}
	return true;
}

bool guest_await(struct invocation *in, struct guest_run *run)
{
	run->has_status = false;
	while (!run->has_status) {
		if (guest_interrupted) {
			(void)!guest_send(&run->client, AGENT_KILL, (struct str){});
			return guest_fail(in, STR(""), "interrupted");
		}
		if (!guest_wait(run, -1))
			return guest_fail(in, STR(""), "the guest has ended");
		if (run->unheard) {
			(void)!guest_send(&run->client, AGENT_KILL, (struct str){});
			return guest_fail(in, STR(""), "what it prints cannot be written here");
		}
		if (run->lost)
			return guest_fail(in, STR(""), "the guest's agent has ended");
	}
	return true;
}

void guest_hear_interrupts(void)
{
	struct sigaction action = {.sa_handler = guest_on_interrupt};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN); /* who hears no more is told of by write */
}

static int run_exec(struct invocation *in)
{
	struct guest_run run = {};
	struct str command = in->words.items[0];
	if (command.len > AGENT_PAYLOAD_MAX) {
		(void)guest_fail(in, STR(""), "the command is too long");
		return EXIT_USAGE;
	}
	guest_hear_interrupts();
	bool ran = guest_begin(in, &run);
	run.input = guest_input_standard();
	enum agent_frame_type type = run.input.open ? AGENT_RUN_READING : AGENT_RUN;
	ran = ran && guest_send(&run.client, type, command) == 0 && guest_await(in, &run);
	guest_close(&run.client);
	return ran ? run.status & 0xff : EXIT_FAILED;
}

bool guest_ask(struct invocation *in, struct guest_run *run, enum agent_frame_type type,
               struct str payload)
{
	int error = guest_send(&run->client, type, payload);
	if (error)
		return guest_fail(in, STR(""), strerror(error));
	return guest_await(in, run) && run->status == 0;
}

bool guest_send_data(struct invocation *in, struct guest_run *run, struct str content)
{
	size_t step;
	for (size_t at = 0; at < content.len; at += step) {
		size_t left = content.len - at, most = guest_piece_max(&run->client);
		step = left < most ? left : most;
		if (guest_interrupted)
			return guest_fail(in, STR(""), "interrupted");
		int error = guest_send_piece(&run->client, AGENT_DATA,
		                             str_slice(content, at, at + step));
		if (error)
			return guest_fail(in, STR(""), strerror(error));
		while (run->client.lent && !guest_interrupted)
			if (!guest_wait(run, -1))
				return guest_fail(in, STR(""), "the guest has ended");
	}
	return true;
}

struct pushed {
	struct str name, content; /* of the file here */
	uint32_t mode;
	struct str path; /* in the guest */
};

static bool push_create(struct invocation *in, struct guest_run *run, const struct pushed *file)
{
	struct text head = {.arena = in->arena};
	char bytes[4];
	agent_put_u32(bytes, file->mode);
	text_add(&head, (struct str){bytes, sizeof bytes});
	text_add(&head, file->path);
	return guest_ask(in, run, AGENT_PUT, text_str(&head));
}

/* A folder takes it under its own name, which only the guest's answer tells. */
static bool push(struct invocation *in, struct guest_run *run, struct pushed *file)
{
	if (!guest_begin(in, run))
		return false;
	bool done = push_create(in, run, file);
	if (!done && run->has_status && run->status == -EISDIR) {
		const char *between = str_ends_with(file->path, STR("/")) ? "" : "/";
		file->path = str_format(in->arena, "%.*s%s%.*s", STR_ARG(file->path), between,
		                        STR_ARG(file->name));
		done = push_create(in, run, file);
	}
	done = done && guest_send_data(in, run, file->content) &&
	       guest_ask(in, run, AGENT_CLOSE, (struct str){});
	if (run->has_status && run->status)
		diag_error(in->diag, (struct span){}, (struct str){}, "%.*s in the guest: %s",
		           STR_ARG(file->path), strerror(-run->status));
	return done;
}

static int run_push(struct invocation *in)
{
	struct str here = called_path(in, in->words.items[0]);
	struct pushed file = {.name = path_name(here), .path = STR("/tmp")};
	struct stat facts;
	const char *name = arena_c_str(in->arena, here);
	int error = stat(name, &facts) == 0 ? file_read(in->arena, name, &file.content) : errno;
	if (in->words.count > 1)
		file.path = in->words.items[1];
	if (error || file.path.len + 1 + file.name.len > AGENT_PAYLOAD_MAX - 4) {
		diag_error(in->diag, (struct span){}, (struct str){}, "%s: %s", name,
		           strerror(error ? error : ENAMETOOLONG));
		return EXIT_USAGE;
	}
	struct guest_run run = {};
	guest_hear_interrupts();
	file.mode = facts.st_mode & 07777;
	bool done = push(in, &run, &file);
	guest_close(&run.client);
	if (done && !in->quiet)
		printf("push: %zu bytes to %.*s\n", file.content.len, STR_ARG(file.path));
	return done ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_exec = {
        .name = "exec",
        .summary = "run a command in the running guest",
        .usage = "[OPTIONS] COMMAND",
        .details =
                "For a guest that `xtask qemu` runs with a shell at its console. What the command "
                "prints\n"
                "comes out here, and its status is the exit code; Ctrl-C ends it. It reads what "
                "xtask\n"
                "has as standard input, and nothing when that is a terminal.\n",
        .example = "  xtask exec 'ps; df'\n  xtask exec 'wc -l' <README.md\n",
        .options = options,
        .words_min = 1,
        .words_max = 1,
        .group = GROUP_MORE,
        .option_hint = "the command is one word: xtask exec 'ls -l'",
        .run = run_exec,
};

const struct command command_push = {
        .name = "push",
        .summary = "copy a file into the running guest",
        .usage = "[OPTIONS] FILE [PATH]",
        .details = "PATH is a file, or a folder that takes it under its name: /tmp when it is\n"
                   "not given. The file keeps its mode.\n",
        .example = "  xtask push build/artifacts/apps/hello/hello /tmp/hello\n",
        .options = options,
        .words_min = 1,
        .words_max = 2,
        .group = GROUP_MORE,
        .run = run_push,
};
