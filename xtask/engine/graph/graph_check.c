/*
 * The graph made ready: files linked to the actions that make and read them, and
 * every mistake in it reported before anything runs.
 */
#include "engine/run.h"
#include "os/files.h"
#include <string.h>

static struct str step_title(struct run *r, uint32_t index)
{
	return action_title(&r->arena, r->steps[index].action);
}

static struct tracked_file **link_files(struct run *r, const struct strs *paths)
{
	struct tracked_file **files = ARENA_ARRAY(&r->arena, struct tracked_file *, paths->count);
	for (size_t i = 0; i < paths->count; i++)
		files[i] = file_table_get(&r->files, paths->items[i]);
	return files;
}

static void claim_outputs(struct run *r, uint32_t index)
{
	struct step *s = &r->steps[index];
	if (s->action->outputs.count == 0)
		run_error(r, "'%.*s' declares no output", STR_ARG(step_title(r, index)));
	for (size_t i = 0; i < s->action->outputs.count; i++) {
		struct tracked_file *f = s->outputs[i];
		if (f->producer == NO_ACTION)
			f->producer = index;
		else
			run_error(r, "%.*s is made by two actions: '%.*s' and '%.*s'",
			          STR_ARG(f->path), STR_ARG(step_title(r, f->producer)),
			          STR_ARG(step_title(r, index)));
	}
}

static void link_steps(struct run *r)
{
	const struct graph *graph = r->request->graph;
	r->steps = ARENA_ARRAY(&r->arena, struct step, graph->count);
	for (uint32_t i = 0; i < graph->count; i++) {
		struct step *s = &r->steps[i];
		s->action = &graph->actions[i];
		s->inputs = link_files(r, &s->action->inputs);
		s->order_only = link_files(r, &s->action->order_only);
		s->outputs = link_files(r, &s->action->outputs);
		for (size_t k = 0; k < s->action->inputs.count; k++)
			s->inputs[k]->is_input = true;
		for (size_t k = 0; k < s->action->order_only.count; k++)
			s->order_only[k]->is_input = true;
		if (!s->action->kind->run && s->action->argv.count)
			s->tool = tools_get(&r->tools, s->action->argv.items[0]);
		else if (!s->action->kind->run)
			run_error(r, "'%.*s' has no command to run",
			          STR_ARG(action_title(&r->arena, s->action)));
	}
	for (uint32_t i = 0; i < graph->count; i++)
		claim_outputs(r, i);
}

/* A file can't lie in a file. */
static void check_nesting(struct run *r, uint32_t index)
{
	const struct step *s = &r->steps[index];
	for (size_t i = 0; i < s->action->outputs.count; i++) {
		struct str above = path_folder(s->outputs[i]->path);
		for (; above.len; above = path_folder(above)) {
			const struct tracked_file *f = file_table_find(&r->files, above);
			if (f && f->producer != NO_ACTION)
				run_error(
				        r,
				        "%.*s of '%.*s' lies below %.*s, a file that '%.*s' makes",
				        STR_ARG(s->outputs[i]->path), STR_ARG(step_title(r, index)),
				        STR_ARG(f->path), STR_ARG(step_title(r, f->producer)));
		}
	}
}

static void find_trace(struct step *s)
{
	struct trace *trace = s->action->outputs.count ? s->outputs[0]->trace : NULL;
	if (!trace || trace->claimed)
		return;
	trace->claimed = true;
	s->trace = trace;
}

/* Declared inputs, what is only made before, the tool when it is built too, then what the depfile
 * told last time. */
static void collect_needs(struct run *r, struct step *s)
{
	size_t discovered = s->trace ? s->trace->discovered_count : 0;
	s->needs =
	        ARENA_ARRAY(&r->arena, uint32_t,
	                    s->action->inputs.count + s->action->order_only.count + 1 + discovered);
	for (size_t i = 0; i < s->action->inputs.count; i++)
		if (s->inputs[i]->producer != NO_ACTION)
			s->needs[s->need_count++] = s->inputs[i]->producer;
	for (size_t i = 0; i < s->action->order_only.count; i++)
		if (s->order_only[i]->producer != NO_ACTION)
			s->needs[s->need_count++] = s->order_only[i]->producer;
	if (s->tool && s->tool->program && s->tool->program->producer != NO_ACTION)
		s->needs[s->need_count++] = s->tool->program->producer;
	s->declared_need_count = s->need_count;
}

