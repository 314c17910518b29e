#include "qemu/session.h"
#include "os/files.h"
#include "qemu/answers.h"
#include "qemu/execs.h"
#include "qemu/outcome.h"
#include "qemu/process.h"
#include "qemu/terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	READ_BYTES = 65536,
	ERRORS_KEPT_MAX = 65536,
	GRACE_PANIC_MS = 1000, /* for the rest of the report */
	GRACE_LOADER_MS = 300,
	SCREENSHOT_LIMIT_MS = 5000,
	QUIT_LIMIT_MS = 2000,
};

static const uint64_t never = UINT64_MAX;

enum phase { PHASE_RUNNING, PHASE_SCREENSHOT, PHASE_QUITTING, PHASE_KILLED, PHASE_ENDED };

struct session {
	struct arena *arena;
	const struct qemu_request *request;
	struct qemu_process process;
	struct monitor monitor;
	struct marks marks;
	struct answers answers;
	struct execs execs;
	int agent; /* where QEMU listens for clients of the agent; -1: nowhere */
	struct terminal terminal;
	struct key_filter keys;
	enum escape_state firmware_escape;
	int logs[MARK_CHANNELS];
	int signals;
	sigset_t former_signals;
	struct text errors;
	enum phase phase;
	uint64_t phase_deadline; /* when the phase has to be over */
	uint64_t hit_deadline;
	uint64_t timeout;
	uint64_t planned_stop;
	uint64_t begin_us;
	struct ending ending;
};

static uint64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t now_ms(void)
{
	return now_us() / 1000;
}

static uint64_t deadline_after(uint64_t ms)
{
	return ms ? now_ms() + ms : never;
}

static void write_all(int fd, struct str bytes)
{
	while (bytes.len) {
		ssize_t wrote = write(fd, bytes.ptr, bytes.len);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return; /* a full disk or a closed pipe must not end the machine */
		bytes = str_slice(bytes, (size_t)wrote, bytes.len);
	}
}

static void enter_quitting(struct session *s)
{
	s->phase = PHASE_QUITTING;
	s->phase_deadline = deadline_after(QUIT_LIMIT_MS);
	if (!monitor_quit(&s->monitor, s->process.fds[CHANNEL_MONITOR]))
		process_kill(&s->process, SIGTERM);
}

static void begin_stop(struct session *s, enum stop_cause cause)
{
	if (s->phase != PHASE_RUNNING)
		return;
	s->ending.cause = cause;
	if (s->request->screenshot.len && cause != STOP_SIGNAL) {
		s->phase = PHASE_SCREENSHOT;
		s->phase_deadline = deadline_after(SCREENSHOT_LIMIT_MS);
		monitor_screenshot(&s->monitor, s->process.fds[CHANNEL_MONITOR],
		                   s->request->screenshot);
	} else {
		enter_quitting(s);
	}
}

/* The guest ended, but QEMU stands still for the picture. */
static void take_exit_value(struct session *s, struct str bytes)
{
	if (s->phase != PHASE_RUNNING)
		return;
	s->ending.exit_value = (unsigned char)bytes.ptr[0];
	begin_stop(s, STOP_GUEST);
}

static void take_monitor(struct session *s, struct str bytes)
{
	monitor_feed(&s->monitor, s->process.fds[CHANNEL_MONITOR], bytes);
	if (s->request->screenshot.len && s->monitor.shutdown != SHUTDOWN_UNKNOWN)
		begin_stop(s, STOP_GUEST);
}

/* Until the kernel speaks, which it does on debugcon first, the screen stays the person's. */
static void show(struct session *s, size_t channel, struct str bytes)
{
	char plain[READ_BYTES];
	bool firmware = s->request->boot == BOOT_EFI && channel == CHANNEL_SERIAL &&
	                !s->marks.streams[CHANNEL_DEBUGCON].spoke;
	if (firmware)
		bytes = escape_filter(&s->firmware_escape, bytes, plain);
	write_all(STDOUT_FILENO, bytes);
}

