#include "engine/scheduler.h"
#include "engine/action_key.h"
#include "engine/cache/cache.h"
#include "engine/command_line.h"
#include "engine/confine.h"
#include "engine/estimate.h"
#include "engine/job.h"
#include "engine/jobserver.h"
#include "engine/launcher.h"
#include "engine/ready_queue.h"
#include "engine/why/reasons.h"
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	INLINE_MAX_US = 2000, /* in-process actions expected to be longer get a forked copy */
	KILL_AFTER_MS = 2000, /* from SIGTERM to SIGKILL */
	TICK_WAIT_NS = 500000,
	JUDGED_BETWEEN_SIGNALS = 64, /* up to date ones, while nothing runs */
};

struct scheduler {
	struct run *run;
	struct ready_queue ready;
	struct job *jobs; /* slots; child.pid 0: free */
	size_t job_count; /* slots */
	size_t running;
	struct paces paces;
	struct jobserver server;
	char **environment; /* of children: the run's, and where the job server is */
	int signal_fd;
	uint64_t *body_us; /* of each slot, in memory shared with forked copies */
	struct pollfd *fds; /* two for each slot, one for signals, one for the job server */
	int64_t ticked_ns; /* what the kernel's clock has moved on from */
	int64_t newest_change_ns; /* 0: not asked for yet */
	bool stopping; /* nothing new is started */
	unsigned judged;
};

static void step_done(struct scheduler *s, uint32_t index)
{
	struct step *step = &s->run->steps[index];
	step->state = STEP_DONE;
	for (uint32_t i = 0; i < step->dependent_count; i++) {
		struct step *dependent = &s->run->steps[step->dependents[i]];
		if (--dependent->unmet == 0 && dependent->wanted)
			ready_queue_push(&s->ready, step->dependents[i]);
	}
}

static void step_failed(struct scheduler *s, uint32_t index, struct str problem, struct str said)
{
	struct run *r = s->run;
	struct step *step = &r->steps[index];
	step->state = STEP_FAILED;
	r->summary.failed++;
	s->stopping |= !r->request->keep_going;
	progress_failed(&r->progress, step->action, problem, said);
	run_error(r, "%s %.*s: %.*s", step->action->kind->name, STR_ARG(step->action->subject),
	          STR_ARG(problem));
}

/* The action came to its end by itself; problem is "" when all is well. */
static void job_finish(struct scheduler *s, struct job *j, struct str problem, struct str said)
{
	struct run *r = s->run;
	uint64_t duration_us = clock_us() - j->started_us;
	if (j->action.kind->run && *j->body_us)
		duration_us = *j->body_us;
	struct str undeclared = confine_problem(j, r);
	if (undeclared.len)
		problem = undeclared;
	if (!problem.len)
		problem = job_commit(j, r, duration_us);
	if (problem.len) {
		job_discard(j);
		step_failed(s, j->step, problem, said);
	} else {
		r->summary.run++;
		if (cache_takes(r->cache, &r->steps[j->step]))
			cache_keep(r->cache, &r->steps[j->step]);
		paces_add(&s->paces, j->action.kind, duration_us);
		progress_finished(&r->progress, r->steps[j->step].action, duration_us, said);
		step_done(s, j->step);
	}
	job_release(j);
}

static int run_in_fork(void *data)
{
	struct job *j = data;
	struct action_result result = {};
	uint64_t started_us = clock_us();
	j->action.kind->run(&j->action, &j->arena, &result);
	*j->body_us = clock_us() - started_us;
	while (result.output.len) {
		ssize_t put = write(STDOUT_FILENO, result.output.ptr, result.output.len);
		if (put <= 0)
			break;
		result.output = str_slice(result.output, (size_t)put, result.output.len);
	}
	return result.exit_status && !(result.exit_status & 0xff) ? 1 : result.exit_status & 0xff;
}

static void run_here(struct scheduler *s, struct job *j)
{
	struct action_result result = {};
	j->action.kind->run(&j->action, &j->arena, &result);
	struct str problem = STR("");
	if (result.exit_status)
		problem = str_format(&j->arena, "status %d", result.exit_status);
	job_finish(s, j, problem, result.output);
}

/* The latest change of a file or folder that is known and that we do not make; not later than our
 * start. */
static int64_t newest_change_ns(const struct run *r)
{
	int64_t newest = 0;
	for (size_t i = 0; i < r->files.count; i++) {
		const struct tracked_file *f = r->files.files[i];
		if (f->state == FILE_PRESENT && f->producer == NO_ACTION &&
		    f->stamp.changed_ns > newest)
			newest = f->stamp.changed_ns;
	}
	return newest < r->entered_ns ? newest : r->entered_ns;
}

/*
 * Headers that a depfile will name are trusted only if they changed before their reader began; file
 * times lag by a tick or two. Where it ran before, its headers are known, and it waits until what
 * was changed last is that old; else until our own start is.
 */
