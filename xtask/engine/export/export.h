/* The graph in other programs' words: ninja's build files, GraphViz's DOT. */
#pragma once

#include "engine/engine.h"

struct ninja_request {
	const struct graph *graph;
	struct str out; /* "build": ninja keeps its own state there */
	/*
	 * Makes the output behind it of an action that has no command of its own:
	 * "build/bin/xtask act". A digest of the action's parameters follows, so that
	 * ninja sees them change.
	 */
	struct str act;
	char *const *environment; /* of children; NULL-terminated */
};

/* A build.ninja: the same commands, environment, inputs and outputs. Format: ninja manual 1.11. */
struct str export_ninja(struct arena *a, const struct ninja_request *request);

struct dot_request {
	const struct graph *graph;
	struct strs targets; /* only what these outputs need; empty: all */
	bool all; /* source files too, and what is only made before */
	/* Of each action, from its last run in microseconds; 0: not known. May be NULL. */
	const uint64_t *durations_us;
};

/*
 * One box an action and an edge from maker to user; with durations, the longest chain
 * is drawn bold. False after naming a target that nothing makes in *out_unknown.
 */
bool export_dot(struct arena *a, const struct dot_request *request, struct str *out_dot,
                struct str *out_unknown);