/* A guest that does not listen loses keys. */
static void type(struct session *s, struct str keys)
{
	int serial = s->process.fds[CHANNEL_SERIAL];
	if (keys.len && serial >= 0)
		(void)!write(serial, keys.ptr, keys.len);
}

static void give_answers(struct session *s, struct str heard)
{
	const struct qemu_answer *answer;
	answers_feed(&s->answers, heard);
	while ((answer = answers_take(&s->answers)))
		type(s, answer->text);
}

static void take_guest_output(struct session *s, size_t channel, struct str bytes)
{
	const struct qemu_request *request = s->request;
	write_all(s->logs[channel], bytes);
	bool shown = channel == CHANNEL_SERIAL || request->debugcon_to_stdout;
	if (shown && !request->quiet && !request->json)
		show(s, channel, bytes);
	if (request->heard)
		request->heard(request->heard_context, channel == CHANNEL_DEBUGCON, bytes,
		               now_us() - s->begin_us);
	marks_feed(&s->marks, channel, bytes);
	if (channel == CHANNEL_SERIAL)
		give_answers(s, bytes);
}

/* A KVM that gives up leaves the machine standing, and QEMU waiting for a debugger. */
static void check_accelerator(struct session *s)
{
	static const struct str mark = STR_INIT("KVM internal error");
	struct str said = text_str(&s->errors);
	struct mark_hit *hit = &s->marks.hit;
	if (hit->any || !said.len || !memmem(said.ptr, said.len, mark.ptr, mark.len))
		return;
	hit->any = true;
	hit->outcome = QEMU_HOST_ERROR;
	hit->line = STR("KVM internal error; qemu.accelerator = \"tcg\" does without KVM");
}

static void take_errors(struct session *s, struct str bytes)
{
	if (s->errors.len < ERRORS_KEPT_MAX)
		text_add(&s->errors, bytes);
	check_accelerator(s);
	if (!s->request->quiet && !s->request->json)
		write_all(STDERR_FILENO, bytes);
}

/* Everything that is there now. */
static void read_channel(struct session *s, size_t channel)
{
	char bytes[READ_BYTES];
	int *fd = &s->process.fds[channel];
	while (*fd >= 0) {
		ssize_t got = read(*fd, bytes, sizeof bytes);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			close(*fd);
			*fd = -1;
			return;
		}
		struct str read_now = {bytes, (size_t)got};
		if (channel == CHANNEL_MONITOR)
			take_monitor(s, read_now);
		else if (channel == CHANNEL_EXIT_VALUE)
			take_exit_value(s, read_now);
		else if (channel == CHANNEL_ERRORS)
			take_errors(s, read_now);
		else
			take_guest_output(s, channel, read_now);
		if (got < (ssize_t)sizeof bytes)
			return;
	}
}

static void read_keys(struct session *s)
{
	char typed[256];
	char out[2 * sizeof typed];
	size_t len;
	ssize_t got = read(STDIN_FILENO, typed, sizeof typed);
	if (got <= 0)
		return;
	struct str keys = {typed, (size_t)got};
	enum key_action action = key_filter_feed(&s->keys, keys, out, &len);
	type(s, (struct str){out, len});
	if (action == KEYS_QUIT)
		begin_stop(s, STOP_PERSON);
}

static void collect_child(struct session *s)
{
	int status;
	if (waitpid(s->process.pid, &status, WNOHANG) != s->process.pid)
		return;
	s->process.pid = 0;
	s->ending.wait_status = status;
	for (size_t i = 0; i < CHANNEL_COUNT; i++)
		read_channel(s, i);
	s->phase = PHASE_ENDED;
}

