/*
 * Watching the tree: waits until a source is saved, and runs a command again each time.
 *
 * What counts: files below the root but build/, hidden folders, and what editors leave lying
 * about. Several saves within a moment count as one.
 */
#pragma once

#include "diag/diag.h"

struct watch_request {
	struct str tool; /* absolute path of xtask */
	struct strs build; /* options of the build that each round begins with */
	struct strs command; /* xtask's further command, as `test boot_direct`; empty: only build */
	uint64_t rounds; /* 0: until it is stopped */
	bool quiet;
};

/* The exit code of the last round. False when the tree cannot be watched: reported. */
bool watch_run(struct arena *a, const struct watch_request *request, FILE *out, int *out_status,
               struct diag *d);

/* Whether a save of this file (its name alone) means anything. */
bool watch_is_source(struct str name);