static void wait_for_tick(struct scheduler *s, const struct step *step)
{
	const struct timespec pause = {.tv_nsec = TICK_WAIT_NS};
	int64_t since_ns = s->run->entered_ns;
	if (s->ticked_ns >= since_ns)
		return;
	if (!s->newest_change_ns)
		s->newest_change_ns = newest_change_ns(s->run);
	if (step->trace)
		since_ns = s->newest_change_ns;
	while (clock_stamp_ns() <= since_ns)
		nanosleep(&pause, NULL);
	if (since_ns > s->ticked_ns)
		s->ticked_ns = since_ns;
}

static int start_program(struct scheduler *s, struct job *j)
{
	const struct step *step = &s->run->steps[j->step];
	const struct action *action = step->action;
	struct substitution by = {j->temporary, action->outputs.count, STR(""),
	                          command_line_root(&j->arena)};
	if (action->depfile.len)
		by.depfile = j->temporary[action->outputs.count];
	struct child_program program = {
	        .path = tool_path(&j->arena, step->tool),
	        .argv = command_line_argv(&j->arena, &action->argv, &by),
	        .environment = s->environment,
	};
	if (action->launcher.len)
		return launcher_start(&j->child, &j->arena, action, &program);
	if (action->confined && !s->run->request->unconfined)
		return confine_start(j, s->run, &program);
	return child_start(&j->child, &program);
}

/* True when the cache had the outputs and they are in place. */
static bool step_restored(struct scheduler *s, struct job *j)
{
	struct run *r = s->run;
	if (!cache_takes(r->cache, &r->steps[j->step]))
		return false;
	if (cache_restore(r->cache, j) && job_commit(j, r, j->restored_us).len == 0) {
		r->summary.cached++;
		progress_cached(&r->progress, r->steps[j->step].action);
		step_done(s, j->step);
		job_release(j);
		return true;
	}
	job_discard(j);
	j->restored = false;
	j->restored_count = 0;
	j->started_us = clock_us();
	return false;
}

static void step_start(struct scheduler *s, uint32_t index)
{
	struct run *r = s->run;
	struct step *step = &r->steps[index];
	struct job *j = s->jobs;
	while (j->child.pid)
		j++;
	if (step->action->depfile.len)
		wait_for_tick(s, step);
	struct str problem = job_prepare(j, r, index);
	j->body_us = &s->body_us[j - s->jobs];
	*j->body_us = 0;
	step->state = STEP_RUNNING;
	progress_started(&r->progress, step->action);
	if (problem.len) {
		job_finish(s, j, problem, STR(""));
		return;
	}
	if (step_restored(s, j))
		return;
	if (step->action->kind->run && step->estimate_us <= INLINE_MAX_US) {
		run_here(s, j);
		return;
	}
	int error = step->action->kind->run ? child_fork(&j->child, run_in_fork, j)
	                                    : start_program(s, j);
	if (error)
		job_finish(s, j, str_format(&j->arena, "it can't be run: %s", strerror(error)),
		           STR(""));
	else
		s->running++;
}

static bool outputs_stand(const struct trace *trace)
{
	for (size_t i = 0; i < trace->output_count; i++)
		if (file_hash(trace->outputs[i].file) != 0 ||
		    !digest_equal(&trace->outputs[i].file->digest, &trace->outputs[i].digest))
			return false;
	return true;
}

static bool is_discovered(const struct trace *trace, const struct tracked_file *f)
{
	for (size_t i = 0; i < trace->discovered_count; i++)
		if (trace->discovered[i] == f)
			return true;
	return false;
}

/* Up to date, to be run, or broken because an input went away. */
static void step_judge(struct scheduler *s, uint32_t index)
{
	struct run *r = s->run;
	struct step *step = &r->steps[index];
	struct trace *trace = step->trace && step->trace->valid ? step->trace : NULL;
	struct digest key;
	struct tracked_file *missing = action_key(r, step, trace ? trace->discovered : NULL,
	                                          trace ? trace->discovered_count : 0, &key);
	if (missing && !(trace && is_discovered(trace, missing))) {
		struct str problem = str_format(&r->arena, "its input %.*s: %s",
		                                STR_ARG(missing->path), strerror(missing->error));
		step_failed(s, index, problem, STR(""));
		return;
	}
	if (!missing && trace && digest_equal(&key, &trace->key) && outputs_stand(trace)) {
		r->summary.up_to_date++;
		progress_passed(&r->progress);
		step_done(s, index);
		return;
	}
	reasons_note(r, step);
	if (!step->trace)
		step->estimate_us = paces_estimate(&s->paces, step->action->kind);
	step_start(s, index);
}

