/*
 * A directed graph over packages (by index), and what is asked of it.
 *
 * An edge goes from who needs to what is needed. Everything is linear in edges
 * but the order, which keeps a heap; nothing recurses.
 */
#pragma once

#include "manifest/manifest.h"

struct edge {
	uint32_t from, to;
	const struct toml_str *item; /* the list item that says so */
};

struct package_graph {
	size_t node_count;
	struct edge *edges; /* grouped by from, in the list's order */
	size_t edge_count;
	uint32_t *first; /* first edge of a node; node_count + 1 entries */
};

/* Groups the edges (in order of from already) by node. */
void package_graph_init(struct arena *a, struct package_graph *graph);
/* Edges turned round; items stay. */
struct package_graph package_graph_reverse(struct arena *a, const struct package_graph *graph);
/*
 * Reports every cycle at the item that closes it, as "what: a -> b -> a". Edges
 * that close one are found once; without them no cycle is left.
 */
void package_graph_report_cycles(struct arena *a, const struct package_graph *graph,
                                 const struct manifests *manifests, const char *what,
                                 struct diag *d);
/*
 * Nodes of members, needed ones first, the smallest index first where there is a
 * choice. What lies on or behind a cycle comes last.
 */
uint32_t *package_graph_order(struct arena *a, const struct package_graph *graph,
                              const bool *members, size_t *out_count);
/* Marks everything reachable from start; start itself only when it lies on a cycle. */
bool *package_graph_reach(struct arena *a, const struct package_graph *graph, uint32_t start);
