/* config/layers.toml as read. Private to check/. */
#pragma once

#include "check/check.h"

/* Folders of one root, lowest first; those on one level do not see each other. */
struct layer_stack {
	struct span span;
	struct toml_str root; /* "kernel" */
	struct toml_str face; /* the only file that others may include; empty: any header */
	struct toml_strs
	        order; /* each level's folders, separated by blanks; "." = files of the root */
};

/* What a part of the tree sees outside of itself. */
struct layer_part {
	struct span span;
	struct toml_str folder; /* with "/" and '*' at the end: each folder below is on its own */
	struct toml_strs may; /* "libs/base", "gen/abi" */
	bool present; /* some file belongs to it */
	bool *used; /* by item of may */
};

struct layers {
	struct toml_strs generated; /* folders of generated headers */
	struct toml_list stacks; /* struct layer_stack */
	struct toml_list parts; /* struct layer_part */
};

bool layers_read(struct arena *a, struct layers *out_layers, struct diag *d);
/* The part a path belongs to, the longest folder first; NULL when there is none. */
struct layer_part *layers_part(const struct layers *layers, struct str path);
/* "services/rootd" for a path below it: what may include itself freely. */
struct str layers_unit(const struct layer_part *part, struct str path);
/* The stack a path belongs to, or NULL. */
const struct layer_stack *layers_stack(const struct layers *layers, struct str path);
/* The folder of a path in its stack ("core", "."), and its level; -1 when it stands on none. */
struct str layers_folder(const struct layer_stack *stack, struct str path);
int layers_level(const struct layer_stack *stack, struct str folder);
