#include "engine/schedule/scheduler.h"
#include "engine/action_key.h"
#include "engine/process/confine.h"
#include "engine/schedule/state.h"
#include "engine/why/reasons.h"
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	KILL_AFTER_MS = 2000, /* from SIGTERM to SIGKILL */
	JUDGED_BETWEEN_SIGNALS = 64, /* up to date ones, while nothing runs */
};

void step_done(struct scheduler *s, uint32_t index)
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

void job_finish(struct scheduler *s, struct job *j, struct str problem, struct str said)
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
