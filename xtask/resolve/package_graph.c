#include "resolve/package_graph.h"
#include <string.h>

void package_graph_init(struct arena *a, struct package_graph *graph)
{
	graph->first = ARENA_ARRAY(a, uint32_t, graph->node_count + 1);
	for (size_t i = 0; i < graph->edge_count; i++)
		graph->first[graph->edges[i].from + 1]++;
	for (size_t i = 0; i < graph->node_count; i++)
		graph->first[i + 1] += graph->first[i];
}

struct package_graph package_graph_reverse(struct arena *a, const struct package_graph *graph)
{
	struct package_graph back = {.node_count = graph->node_count,
	                             .edges = ARENA_ARRAY(a, struct edge, graph->edge_count),
	                             .edge_count = graph->edge_count};
	for (size_t i = 0; i < graph->edge_count; i++)
		back.edges[i] = (struct edge){graph->edges[i].to, graph->edges[i].from,
		                              graph->edges[i].item};
	package_graph_init(a, &back);
	/* Counting sort: from order of needing nodes to order of needed ones. */
	uint32_t *next = ARENA_ARRAY(a, uint32_t, graph->node_count + 1);
	memcpy(next, back.first, (graph->node_count + 1) * sizeof *next);
	struct edge *sorted = ARENA_ARRAY(a, struct edge, graph->edge_count);
	for (size_t i = 0; i < back.edge_count; i++)
		sorted[next[back.edges[i].from]++] = back.edges[i];
	back.edges = sorted;
	return back;
}

enum color { UNSEEN, ON_STACK, DONE };

/* Depth first, with a stack of our own: next[node] is the edge to look at. */
struct walk {
	const struct package_graph *graph;
	unsigned char *colors;
	uint32_t *next;
	uint32_t *stack;
	size_t depth;
};

enum { NAMES_SHOWN_MAX = 12, NAMES_SHOWN_AT_END = 3 };

/* The path from the node it closes at, down the stack, and back. */
static void report_cycle(const struct manifests *manifests, const struct walk *w,
                         const struct edge *closing, const char *what, struct diag *d)
{
	size_t start = w->depth;
	while (w->stack[start - 1] != closing->to)
		start--;
	size_t length = w->depth - start + 1;
	struct text path = {.arena = d->arena};
	for (size_t i = 0; i < length; i++) {
		if (length > NAMES_SHOWN_MAX && i == NAMES_SHOWN_MAX - NAMES_SHOWN_AT_END) {
			text_addf(&path, "... (%zu more) -> ", length - NAMES_SHOWN_MAX);
			i = length - NAMES_SHOWN_AT_END;
		}
		text_addf(&path, "%.*s -> ",
		          STR_ARG(manifests->packages[w->stack[start - 1 + i]].id.value));
	}
	diag_error(d, closing->item->span, STR("take one of the links out"),
	           "%s has a cycle: %s%.*s", what, path.bytes,
	           STR_ARG(manifests->packages[closing->to].id.value));
}

static void walk_enter(struct walk *w, uint32_t node)
{
	w->colors[node] = ON_STACK;
	w->next[node] = w->graph->first[node];
	w->stack[w->depth++] = node;
}

/* The next edge of the top of the stack; NULL once it is left. */
static const struct edge *walk_edge(struct walk *w)
{
	uint32_t node = w->stack[w->depth - 1];
	if (w->next[node] < w->graph->first[node + 1])
		return &w->graph->edges[w->next[node]++];
	w->colors[node] = DONE;
	w->depth--;
	return NULL;
}

void package_graph_report_cycles(struct arena *a, const struct package_graph *graph,
                                 const struct manifests *manifests, const char *what,
                                 struct diag *d)
{
	struct walk w = {.graph = graph,
	                 .colors = ARENA_ARRAY(a, unsigned char, graph->node_count),
	                 .next = ARENA_ARRAY(a, uint32_t, graph->node_count),
	                 .stack = ARENA_ARRAY(a, uint32_t, graph->node_count)};
	for (uint32_t root = 0; root < graph->node_count; root++) {
		if (w.colors[root] == UNSEEN)
			walk_enter(&w, root);
		while (w.depth) {
			const struct edge *edge = walk_edge(&w);
			if (edge && w.colors[edge->to] == UNSEEN)
				walk_enter(&w, edge->to);
			else if (edge && w.colors[edge->to] == ON_STACK)
				report_cycle(manifests, &w, edge, what, d);
		}
	}
}

/* A heap of node numbers, smallest on top. */
struct heap {
	uint32_t *nodes;
	size_t count;
};

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t kept = *a;
	*a = *b;
	*b = kept;
}

static void heap_push(struct heap *h, uint32_t node)
{
	size_t i = h->count++;
	h->nodes[i] = node;
	for (; i && h->nodes[(i - 1) / 2] > h->nodes[i]; i = (i - 1) / 2)
		swap(&h->nodes[(i - 1) / 2], &h->nodes[i]);
}

static uint32_t heap_pop(struct heap *h)
{
	uint32_t top = h->nodes[0];
	h->nodes[0] = h->nodes[--h->count];
	for (size_t i = 0;;) {
		size_t least = i;
		for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
			if (child < h->count && h->nodes[child] < h->nodes[least])
				least = child;
		if (least == i)
			return top;
		swap(&h->nodes[i], &h->nodes[least]);
		i = least;
	}
}

/* How many members each member still waits for. */
static uint32_t *waits(struct arena *a, const struct package_graph *graph, const bool *members)
{
	uint32_t *waiting = ARENA_ARRAY(a, uint32_t, graph->node_count);
	for (size_t i = 0; i < graph->edge_count; i++)
		if (members[graph->edges[i].from] && members[graph->edges[i].to])
			waiting[graph->edges[i].from]++;
	return waiting;
}

uint32_t *package_graph_order(struct arena *a, const struct package_graph *graph,
                              const bool *members, size_t *out_count)
{
	struct package_graph needed_by = package_graph_reverse(a, graph);
	uint32_t *waiting = waits(a, graph, members);
	uint32_t *order = ARENA_ARRAY(a, uint32_t, graph->node_count);
	bool *placed = ARENA_ARRAY(a, bool, graph->node_count);
	struct heap ready = {.nodes = ARENA_ARRAY(a, uint32_t, graph->node_count)};
	size_t count = 0;
	for (uint32_t i = 0; i < graph->node_count; i++)
		if (members[i] && !waiting[i])
			heap_push(&ready, i);
	while (ready.count) {
		uint32_t node = heap_pop(&ready);
		order[count++] = node;
		placed[node] = true;
		for (uint32_t i = needed_by.first[node]; i < needed_by.first[node + 1]; i++) {
			uint32_t user = needed_by.edges[i].to;
			if (members[user] && !--waiting[user])
				heap_push(&ready, user);
		}
	}
	for (uint32_t i = 0; i < graph->node_count; i++)
		if (members[i] && !placed[i])
			order[count++] = i;
	*out_count = count;
	return order;
}

bool *package_graph_reach(struct arena *a, const struct package_graph *graph, uint32_t start)
{
	bool *reached = ARENA_ARRAY(a, bool, graph->node_count);
	uint32_t *todo = ARENA_ARRAY(a, uint32_t, graph->node_count + 1);
	size_t count = 0;
	todo[count++] = start;
	while (count) {
		uint32_t node = todo[--count];
		for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++) {
			uint32_t to = graph->edges[i].to;
			if (!reached[to]) {
				reached[to] = true;
				todo[count++] = to;
			}
		}
	}
	return reached;
}
