#include "qemu/session/session.h"
#include "qemu/session/state.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	GRACE_PANIC_MS = 10000, /* for the rest of the report */
	GRACE_LOADER_MS = 300,
	SCREENSHOT_LIMIT_MS = 60000,
	QUIT_LIMIT_MS = 2000,
};

static const uint64_t never = UINT64_MAX;

uint64_t session_now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t session_now_ms(void)
{
	return session_now_us() / 1000;
}

static uint64_t deadline_after(uint64_t ms)
{
	return ms ? session_now_ms() + ms : never;
}

static void enter_quitting(struct session *s)
{
	s->phase = PHASE_QUITTING;
	s->phase_deadline = deadline_after(QUIT_LIMIT_MS);
	if (!monitor_quit(&s->monitor, s->process.fds[CHANNEL_MONITOR]))
		process_kill(&s->process, SIGTERM);
}

void session_stop(struct session *s, enum stop_cause cause)
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

static void collect_child(struct session *s)
{
	int status;
	if (waitpid(s->process.pid, &status, WNOHANG) != s->process.pid)
		return;
	s->process.pid = 0;
	s->ending.wait_status = status;
	for (size_t i = 0; i < CHANNEL_COUNT; i++)
		session_read_channel(s, i);
	s->phase = PHASE_ENDED;
}

static void read_signals(struct session *s)
{
	struct signalfd_siginfo info;
	while (read(s->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			collect_child(s);
		else
			session_stop(s, STOP_SIGNAL);
	}
}

static void check_marks(struct session *s)
{
	const struct mark_hit *hit = &s->marks.hit;
	if (hit->any && s->hit_deadline == never) {
		uint64_t grace = hit->outcome == QEMU_FORBIDDEN ? 0
		                 : hit->outcome == QEMU_PANIC   ? GRACE_PANIC_MS
		                                                : GRACE_LOADER_MS;
		s->hit_deadline = session_now_ms() + grace;
	}
	if (!s->request->has_wanted && !hit->any && marks_all_seen(&s->marks) &&
	    !snapshot_resumes(s->snapshot))
		session_stop(s, STOP_MARKS_SEEN);
}

static void check_deadlines(struct session *s)
{
	uint64_t now = session_now_ms();
	if (s->phase == PHASE_RUNNING) {
		if (now >= s->hit_deadline)
			session_stop(s, STOP_HIT);
		else if (now >= s->planned_stop)
			session_stop(s, STOP_PLANNED);
		else if (now >= s->timeout)
			session_stop(s, STOP_TIMEOUT);
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

/* The agent is not to be spoken to. */
static bool is_silent(const struct session *s)
{
	return s->firmware || snapshot_is_silent(s->snapshot);
}

static int poll_limit(const struct session *s)
{
	uint64_t next = s->phase_deadline;
	if (s->phase == PHASE_RUNNING) {
		next = s->hit_deadline < s->planned_stop ? s->hit_deadline : s->planned_stop;
		if (s->timeout < next)
			next = s->timeout;
		uint64_t due =
		        is_silent(s) ? UINT64_MAX : execs_due_ms(&s->execs, session_now_ms());
		if (due < next)
			next = due;
		if (snapshot_due_ms(s->snapshot) < next)
			next = snapshot_due_ms(s->snapshot);
	} else if (s->phase == PHASE_KILLED) {
		return -1; /* only SIGCHLD is left */
	}
	if (next == never)
		return -1;
	uint64_t now = session_now_ms();
	if (next <= now)
		return 0;
	return next - now > 1000000 ? 1000000 : (int)(next - now);
}

static void step(struct session *s)
{
	enum { POLL_SIGNALS = CHANNEL_COUNT, POLL_KEYS, POLL_AGENT, POLL_INPUT, POLL_COUNT };
	struct pollfd fds[POLL_COUNT];
	for (size_t i = 0; i < CHANNEL_COUNT; i++)
		fds[i] = (struct pollfd){.fd = s->process.fds[i], .events = POLLIN};
	fds[POLL_SIGNALS] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	fds[POLL_KEYS] =
	        (struct pollfd){.fd = s->terminal.raw ? STDIN_FILENO : -1, .events = POLLIN};
	fds[POLL_AGENT] =
	        (struct pollfd){.fd = execs_poll_fd(&s->execs, session_now_ms()), .events = POLLIN};
	fds[POLL_INPUT] = (struct pollfd){.fd = execs_input_fd(&s->execs), .events = POLLIN};
	if (poll(fds, POLL_COUNT, poll_limit(s)) < 0 && errno != EINTR)
		session_stop(s, STOP_SIGNAL);
	for (size_t i = 0; i < CHANNEL_COUNT; i++)
		if (fds[i].revents)
			session_read_channel(s, i);
	check_marks(s);
	if (fds[POLL_KEYS].revents)
		session_read_keys(s);
	if (fds[POLL_AGENT].revents)
		execs_read(&s->execs, session_now_ms());
	if (fds[POLL_INPUT].revents && execs_input_fd(&s->execs) >= 0)
		execs_pass_input(&s->execs);
	snapshot_step(s, session_now_ms());
	if (!is_silent(s))
		execs_step(&s->execs, session_now_ms(), s->answers.next == s->answers.count);
	if (s->execs.lost)
		session_stop(s, STOP_AGENT);
	if (fds[POLL_SIGNALS].revents)
		read_signals(s);
	if (s->phase != PHASE_ENDED)
		check_deadlines(s);
}

static void watch(struct session *s)
{
	const struct qemu_request *request = s->request;
	if (!request->quiet && !request->json && terminal_enter(&s->terminal))
		dprintf(STDERR_FILENO, "qemu: Ctrl-A X quits\r\n");
	collect_child(s); /* a child that ended before the signal was watched */
	while (s->phase != PHASE_ENDED)
		step(s);
	snapshot_end(s);
	check_marks(s);
	if (s->ending.cause == STOP_NONE && marks_all_seen(&s->marks) && !request->has_wanted &&
	    !snapshot_resumes(s->snapshot))
		s->ending.cause = STOP_MARKS_SEEN;
	terminal_leave(&s->terminal);
	process_release(&s->process);
}

bool session_run(struct arena *a, const struct qemu_request *request,
                 const struct session_start *start, struct qemu_result *result, struct diag *d)
{
	struct session *s = ARENA_NEW(a, struct session);
	uint64_t timeout = request->timeout_ms ? request->timeout_ms
	                                       : (uint64_t)request->config->timeout_seconds * 1000;
	*s = (struct session){
	        .arena = a,
	        .request = request,
	        .snapshot = start->snapshot,
	        .firmware = request->boot == BOOT_EFI,
	        .terminal = {.guardian_pipe = -1},
	        .logs = {-1, -1},
	        .signals = -1,
	        .agent = -1,
	        .memory = -1,
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
	if (snapshot_resumes(s->snapshot))
		s->execs.tell = TELL_DUE;
	s->begin_us = session_now_us();
	bool started = session_open(s, &start->argv, result, d);
	if (started) {
		snapshot_begin(s);
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
		result->elapsed_us = session_now_us() - s->begin_us;
	}
	session_close(s);
	return started;
}