static struct str describe_status(struct arena *a, int status)
{
	if (WIFSIGNALED(status))
		return str_format(a, "killed by signal %d (%s)", WTERMSIG(status),
		                  strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		return str_format(a, "exit status %d", WEXITSTATUS(status));
	return STR("");
}

static void job_ended(struct scheduler *s, struct job *j)
{
	int status = child_wait(&j->child);
	s->running--;
	job_finish(s, j, describe_status(&j->arena, status), text_str(&j->child.said));
}

/* Waits until a child says something or ends, or a signal comes. */
static void wait_for_event(struct scheduler *s, int timeout_ms)
{
	struct pollfd *fds = s->fds;
	for (size_t i = 0; i < s->job_count; i++) {
		bool runs = s->jobs[i].child.pid != 0;
		fds[2 * i] = (struct pollfd){runs ? s->jobs[i].child.output : -1, POLLIN, 0};
		fds[2 * i + 1] = (struct pollfd){runs ? s->jobs[i].child.pidfd : -1, POLLIN, 0};
	}
	bool wants = !s->stopping && s->ready.count && s->running < s->job_count;
	fds[2 * s->job_count] = (struct pollfd){s->signal_fd, POLLIN, 0};
	fds[2 * s->job_count + 1] = (struct pollfd){wants ? s->server.take : -1, POLLIN, 0};
	if (poll(fds, 2 * s->job_count + 2, timeout_ms) <= 0)
		return;
	struct signalfd_siginfo info;
	if (fds[2 * s->job_count].revents &&
	    read(s->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		s->run->summary.signal = (int)info.ssi_signo;
		s->stopping = true;
		return;
	}
	for (size_t i = 0; i < s->job_count; i++) {
		if (fds[2 * i].revents)
			child_read(&s->jobs[i].child);
		if (fds[2 * i + 1].revents)
			job_ended(s, &s->jobs[i]);
	}
}

/* Ends every child, first politely; their outputs stay as they were before. */
static void kill_jobs(struct scheduler *s)
{
	for (size_t i = 0; i < s->job_count; i++)
		child_kill(&s->jobs[i].child, SIGTERM);
	uint64_t deadline_us = clock_us() + KILL_AFTER_MS * 1000u;
	for (size_t i = 0; i < s->job_count; i++) {
		struct job *j = &s->jobs[i];
		if (!j->child.pid)
			continue;
		uint64_t now_us = clock_us();
		int left_ms = now_us < deadline_us ? (int)((deadline_us - now_us) / 1000u) : 0;
		struct pollfd ended = {.fd = j->child.pidfd, .events = POLLIN};
		if (poll(&ended, 1, left_ms) <= 0)
			child_kill(&j->child, SIGKILL);
		child_wait(&j->child);
		job_discard(j);
		job_release(j);
		s->running--;
	}
}

static void run_loop(struct scheduler *s)
{
	while (!s->run->summary.signal) {
		while (!s->stopping && s->running < s->job_count && s->ready.count &&
		       jobserver_take(&s->server, s->running)) {
			step_judge(s, ready_queue_pop(&s->ready));
			if (s->running || ++s->judged % JUDGED_BETWEEN_SIGNALS == 0)
				wait_for_event(s, 0);
		}
		jobserver_give(&s->server, s->running);
		if (!s->running && (s->stopping || !s->ready.count))
			return;
		wait_for_event(s, -1);
	}
}

static size_t job_slots(const struct engine_request *request)
{
	if (request->jobs > 0)
		return (size_t)request->jobs;
	cpu_set_t cpus;
	return sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? (size_t)CPU_COUNT(&cpus) : 1;
}

static char **environment_with(struct arena *a, char **environment, char *more)
{
	size_t count = 0;
	while (environment[count])
		count++;
	char **all = ARENA_ARRAY(a, char *, count + 2);
	memcpy(all, environment, count * sizeof *all);
	all[count] = more;
	return all;
}

static bool open_jobserver(struct scheduler *s)
{
	struct run *r = s->run;
	int error = jobserver_open(&s->server, &r->arena, s->job_count);
	if (error)
		run_error(r, "no pipe for the job server: %s", strerror(error));
	s->environment = environment_with(&r->arena, r->environment, s->server.makeflags);
	return error == 0;
}

bool run_steps(struct run *r)
{
	struct scheduler s = {.run = r, .job_count = job_slots(r->request)};
	s.jobs = ARENA_ARRAY(&r->arena, struct job, s.job_count);
	size_t shared_size = s.job_count * sizeof *s.body_us;
	s.body_us =
	        mmap(NULL, shared_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s.body_us == MAP_FAILED) {
		run_error(r, "cannot share memory: %s", strerror(errno));
		return false;
	}
	if (!open_jobserver(&s)) {
		munmap(s.body_us, shared_size);
		return false;
	}
	s.fds = ARENA_ARRAY(&r->arena, struct pollfd, 2 * s.job_count + 2);
	s.ready = (struct ready_queue){
	        r->steps, ARENA_ARRAY(&r->arena, uint32_t, r->request->graph->count), 0};
	paces_init(&s.paces, r);
	run_prepare_steps(r, &s.paces);
	for (uint32_t i = 0; i < r->request->graph->count; i++)
		if (r->steps[i].wanted && r->steps[i].unmet == 0)
			ready_queue_push(&s.ready, i);

	sigset_t watched, former;
	sigemptyset(&watched);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGHUP);
	sigprocmask(SIG_BLOCK, &watched, &former);
	s.signal_fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	run_loop(&s);
	kill_jobs(&s);
	jobserver_close(&s.server);
	munmap(s.body_us, shared_size);
	if (s.signal_fd >= 0)
		close(s.signal_fd);
	sigprocmask(SIG_SETMASK, &former, NULL);
	return r->summary.failed == 0 && !r->summary.signal;
}
