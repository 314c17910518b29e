/*
 * Artifacts, overlay and registries -> the tree of the boot volume (OUT/image).
 *
 * What will lie where is known before anything is built, so stage_plan is a pure
 * function; the files themselves come by copy and write actions. Formats:
 * contract section 3.
 */
#pragma once

#include "plan/plan.h"

struct staged_file {
	struct str path; /* in the image: "system/registry/system/runtime-env.tsv" */
	struct str file; /* where its bytes are: "build/image/..." */
	const struct package *package; /* NULL: the overlay or the stage itself */
	bool preload; /* goes into the early archive */
};

struct staged {
	struct staged_file *files; /* sorted by path */
	size_t count;
	size_t capacity;
	struct strs overlay_folders; /* for freshness */
	struct strs inputs; /* overlay and policy files whose content was read here */
};

struct stage_request {
	const struct system *system;
	const struct artifacts *artifacts;
	const char *overlay; /* "assets/image"; may be missing */
	struct str out;
};

/* Adds the actions to g and says what will be staged. False when anything was reported. */
bool stage_plan(struct arena *a, const struct stage_request *request, struct graph *g,
                struct staged *out_staged, struct diag *d);
