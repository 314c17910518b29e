#include "engine/run.h"
#include "engine/cache/cache.h"
#include "engine/dead_files.h"
#include "engine/process/job.h"
#include "engine/schedule/scheduler.h"
#include "engine/state/snapshot.h"
#include "engine/state/state_lock.h"
#include "engine/why/reasons.h"
#include "os/files.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The longest compile of a killed run that the next one waits for. */
enum { ORPHANS_MS = 60 * 1000 };

/* The private files in OUT/.state. */
struct state_paths {
	const char *folder;
	const char *lock;
	const char *journal;
	const char *snapshot;
	const char *reasons;
};

void run_error(struct run *r, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *message = NULL;
	int len = vasprintf(&message, format, arguments);
	va_end(arguments);
	if (len < 0)
		abort();
	diag_error(r->diag, (struct span){}, STR(""), "%s", message);
	free(message);
}

static struct state_paths state_paths_of(struct arena *a, const char *out)
{
	return (struct state_paths){
	        .folder = str_format(a, "%s/.state", out).ptr,
	        .lock = str_format(a, "%s/.state/lock", out).ptr,
	        .journal = str_format(a, "%s/.state/journal", out).ptr,
	        .snapshot = str_format(a, "%s/.state/snapshot", out).ptr,
	        .reasons = str_format(a, "%s/.state/reasons", out).ptr,
	};
}

static bool state_call(struct run *r, const char *path, int error)
{
	if (error)
		run_error(r, "%s: %s", path, strerror(error));
	return error == 0;
}

static bool lock_state(struct run *r, const struct state_paths *paths, struct state_lock *lock)
{
	pid_t holder = 0;
	if (!state_call(r, paths->folder, folder_create(paths->folder)))
		return false;
	int error = state_lock_try(lock, paths->lock, &holder);
	if (error == EWOULDBLOCK) {
		progress_waiting(&r->progress, paths->folder, holder);
		error = state_lock_wait(lock, paths->lock, ORPHANS_MS);
	}
	return state_call(r, paths->lock, error);
}

/*
 * Files and folders that the plan was made from, as they are now. Changed within 2 s
 * before the call, or since, they may not be what the plan read, and stay unsettled.
 */
static void look_at_plan(struct run *r)
{
	for (size_t i = 0; i < r->request->plan_files.count; i++) {
		struct tracked_file *f = file_table_get(&r->files, r->request->plan_files.items[i]);
		f->is_plan = true;
		file_look(f);
		f->settled = f->state != FILE_PRESENT || stamp_settled(&f->stamp, r->entered_ns);
	}
	for (size_t i = 0; i < r->request->plan_folders.count; i++) {
		struct tracked_file *f =
		        file_table_get(&r->files, r->request->plan_folders.items[i]);
		f->is_plan = true;
		file_look(f);
		f->settled = f->state != FILE_PRESENT || stamp_settled(&f->stamp, r->entered_ns);
		if (f->is_folder && !f->has_digest)
			f->has_digest = folder_digest(f->path.ptr, &f->digest) == 0;
	}
}

/* Everything the targets depend on is what the next engine_unchanged looks at. */
static void mark_checked(struct run *r)
{
	for (size_t i = 0; i < r->files.count; i++)
		r->files.files[i]->checked = r->files.files[i]->is_plan;
	for (size_t i = 0; i < r->request->graph->count; i++) {
		const struct step *s = &r->steps[i];
		if (!s->wanted)
			continue;
		for (size_t k = 0; k < s->action->inputs.count; k++)
			s->inputs[k]->checked = true;
		for (size_t k = 0; k < s->action->outputs.count; k++)
			s->outputs[k]->checked = true;
		for (size_t k = 0; s->trace && k < s->trace->discovered_count; k++)
			s->trace->discovered[k]->checked = true;
		if (s->tool && s->tool->program)
			s->tool->program->checked = true;
		for (size_t k = 0; s->tool && k < s->tool->part_count; k++)
			s->tool->parts[k]->checked = true;
	}
}

/* A change after our return must not get the time stamp of what we have just written. */
static void wait_past_outputs(const struct run *r)
{
	const struct timespec pause = {.tv_nsec = 200000};
	while (r->newest_output_ns && clock_stamp_ns() <= r->newest_output_ns &&
	       r->newest_output_ns - clock_stamp_ns() < 1000000000)
		nanosleep(&pause, NULL);
}

static bool save_state(struct run *r, const struct state_paths *paths, bool complete)
{
	mark_checked(r);
	struct snapshot_request snapshot = {
	        .files = &r->files,
	        .identity = r->request->identity,
	        .action_count = r->wanted_count,
	        .complete = complete && !r->unstable,
	};
	struct str bytes = snapshot_bytes(&r->arena, &snapshot);
	bool good = state_call(r, paths->journal, journal_compact(&r->journal));
	wait_past_outputs(r);
	return state_call(r, paths->snapshot, file_write(paths->snapshot, bytes, 0644)) && good;
}

static bool run_locked(struct run *r, const struct state_paths *paths, struct state_lock *lock)
{
	snapshot_load(paths->snapshot, &r->files);
	if (!state_call(r, paths->journal, journal_open(&r->journal, &r->files, paths->journal)))
		return false;
	r->tools = (struct tools){.arena = &r->arena, .journal = &r->journal};
	look_at_plan(r);
	bool good = run_check_graph(r);
	if (!run_mark_wanted(r) || !good)
		return false;
	if (!lock->clean)
		run_sweep_temporaries(r, paths->folder);
	if (!state_call(r, paths->lock, state_lock_begin(lock)) ||
	    !state_call(r, paths->snapshot, snapshot_invalidate(paths->snapshot)))
		return false;
	size_t errors = r->diag->errors;
	if (!r->request->keep_dead)
		run_remove_dead(r);
	if (r->diag->errors != errors)
		return false;
	r->progress.total = r->wanted_count;
	progress_planned(&r->progress);
	r->cache = cache_open(r);
	if (r->diag->errors != errors)
		return false;
	bool done = run_steps(r);
	cache_close(r->cache);
	progress_end(&r->progress);
	if (r->summary.failed || r->summary.signal) /* what was killed could not clear up */
		run_sweep_temporaries(r, paths->folder);
	r->summary.skipped = r->wanted_count - r->summary.run - r->summary.up_to_date -
	                     r->summary.failed - r->summary.cached;
	if (r->summary.signal)
		run_error(r, "stopped by signal %d (%s)", r->summary.signal,
		          strsignal(r->summary.signal));
	return save_state(r, paths, done) && done;
}

bool engine_run(const struct engine_request *request, struct engine_summary *out_summary,
                struct diag *d)
{
	uint64_t started_us = clock_us();
	size_t errors = d->errors;
	struct run r = {.request = request, .diag = d, .entered_ns = clock_now_ns()};
	host_arena_init(&r.arena);
	r.journal.fd = -1;
	file_table_init(&r.files, &r.arena);
	r.environment = child_environment(&r.arena);
	progress_init(&r.progress, request);

	struct state_paths paths = state_paths_of(&r.arena, request->out);
	struct state_lock lock = {.fd = -1};
	struct reasons reasons = {.path = paths.reasons, .fd = -1};
	r.reasons = &reasons;
	mode_t former_mask = umask(022);
	if (lock_state(&r, &paths, &lock))
		run_locked(&r, &paths, &lock);
	umask(former_mask);
	journal_close(&r.journal);
	reasons_close(&reasons);
	state_lock_release(&lock, true);

	r.summary.elapsed_us = clock_us() - started_us;
	*out_summary = r.summary;
	arena_release(&r.arena);
	return d->errors == errors;
}
