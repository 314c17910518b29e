/*
 * libs/NAME/library.toml: what a library is and what its own code needs.
 *
 * The one place for both: the plan makes include paths from it, `xtask check` holds the
 * include lines against it.
 */
#pragma once

#include "toml/schema.h"

#define LIBRARIES_FOLDER "libs"

struct library_file {
	struct toml_str doc; /* one sentence */
	struct toml_strs needs; /* further libraries that its code and headers use */
	struct toml_strs generated; /* folders of generated headers that they use: "abi" */
	struct toml_bool freestanding; /* stands in for a C library: left out where there is one */
};

/* False after reporting; a missing file is reported at wanted_by. */
bool library_read(struct arena *a, struct str name, struct span wanted_by,
                  struct library_file *out_file, struct diag *d);
/* "libs/NAME/library.toml" */
struct str library_path(struct arena *a, struct str name);
