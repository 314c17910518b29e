/* argv of an action: with temporary names to run it, with final names to show it. */
#pragma once

#include "engine/engine.h"

struct substitution {
	const struct str *outputs; /* for $out_N */
	size_t output_count;
	struct str depfile; /* for $dep */
	struct str root; /* for $root: the current folder, absolute */
};

/* The current folder, for substitution.root. */
struct str command_line_root(struct arena *a);
/* NULL-terminated. $out_N with N out of range, and any other $, stays as it is. */
char **command_line_argv(struct arena *a, const struct strs *argv, const struct substitution *by);
/* One line for a shell, quoted where needed, outputs under their final names. */
struct str command_line_show(struct arena *a, const struct action *action);
