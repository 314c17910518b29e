#include "os/files.h"
#include "plan/plan.h"
#include <string.h>

static void run_write(const struct action *action, struct arena *a, struct action_result *out)
{
	int error = file_write(arena_c_str(a, engine_output(action, 0)), action->params, 0644);
	if (error) {
		out->exit_status = 1;
		out->output = str_format(a, "cannot write %.*s: %s\n",
		                         STR_ARG(action->outputs.items[0]), strerror(error));
	}
}

static void run_copy(const struct action *action, struct arena *a, struct action_result *out)
{
	struct str from = arena_str(a, action->inputs.items[0]), content;
	struct stat st;
	int error = file_read(a, from.ptr, &content);
	mode_t mode = stat(from.ptr, &st) == 0 && (st.st_mode & 0100) ? 0755 : 0644;
	if (!error)
		error = file_write(arena_c_str(a, engine_output(action, 0)), content, mode);
	if (error) {
		out->exit_status = 1;
		out->output = str_format(a, "cannot copy %.*s to %.*s: %s\n", STR_ARG(from),
		                         STR_ARG(action->outputs.items[0]), strerror(error));
	}
}

const struct action_kind kind_write = {"write", 1, run_write, false};
const struct action_kind kind_copy = {"copy", 1, run_copy, false};
const struct action_kind kind_compile = {"compile", 1, NULL, false};
const struct action_kind kind_link = {"link", 1, NULL, false};
const struct action_kind kind_strip = {"strip", 1, NULL, false};

void plan_write(struct graph *g, struct str path, struct str content)
{
	struct action *action = graph_add(g, &kind_write);
	action->subject = path;
	action->params = content;
	strs_add(&action->outputs, g->arena, path);
}

void plan_copy(struct graph *g, struct str from, struct str to)
{
	struct action *action = graph_add(g, &kind_copy);
	action->subject = to;
	strs_add(&action->inputs, g->arena, arena_str(g->arena, from));
	strs_add(&action->outputs, g->arena, to);
}

void plan_strip(struct graph *g, struct str option, struct str from, struct str to)
{
	struct arena *a = g->arena;
	struct action *action = graph_add(g, &kind_strip);
	const struct str argv[] = {STR("objcopy"), option, from, STR("$out_0")};
	action->confined = true;
	action->subject = to;
	for (size_t i = 0; i < COUNT(argv); i++)
		strs_add(&action->argv, a, argv[i]);
	strs_add(&action->inputs, a, from);
	strs_add(&action->outputs, a, to);
}

const struct artifact *artifact_find(const struct artifacts *artifacts,
                                     const struct package *package)
{
	for (size_t i = 0; i < artifacts->count; i++)
		if (artifacts->items[i].package == package)
			return artifacts->items[i].files.count ? &artifacts->items[i] : NULL;
	return NULL;
}