/* The file by which step `from` needs step `to`. */
static struct str needed_file(const struct run *r, uint32_t from, uint32_t to)
{
	const struct step *s = &r->steps[from];
	for (size_t i = 0; i < s->action->inputs.count; i++)
		if (s->inputs[i]->producer == to)
			return s->inputs[i]->path;
	for (size_t i = 0; i < s->action->order_only.count; i++)
		if (s->order_only[i]->producer == to)
			return s->order_only[i]->path;
	return s->tool->program->path;
}

struct walk {
	uint32_t *stack; /* steps on the way down */
	uint32_t *next; /* of each, the need to look at next */
	uint8_t *color; /* of each step: 0 not seen, 1 on the stack, 2 done */
	size_t depth;
	size_t ordered;
};

static void report_cycle(struct run *r, const struct walk *w, uint32_t first)
{
	struct text t = {.arena = &r->arena};
	size_t start = w->depth - 1;
	while (w->stack[start] != first)
		start--;
	for (size_t i = start; i < w->depth; i++) {
		uint32_t to = i + 1 < w->depth ? w->stack[i + 1] : first;
		text_addf(&t, "'%.*s' needs %.*s of ", STR_ARG(step_title(r, w->stack[i])),
		          STR_ARG(needed_file(r, w->stack[i], to)));
	}
	run_error(r, "actions need each other: %.*s'%.*s'", STR_ARG(text_str(&t)),
	          STR_ARG(step_title(r, first)));
}

static void walk_push(struct walk *w, uint32_t index)
{
	w->color[index] = 1;
	w->next[w->depth] = 0;
	w->stack[w->depth++] = index;
}

/* Depth first, without recursion: graphs are deep where includes are generated. */
static void walk_from(struct run *r, struct walk *w, uint32_t index)
{
	walk_push(w, index);
	while (w->depth) {
		uint32_t current = w->stack[w->depth - 1];
		struct step *s = &r->steps[current];
		if (w->next[w->depth - 1] == s->declared_need_count) {
			w->color[current] = 2;
			s->rank = (uint32_t)w->ordered;
			r->order[w->ordered++] = current;
			w->depth--;
			continue;
		}
		uint32_t need = s->needs[w->next[w->depth - 1]++];
		if (w->color[need] == 1)
			report_cycle(r, w, need);
		else if (w->color[need] == 0)
			walk_push(w, need);
	}
}

static void order_steps(struct run *r)
{
	size_t count = r->request->graph->count;
	struct walk w = {
	        .stack = ARENA_ARRAY(&r->arena, uint32_t, count),
	        .next = ARENA_ARRAY(&r->arena, uint32_t, count),
	        .color = ARENA_ARRAY(&r->arena, uint8_t, count),
	};
	r->order = ARENA_ARRAY(&r->arena, uint32_t, count);
	for (uint32_t i = 0; i < count; i++)
		if (w.color[i] == 0)
			walk_from(r, &w, i);
}

/* Old depfiles may describe an old graph; an edge that points up in this one is dropped. */
static void add_discovered_needs(struct run *r, struct step *s)
{
	for (size_t i = 0; s->trace && i < s->trace->discovered_count; i++) {
		uint32_t producer = s->trace->discovered[i]->producer;
		if (producer != NO_ACTION && r->steps[producer].rank < s->rank)
			s->needs[s->need_count++] = producer;
	}
}

bool run_check_graph(struct run *r)
{
	size_t errors = r->diag->errors;
	link_steps(r);
	for (uint32_t i = 0; i < r->request->graph->count; i++) {
		check_nesting(r, i);
		find_trace(&r->steps[i]);
		collect_needs(r, &r->steps[i]);
	}
	order_steps(r);
	for (uint32_t i = 0; i < r->request->graph->count; i++)
		add_discovered_needs(r, &r->steps[i]);
	return r->diag->errors == errors;
}

bool run_step_needs(struct run *r, uint32_t from, uint32_t to)
{
	if (!r->walk_stack)
		r->walk_stack = ARENA_ARRAY(&r->arena, uint32_t, r->request->graph->count + 1);
	uint32_t *stack = r->walk_stack;
	size_t depth = 0;
	uint32_t visit = ++r->last_visit;
	stack[depth++] = from;
	while (depth) {
		const struct step *s = &r->steps[stack[--depth]];
		for (uint32_t i = 0; i < s->declared_need_count; i++) {
			struct step *need = &r->steps[s->needs[i]];
			if (s->needs[i] == to)
				return true;
			if (need->visit == visit || need->rank < r->steps[to].rank)
				continue;
			need->visit = visit;
			stack[depth++] = s->needs[i];
		}
	}
	return false;
}
