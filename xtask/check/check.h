/*
 * Rules of the project that the compiler cannot prove, each over the same read tree.
 *
 * Every function reports through the sink and answers whether it reported no error.
 */
#pragma once

#include "gen/gen.h"

struct check_file {
	struct source source; /* path from the root, and text */
	struct str code; /* the text, with comments and contents of literals blanked */
};

struct check_tree {
	struct check_file *files; /* sorted by path */
	size_t count;
};

/* Every .c, .h and .S below the folders where our code stands. */
bool check_tree_read(struct arena *a, struct check_tree *out_tree, struct diag *d);

/* Include lines against config/layers.toml. */
bool check_layers(struct arena *a, const struct check_tree *tree, struct diag *d);
/* Sizes against config/limits.toml, with its exceptions as a ratchet. */
bool check_limits(struct arena *a, const struct check_tree *tree, struct diag *d);
/* Words and conditionals against config/dialect.toml. */
bool check_words(struct arena *a, const struct check_tree *tree, struct diag *d);
/* Paths that README files and docs/ name: each exists. */
bool check_documents(struct arena *a, const struct check_tree *tree, struct diag *d);
/*
 * Every header compiles alone with the flags of its part. gen: the folder of generated
 * headers, which must be up to date. compiler: a path, or a name in /usr/bin.
 */
bool check_headers(struct arena *a, const struct check_tree *tree, const char *gen,
                   const char *compiler, struct diag *d);
/* registry/abi.lock; false without a report when the registry itself could not be read. */
bool check_abi(struct arena *a, const struct registry *r, struct diag *d);
