/*
 * The end of a successful action: outputs checked, renamed into place, journalled.
 *
 * Order matters. Outputs first, then the record: a run killed in between leaves
 * outputs that no record explains, and the action runs again.
 */
#include "engine/action_key.h"
#include "engine/graph/depfile.h"
#include "engine/process/confine.h"
#include "engine/process/job.h"
#include "engine/why/parts.h"
#include "os/files.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct str hash_outputs(struct job *j, const struct step *s, struct trace *trace)
{
	for (size_t i = 0; i < s->action->outputs.count; i++) {
		struct stat st;
		struct str path = s->outputs[i]->path;
		int error = lstat(j->temporary[i].ptr, &st) < 0 ? errno : 0;
		if (error == ENOENT)
			return str_format(&j->arena, "it did not make %.*s", STR_ARG(path));
		if (!error && !S_ISREG(st.st_mode))
			return str_format(&j->arena, "it made %.*s something else than a file",
			                  STR_ARG(path));
		trace->outputs[i].file = s->outputs[i];
		if (!error && !s->action->kind->in_place)
			error = digest_file(j->temporary[i].ptr, &trace->outputs[i].digest);
		if (error)
			return str_format(&j->arena, "%.*s: %s", STR_ARG(path), strerror(error));
	}
	return STR("");
}

static bool is_declared(const struct step *s, const struct tracked_file *f)
{
	for (size_t i = 0; i < s->action->inputs.count; i++)
		if (s->inputs[i] == f)
			return true;
	return false;
}

/* What the depfile names beyond the declared inputs. */
static struct str read_depfile(struct job *j, struct run *r, struct trace *trace)
{
	const struct step *s = &r->steps[j->step];
	if (j->restored) {
		trace->discovered = j->restored_files;
		trace->discovered_count = j->restored_count;
		return STR("");
	}
	if (!s->action->depfile.len)
		return STR("");
	const struct str *temporary = &j->temporary[s->action->outputs.count];
	struct str content;
	struct strs paths;
	int error = file_read(&j->arena, temporary->ptr, &content);
	(void)unlink(temporary->ptr); /* its content goes into the journal */
	if (error)
		return str_format(&j->arena, "its dependency file %.*s: %s",
		                  STR_ARG(s->action->depfile), strerror(error));
	if (!depfile_parse(&j->arena, content, &paths))
		return str_format(&j->arena, "its dependency file %.*s is not of Makefile rules",
		                  STR_ARG(s->action->depfile));
	trace->discovered = ARENA_ARRAY(&r->arena, struct tracked_file *, paths.count);
	for (size_t i = 0; i < paths.count; i++) {
		struct tracked_file *f = file_table_get(&r->files, paths.items[i]);
		if (!is_declared(s, f))
			trace->discovered[trace->discovered_count++] = f;
	}
	return STR("");
}

/* A generated file may be read only by who waits for its maker. */
static struct str check_discovered(struct job *j, struct run *r, const struct trace *trace)
{
	for (size_t i = 0; i < trace->discovered_count; i++) {
		const struct tracked_file *f = trace->discovered[i];
		if (f->producer == NO_ACTION || run_step_needs(r, j->step, f->producer))
			continue;
		struct str maker = action_title(&j->arena, r->steps[f->producer].action);
		return str_format(&j->arena, "it reads %.*s, made by '%.*s', without declaring it",
		                  STR_ARG(f->path), STR_ARG(maker));
	}
	return STR("");
}

/* The input that changed while the action ran, or NULL. */
static const struct tracked_file *changed_input(const struct job *j, const struct run *r,
                                                const struct trace *trace)
{
	const struct step *s = &r->steps[j->step];
	for (size_t i = 0; i < s->action->inputs.count; i++)
		if (!file_stands(s->inputs[i]))
			return s->inputs[i];
	for (size_t i = 0; i < trace->discovered_count; i++) {
		struct tracked_file *f = trace->discovered[i];
		bool late = file_look(f) == FILE_PRESENT && f->producer == NO_ACTION &&
		            f->stamp.changed_ns >= j->started_ns;
		if (late || !file_stands(f))
			return f;
	}
	return NULL;
}

static bool output_is_same(struct tracked_file *f, const char *temporary,
                           const struct digest *digest)
{
	struct stat former, now;
	return file_hash(f) == 0 && digest_equal(&f->digest, digest) && file_stands(f) &&
	       lstat(f->path.ptr, &former) == 0 && lstat(temporary, &now) == 0 &&
	       former.st_mode == now.st_mode;
}

static struct str place_output(struct job *j, struct run *r, size_t index,
                               const struct trace_output *output)
{
	struct tracked_file *f = output->file;
	bool in_place = j->action.kind->in_place;
	if (!in_place && output_is_same(f, j->temporary[index].ptr, &output->digest)) {
		(void)unlink(j->temporary[index].ptr); /* the former file stays, with its times */
		return STR("");
	}
	if (!in_place && rename(j->temporary[index].ptr, f->path.ptr) < 0)
		return str_format(&j->arena, "%.*s: %s", STR_ARG(f->path), strerror(errno));
	file_look_again(f);
	if (f->state != FILE_PRESENT)
		return str_format(&j->arena, "%.*s: %s", STR_ARG(f->path), strerror(f->error));
	f->digest = output->digest;
	f->has_digest = true;
	f->settled = !stamp_is_coarse(&f->stamp); /* the run's end waits for the next tick */
	if (f->stamp.changed_ns > r->newest_output_ns)
		r->newest_output_ns = f->stamp.changed_ns;
	return STR("");
}

/* The key of what was read; not valid when something changed meanwhile. */
static void settle_key(struct job *j, struct run *r, struct trace *trace)
{
	const struct step *s = &r->steps[j->step];
	const struct tracked_file *changed = changed_input(j, r, trace);
	if (!changed)
		changed = action_key(r, s, trace->discovered, trace->discovered_count, &trace->key);
	trace->valid = !changed;
	trace->parts = trace_parts_now(r, &r->arena, s, trace->discovered, trace->discovered_count);
	if (!changed)
		return;
	r->unstable = true;
	diag_warning(r->diag, (struct span){}, STR(""),
	             "%.*s changed while '%.*s' read it, which will run again next time",
	             STR_ARG(changed->path), STR_ARG(action_title(&j->arena, s->action)));
}

struct str job_commit(struct job *j, struct run *r, uint64_t duration_us)
{
	struct step *s = &r->steps[j->step];
	struct trace *trace = ARENA_NEW(&r->arena, struct trace);
	trace->duration_us = duration_us;
	trace->claimed = true;
	trace->output_count = s->action->outputs.count;
	trace->outputs = ARENA_ARRAY(&r->arena, struct trace_output, trace->output_count);
	struct str problem = hash_outputs(j, s, trace);
	if (!problem.len)
		problem = read_depfile(j, r, trace);
	if (!problem.len)
		problem = check_discovered(j, r, trace);
	if (!problem.len)
		problem = confine_check_noted(j, r, trace);
	if (problem.len)
		return problem;
	settle_key(j, r, trace);
	for (size_t i = 0; s->action->kind->in_place && i < trace->output_count; i++)
		trace->outputs[i].digest = trace->key;
	for (size_t i = 0; i < trace->output_count && !problem.len; i++)
		problem = place_output(j, r, i, &trace->outputs[i]);
	if (problem.len)
		return problem;
	s->trace = s->outputs[0]->trace = trace;
	int error = journal_add_trace(&r->journal, trace);
	return error ? str_format(&j->arena, "%.*s: %s", STR_ARG(r->journal.path), strerror(error))
	             : STR("");
}
