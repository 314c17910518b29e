#include "engine/process/job.h"
#include "os/files.h"
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* "build/obj/a.o" -> "build/obj/.a.o.xtask-<pid>-<n>" */
static struct str temporary_name(struct job *j, struct run *r, struct str path)
{
	struct str folder = path_folder(path);
	const char *slash = folder.len || str_contains(path, '/') ? "/" : "";
	return str_format(&j->arena, "%.*s%s.%.*s.xtask-%d-%u", STR_ARG(folder), slash,
	                  STR_ARG(path_name(path)), (int)getpid(), r->temporary_count++);
}

static struct str folder_prepare(struct job *j, struct str path)
{
	struct str folder = path_folder(path);
	if (!folder.len)
		return STR("");
	int error = folder_create(arena_c_str(&j->arena, folder));
	return error ? str_format(&j->arena, "cannot create the folder %.*s: %s", STR_ARG(folder),
	                          strerror(error))
	             : STR("");
}

/* For kinds in process: each input as its key was made of it. */
static const struct action_input *inputs_known(struct job *j, const struct step *s)
{
	size_t count = s->action->inputs.count;
	struct action_input *known = ARENA_ARRAY(&j->arena, struct action_input, count + 1);
	for (size_t i = 0; i < count; i++)
		known[i] = (struct action_input){s->inputs[i]->digest, s->inputs[i]->stamp.size};
	return known;
}

struct str job_prepare(struct job *j, struct run *r, uint32_t step)
{
	const struct step *s = &r->steps[step];
	const struct action *action = s->action;
	*j = (struct job){.step = step, .action = *action};
	j->child = (struct child){.pidfd = -1, .output = -1};
	j->report = -1;
	host_arena_init(&j->arena);
	j->temporary_count = action->outputs.count + (action->depfile.len > 0);
	j->temporary = ARENA_ARRAY(&j->arena, struct str, j->temporary_count);
	struct str problem = STR("");
	for (size_t i = 0; i < j->temporary_count && !problem.len; i++) {
		struct str path = i < action->outputs.count ? s->outputs[i]->path : action->depfile;
		j->temporary[i] = action->kind->in_place ? path : temporary_name(j, r, path);
		problem = folder_prepare(j, path);
	}
	j->action.temporary = j->temporary;
	if (action->kind->run)
		j->action.known = inputs_known(j, s);
	j->started_us = clock_us();
	j->started_ns = clock_stamp_ns();
	return problem;
}

void job_discard(struct job *j)
{
	for (size_t i = 0; i < j->temporary_count && !j->action.kind->in_place; i++)
		if (j->temporary[i].len)
			(void)unlink(j->temporary[i].ptr); /* most often it is not there */
}

void job_release(struct job *j)
{
	child_release(&j->child);
	if (j->report >= 0)
		close(j->report);
	j->report = -1;
	arena_release(&j->arena);
	j->temporary_count = 0;
}
