/* What the targets need, and whether all of it can be had. */
#include "config/packages.h"
#include "engine/run.h"
#include <string.h>

static void report_unknown_target(struct run *r, struct str target)
{
	struct strs outputs = {};
	for (size_t i = 0; i < r->request->graph->count; i++)
		for (size_t k = 0; k < r->request->graph->actions[i].outputs.count; k++)
			strs_add(&outputs, &r->arena,
			         r->request->graph->actions[i].outputs.items[k]);
	diag_error(r->diag, (struct span){},
	           diag_did_you_mean(r->diag, target, outputs.items, outputs.count),
	           "no action makes '%.*s'", STR_ARG(target));
}

static void mark_targets(struct run *r)
{
	const struct strs *targets = &r->request->targets;
	for (size_t i = 0; i < r->request->graph->count && targets->count == 0; i++)
		r->steps[i].wanted = true;
	for (size_t i = 0; i < targets->count; i++) {
		const struct tracked_file *f = file_table_get(&r->files, targets->items[i]);
		if (f->producer == NO_ACTION)
			report_unknown_target(r, targets->items[i]);
		else
			r->steps[f->producer].wanted = true;
	}
}

static void mark_needs(struct run *r)
{
	for (size_t i = r->request->graph->count; i > 0; i--) {
		const struct step *s = &r->steps[r->order[i - 1]];
		for (uint32_t k = 0; s->wanted && k < s->need_count; k++)
			r->steps[s->needs[k]].wanted = true;
	}
}

static void check_input(struct run *r, const struct step *s, struct tracked_file *f)
{
	if (f->producer != NO_ACTION || file_look(f) == FILE_PRESENT || f->reported)
		return;
	f->reported = true;
	struct str title = action_title(&r->arena, s->action);
	if (f->state == FILE_ABSENT)
		run_error(r, "%.*s: no such file, and nothing makes it; '%.*s' needs it",
		          STR_ARG(f->path), STR_ARG(title));
	else
		run_error(r, "%.*s: %s; '%.*s' needs it", STR_ARG(f->path), strerror(f->error),
		          STR_ARG(title));
}

static void check_tool(struct run *r, const struct step *s)
{
	struct tool *tool = s->tool;
	if (!tool)
		return;
	if (!tool->program) {
		diag_error(r->diag, (struct span){}, packages_hint(&r->arena, tool->name),
		           "no program '%.*s' in /usr/bin or /bin; '%.*s' needs it",
		           STR_ARG(tool->name), STR_ARG(action_title(&r->arena, s->action)));
		return;
	}
	if (tool->program->producer != NO_ACTION)
		return;
	check_input(r, s, tool->program);
	int error = tool->program->state == FILE_PRESENT ? tool_find_parts(&r->tools, tool) : 0;
	if (error)
		run_error(r, "%.*s: %s", STR_ARG(tool->program->path), strerror(error));
}

bool run_mark_wanted(struct run *r)
{
	size_t errors = r->diag->errors;
	mark_targets(r);
	mark_needs(r);
	for (size_t i = 0; i < r->request->graph->count; i++) {
		const struct step *s = &r->steps[i];
		if (!s->wanted)
			continue;
		r->wanted_count++;
		for (size_t k = 0; k < s->action->inputs.count; k++)
			check_input(r, s, s->inputs[k]);
		for (size_t k = 0; k < s->action->order_only.count; k++)
			check_input(r, s, s->order_only[k]);
		check_tool(r, s);
	}
	return r->diag->errors == errors;
}
