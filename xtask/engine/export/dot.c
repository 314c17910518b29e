/* GraphViz's DOT language: graphviz.org/doc/info/lang.html. */
#include "engine/export/export.h"
#include <stdlib.h>
#include <string.h>

enum { NOBODY = UINT32_MAX };

/* An output and who makes it, sorted by path. */
struct maker {
	struct str path;
	uint32_t action;
};

struct drawing {
	struct arena *arena;
	const struct dot_request *request;
	struct maker *makers;
	size_t maker_count;
	bool *wanted; /* of each action */
	uint64_t *chain_us; /* longest chain that ends with it */
	uint32_t *before; /* the action in front of it on that chain */
	uint8_t *color; /* of the walk: 0 not seen, 1 on the way, 2 done */
	bool *critical;
};

static int compare_makers(const void *a, const void *b)
{
	return str_compare(((const struct maker *)a)->path, ((const struct maker *)b)->path);
}

static void find_makers(struct drawing *w)
{
	const struct graph *g = w->request->graph;
	size_t count = 0;
	for (size_t i = 0; i < g->count; i++)
		count += g->actions[i].outputs.count;
	w->makers = ARENA_ARRAY(w->arena, struct maker, count + 1);
	for (uint32_t i = 0; i < g->count; i++)
		for (size_t k = 0; k < g->actions[i].outputs.count; k++)
			w->makers[w->maker_count++] =
			        (struct maker){g->actions[i].outputs.items[k], i};
	qsort(w->makers, w->maker_count, sizeof *w->makers, compare_makers);
}

static uint32_t maker_of(const struct drawing *w, struct str path)
{
	const struct maker key = {path, 0};
	const struct maker *found =
	        bsearch(&key, w->makers, w->maker_count, sizeof key, compare_makers);
	return found ? found->action : (uint32_t)NOBODY;
}

/* The walk down from a target; graphs are checked for cycles elsewhere, here they only end it. */
static void walk(struct drawing *w, uint32_t index)
{
	const struct action *action = &w->request->graph->actions[index];
	const struct strs *const lists[] = {&action->inputs, &action->order_only};
	if (w->color[index])
		return;
	w->color[index] = 1;
	w->wanted[index] = true;
	for (size_t l = 0; l < COUNT(lists); l++)
		for (size_t i = 0; i < lists[l]->count; i++) {
			uint32_t maker = maker_of(w, lists[l]->items[i]);
			if (maker == (uint32_t)NOBODY)
				continue;
			walk(w, maker);
			if (w->chain_us[maker] > w->chain_us[index]) {
				w->chain_us[index] = w->chain_us[maker];
				w->before[index] = maker;
			}
		}
	w->color[index] = 2;
	if (w->request->durations_us)
		w->chain_us[index] += w->request->durations_us[index];
}

static void mark_critical(struct drawing *w)
{
	size_t count = w->request->graph->count;
	uint32_t last = NOBODY;
	for (uint32_t i = 0; i < count; i++)
		if (w->chain_us[i] &&
		    (last == (uint32_t)NOBODY || w->chain_us[i] > w->chain_us[last]))
			last = i;
	for (; last != (uint32_t)NOBODY; last = w->before[last])
		w->critical[last] = true;
}

static void add_label(struct text *t, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"' || s.ptr[i] == '\\')
			text_add_byte(t, '\\');
		text_add_byte(t, s.ptr[i]);
	}
}

static void add_node(struct text *t, const struct drawing *w, uint32_t index)
{
	const struct action *action = &w->request->graph->actions[index];
	uint64_t us = w->request->durations_us ? w->request->durations_us[index] : 0;
	text_addf(t, "\ta%u [label=\"%s\\n", index, action->kind->name);
	add_label(t, action->subject);
	if (us)
		text_addf(t, "\\n%llu.%llu ms", (unsigned long long)(us / 1000u),
		          (unsigned long long)(us / 100u % 10u));
	text_addf(t, "\"%s];\n", w->critical[index] ? ", style=bold, color=red" : "");
}

static void add_edges(struct text *t, const struct drawing *w, uint32_t index)
{
	const struct action *action = &w->request->graph->actions[index];
	const struct strs *const lists[] = {&action->inputs, &action->order_only};
	for (size_t l = 0; l < COUNT(lists); l++) {
		uint32_t last = NOBODY;
		for (size_t i = 0; i < lists[l]->count; i++) {
			struct str path = lists[l]->items[i];
			uint32_t maker = maker_of(w, path);
			if (maker == (uint32_t)NOBODY && w->request->all && l == 0) {
				text_add(t, STR("\t\""));
				add_label(t, path);
				text_addf(t, "\" -> a%u;\n", index);
			}
			if (maker == (uint32_t)NOBODY || maker == last ||
			    (l == 1 && !w->request->all))
				continue;
			last = maker;
			bool bold = w->critical[index] && w->before[index] == maker;
			text_addf(t, "\ta%u -> a%u%s;\n", maker, index,
			          bold     ? " [style=bold, color=red]"
			          : l == 1 ? " [style=dotted]"
			                   : "");
		}
	}
}

bool export_dot(struct arena *a, const struct dot_request *request, struct str *out_dot,
                struct str *out_unknown)
{
	size_t count = request->graph->count;
	struct drawing w = {
	        .arena = a,
	        .request = request,
	        .wanted = ARENA_ARRAY(a, bool, count + 1),
	        .chain_us = ARENA_ARRAY(a, uint64_t, count + 1),
	        .before = ARENA_ARRAY(a, uint32_t, count + 1),
	        .color = ARENA_ARRAY(a, uint8_t, count + 1),
	        .critical = ARENA_ARRAY(a, bool, count + 1),
	};
	memset(w.before, 0xff, (count + 1) * sizeof *w.before);
	find_makers(&w);
	for (size_t i = 0; i < request->targets.count; i++) {
		uint32_t maker = maker_of(&w, request->targets.items[i]);
		*out_unknown = request->targets.items[i];
		if (maker == (uint32_t)NOBODY)
			return false;
		walk(&w, maker);
	}
	for (uint32_t i = 0; i < count && !request->targets.count; i++)
		walk(&w, i);
	mark_critical(&w);
	struct text t = {.arena = a};
	text_add(&t, STR("digraph build {\n\trankdir=LR;\n\tnode [shape=box];\n"));
	for (uint32_t i = 0; i < count; i++)
		if (w.wanted[i])
			add_node(&t, &w, i);
	for (uint32_t i = 0; i < count; i++)
		if (w.wanted[i])
			add_edges(&t, &w, i);
	text_add(&t, STR("}\n"));
	*out_dot = text_str(&t);
	return true;
}
