#include "engine/process/command_line.h"
#include "engine/process/confine.h"
#include "engine/process/launcher.h"
#include "engine/schedule/state.h"
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	INLINE_MAX_US = 2000, /* in-process actions expected to be longer get a forked copy */
	TICK_WAIT_NS = 500000,
};

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

void step_start(struct scheduler *s, uint32_t index)
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