static void read_signals(struct session *s)
{
	struct signalfd_siginfo info;
	while (read(s->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			collect_child(s);
		else
			begin_stop(s, STOP_SIGNAL);
	}
}

static void check_marks(struct session *s)
{
	const struct mark_hit *hit = &s->marks.hit;
	if (hit->any && s->hit_deadline == never) {
		uint64_t grace = hit->outcome == QEMU_FORBIDDEN ? 0
		                 : hit->outcome == QEMU_PANIC   ? GRACE_PANIC_MS
		                                                : GRACE_LOADER_MS;
		s->hit_deadline = now_ms() + grace;
	}
	if (!s->request->has_wanted && !hit->any && marks_all_seen(&s->marks))
		begin_stop(s, STOP_MARKS_SEEN);
}

static void check_deadlines(struct session *s)
{
	uint64_t now = now_ms();
	if (s->phase == PHASE_RUNNING) {
		if (now >= s->hit_deadline)
			begin_stop(s, STOP_HIT);
		else if (now >= s->planned_stop)
			begin_stop(s, STOP_PLANNED);
		else if (now >= s->timeout)
			begin_stop(s, STOP_TIMEOUT);
		return;
	}
	bool over = now >= s->phase_deadline;
	if (s->phase == PHASE_SCREENSHOT && (over || !s->monitor.screenshot_pending)) {
		enter_quitting(s);
	} else if (s->phase == PHASE_QUITTING && over) {
		s->phase = PHASE_KILLED;
		process_kill(&s->process, SIGKILL);
	}
}

static int poll_limit(const struct session *s)
{
	uint64_t next = s->phase_deadline;
	if (s->phase == PHASE_RUNNING) {
		next = s->hit_deadline < s->planned_stop ? s->hit_deadline : s->planned_stop;
		if (s->timeout < next)
			next = s->timeout;
		uint64_t due = execs_due_ms(&s->execs, now_ms());
		if (due < next)
			next = due;
	} else if (s->phase == PHASE_KILLED) {
		return -1; /* only SIGCHLD is left */
	}
	if (next == never)
		return -1;
	uint64_t now = now_ms();
	if (next <= now)
		return 0;
	return next - now > 1000000 ? 1000000 : (int)(next - now);
}

static void step(struct session *s)
{
	enum { POLL_SIGNALS = CHANNEL_COUNT, POLL_KEYS, POLL_AGENT, POLL_COUNT };
	struct pollfd fds[POLL_COUNT];
	for (size_t i = 0; i < CHANNEL_COUNT; i++)
		fds[i] = (struct pollfd){.fd = s->process.fds[i], .events = POLLIN};
	fds[POLL_SIGNALS] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	fds[POLL_KEYS] =
	        (struct pollfd){.fd = s->terminal.raw ? STDIN_FILENO : -1, .events = POLLIN};
	fds[POLL_AGENT] = (struct pollfd){.fd = execs_poll_fd(&s->execs, now_ms()), .events = POLLIN};
	if (poll(fds, POLL_COUNT, poll_limit(s)) < 0 && errno != EINTR)
		begin_stop(s, STOP_SIGNAL);
	for (size_t i = 0; i < CHANNEL_COUNT; i++)
		if (fds[i].revents)
			read_channel(s, i);
	check_marks(s);
	if (fds[POLL_KEYS].revents)
		read_keys(s);
	if (fds[POLL_AGENT].revents)
		execs_read(&s->execs, now_ms());
	execs_step(&s->execs, now_ms(), s->answers.next == s->answers.count);
	if (s->execs.lost)
		begin_stop(s, STOP_AGENT);
	if (fds[POLL_SIGNALS].revents)
		read_signals(s);
	if (s->phase != PHASE_ENDED)
		check_deadlines(s);
}

static bool open_log(struct session *s, size_t channel, struct str path, struct diag *d)
{
	const char *file = arena_c_str(s->arena, path);
	int error = folder_create(arena_c_str(s->arena, path_folder(path)));
	if (!error)
		s->logs[channel] = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (!error && s->logs[channel] < 0)
		error = errno;
	if (error)
		diag_error(d, (struct span){}, (struct str){}, "%s: %s", file, strerror(error));
	return !error;
}

/* Before QEMU starts, so that nobody has to wait for its socket. */
static bool open_agent(struct session *s, struct str path, struct diag *d)
{
	if (!path.len)
		return true;
	const char *file = arena_c_str(s->arena, path);
	int error = folder_create(arena_c_str(s->arena, path_folder(path)));
	if (!error) {
		s->agent = guest_listen(file);
		error = s->agent < 0 ? -s->agent : execs_connect(&s->execs, file);
	}
	if (error == EADDRINUSE)
		diag_error(d, (struct span){}, STR("end it, or give this one a folder with --logs"),
		           "a guest is running already at %s", file);
	else if (error)
		diag_error(d, (struct span){}, (struct str){}, "%s: %s", file, strerror(error));
	return !error;
}

static void block_signals(struct session *s)
{
	static const int numbers[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < COUNT(numbers); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, &s->former_signals);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void watch(struct session *s)
{
	const struct qemu_request *request = s->request;
	if (!request->quiet && !request->json && terminal_enter(&s->terminal))
		dprintf(STDERR_FILENO, "qemu: Ctrl-A X quits\r\n");
	collect_child(s); /* a child that ended before the signal was watched */
	while (s->phase != PHASE_ENDED)
		step(s);
	check_marks(s);
	if (s->ending.cause == STOP_NONE && marks_all_seen(&s->marks) && !request->has_wanted)
		s->ending.cause = STOP_MARKS_SEEN;
	terminal_leave(&s->terminal);
	process_release(&s->process);
}

static bool start(struct session *s, const struct strs *argv, const struct qemu_result *result,
                  struct diag *d)
{
	if (!open_log(s, CHANNEL_SERIAL, result->serial_file, d) ||
	    !open_log(s, CHANNEL_DEBUGCON, result->debugcon_file, d))
		return false;
	block_signals(s);
	if (!open_agent(s, result->agent_socket, d))
		return false;
	int error = s->signals < 0 ? errno : process_start(s->arena, argv, s->agent, &s->process);
	if (error)
		diag_error(d, (struct span){}, (struct str){}, "cannot start QEMU: %s",
		           strerror(error));
	return !error;
}

static void release(struct session *s, struct str agent_socket)
{
	if (s->signals >= 0) {
		close(s->signals);
		sigprocmask(SIG_SETMASK, &s->former_signals, NULL);
	}
	for (size_t i = 0; i < MARK_CHANNELS; i++)
		if (s->logs[i] >= 0)
			close(s->logs[i]);
	guest_close(&s->execs.client);
	if (s->agent < 0)
		return;
	close(s->agent);
	unlink(arena_c_str(s->arena, agent_socket));
}

bool session_run(struct arena *a, const struct qemu_request *request, const struct strs *argv,
                 struct qemu_result *result, struct diag *d)
{
	struct session *s = ARENA_NEW(a, struct session);
	uint64_t timeout = request->timeout_ms ? request->timeout_ms
	                                       : (uint64_t)request->config->timeout_seconds * 1000;
	*s = (struct session){
	        .arena = a,
	        .request = request,
	        .terminal = {.guardian_pipe = -1},
	        .logs = {-1, -1},
	        .signals = -1,
	        .agent = -1,
	        .ending = {.exit_value = -1},
	        .errors = {.arena = a},
	        .phase_deadline = never,
	        .hit_deadline = never,
	        .timeout = deadline_after(timeout),
	        .planned_stop = deadline_after(request->stop_after_ms),
	};
	marks_init(&s->marks, a, request);
	answers_init(&s->answers, a, request);
	execs_init(&s->execs, a, request);
	s->begin_us = now_us();
	bool started = start(s, argv, result, d);
	if (started) {
		watch(s);
		s->ending.shutdown = s->monitor.shutdown;
		s->ending.errors = text_str(&s->errors);
		s->ending.unanswered = s->answers.next < s->answers.count
		                               ? &s->answers.list[s->answers.next]
		                               : NULL;
		result->execs = s->execs.list;
		result->exec_count = s->execs.count;
		outcome_decide(a, request, &s->marks, &s->ending, result);
		if (s->monitor.screenshot_failed)
			diag_warning(d, (struct span){}, (struct str){}, "no screenshot: %s",
			             arena_c_str(a, str_from_c(s->monitor.screenshot_error)));
		result->elapsed_us = now_us() - s->begin_us;
	}
	release(s, result->agent_socket);
	return started;
}
