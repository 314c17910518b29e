/* One action for somebody else's executor: no state, no key, the same protocol for outputs. */
#include "engine/process/command_line.h"
#include "engine/process/job.h"
#include "os/files.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NOT_RUN = 127 };

static int act_program(struct arena *a, const struct action *action, struct str depfile,
                       struct str *out_said)
{
	struct substitution by = {action->temporary, action->outputs.count, depfile,
	                          command_line_root(a)};
	char **argv = command_line_argv(a, &action->argv, &by);
	struct str path = str_from_c(argv[0]);
	struct child child;
	if (!str_contains(path, '/'))
		path = str_format(a, "/usr/bin/%s", argv[0]);
	struct child_program program = {
	        .path = path.ptr, .argv = argv, .environment = child_environment(a)};
	int error = child_start(&child, &program);
	if (error) {
		*out_said = str_format(a, "%s: %s", path.ptr, strerror(error));
		return EXIT_NOT_RUN;
	}
	int status = child_finish(&child);
	*out_said = arena_str(a, text_str(&child.said));
	child_release(&child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NOT_RUN;
}

/* Renames what is new; an equal file keeps its times. */
static bool place(const char *temporary, const char *path, struct diag *d)
{
	struct digest former, now;
	struct stat before, after;
	bool same = digest_file(path, &former) == 0 && digest_file(temporary, &now) == 0 &&
	            memcmp(&former, &now, sizeof now) == 0 && stat(path, &before) == 0 &&
	            stat(temporary, &after) == 0 && before.st_mode == after.st_mode;
	if (same)
		return unlink(temporary) == 0;
	if (rename(temporary, path) == 0)
		return true;
	diag_error(d, (struct span){}, STR(""), "%s: %s", path, strerror(errno));
	return false;
}

static struct str temporary_of(struct arena *a, struct str path, unsigned number)
{
	struct str name =
	        str_format(a, ".%.*s.xtask-%d-%u", STR_ARG(path_name(path)), (int)getpid(), number);
	return path_join(a, path_folder(path), name);
}

static const struct action_input *inputs_known(struct arena *a, const struct action *action)
{
	struct action_input *known = ARENA_ARRAY(a, struct action_input, action->inputs.count + 1);
	for (size_t i = 0; i < action->inputs.count; i++) {
		const char *path = arena_c_str(a, action->inputs.items[i]);
		struct stat st;
		if (digest_file(path, &known[i].digest) == 0 && stat(path, &st) == 0)
			known[i].size = (uint64_t)st.st_size;
	}
	return known;
}

int engine_act(struct arena *a, const struct action *action, struct diag *d)
{
	struct action copy = *action;
	struct str *temporary = ARENA_ARRAY(a, struct str, action->outputs.count), depfile = {};
	for (size_t i = 0; i < action->outputs.count; i++) {
		struct str path = action->outputs.items[i], folder = path_folder(path);
		int error = folder.len ? folder_create(arena_c_str(a, folder)) : 0;
		if (error) {
			diag_error(d, (struct span){}, STR(""), "%.*s: %s", STR_ARG(folder),
			           strerror(error));
			return 1;
		}
		temporary[i] = action->kind->in_place ? path : temporary_of(a, path, (unsigned)i);
	}
	copy.temporary = temporary;
	if (action->kind->run)
		copy.known = inputs_known(a, action);
	struct action_result result = {};
	if (action->depfile.len) /* whoever runs us reads it */
		depfile = action->depfile;
	if (action->kind->run)
		action->kind->run(&copy, a, &result);
	else
		result.exit_status = act_program(a, &copy, depfile, &result.output);
	fwrite(result.output.ptr, 1, result.output.len, stderr);
	bool good = result.exit_status == 0;
	for (size_t i = 0; i < action->outputs.count && !action->kind->in_place; i++)
		if (good)
			good = place(temporary[i].ptr, arena_c_str(a, action->outputs.items[i]), d);
		else
			(void)unlink(temporary[i].ptr); /* it may never have been there */
	return good ? 0 : 1;
}

uint64_t *engine_durations(struct arena *a, const struct graph *g, const char *out)
{
	uint64_t *durations = ARENA_ARRAY(a, uint64_t, g->count + 1);
	struct file_table files;
	struct journal journal = {.files = &files, .fd = -1};
	struct str bytes;
	size_t good;
	file_table_init(&files, a);
	if (file_read(a, str_format(a, "%s/.state/journal", out).ptr, &bytes) != 0)
		return durations;
	journal_parse(&journal, bytes, &good);
	for (size_t i = 0; i < g->count; i++) {
		const struct strs *outputs = &g->actions[i].outputs;
		const struct tracked_file *f =
		        outputs->count ? file_table_get(&files, outputs->items[0]) : NULL;
		if (f && f->trace)
			durations[i] = f->trace->duration_us;
	}
	return durations;
}
