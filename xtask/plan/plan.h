/*
 * Packages -> actions.
 *
 * What stands here knows compilers and linkers. Kinds of in-process actions come
 * from whoever calls (struct plan_kinds), so that this layer needs neither the
 * image writers nor the network of packages.
 */
#pragma once

#include "config/config.h"
#include "engine/engine.h"
#include "resolve/resolve.h"

/* What a package leaves in the image: a built file and its path there, side by side. */
struct artifact {
	const struct package *package;
	struct strs files; /* from the root: "build/artifacts/services/rootd/rootd.elf" */
	struct strs paths; /* in the image: "services/rootd/rootd.elf" */
	bool has_debug_info; /* which stays here: the files in the image are without */
};

struct artifacts {
	struct artifact *items;
	size_t count;
};

/* NULL when the package left nothing (an optional artifact that is missing). */
const struct artifact *artifact_find(const struct artifacts *artifacts,
                                     const struct package *package);

/* Actions for packages that are not compiled; each adds to the graph and fills the artifact. */
struct plan_hooks {
	bool (*boot)(struct graph *g, const struct package *package, struct artifact *out,
	             void *context, struct diag *d);
	bool (*deb)(struct graph *g, const struct package *package, struct artifact *out,
	            void *context, struct diag *d);
	void *context;
};

struct plan_request {
	const struct config *config;
	const struct system *system;
	struct str out; /* "build" */
	struct strs generated; /* headers and sources made before anything is compiled */
	struct strs generated_kernel_sources; /* of those, what is compiled into the kernel */
	struct plan_hooks hooks;
};

struct plan {
	struct graph graph;
	struct artifacts artifacts;
	struct str
	        nucleus; /* the linked kernel with all symbols; empty: no kernel in this profile */
	/* What the plan was made from, besides manifests and configuration. */
	struct strs files;
	struct strs folders;
};

extern const struct action_kind kind_write; /* params is the file's content */
extern const struct action_kind kind_copy; /* first input to first output, mode 0644 or 0755 kept */
extern const struct action_kind kind_compile, kind_link, kind_strip; /* child processes */

/* An action of kind_write. */
void plan_write(struct graph *g, struct str path, struct str content);
void plan_copy(struct graph *g, struct str from, struct str to);
/* An ELF file without what objcopy's option takes out: "--strip-debug" leaves the symbol table. */
void plan_strip(struct graph *g, struct str option, struct str from, struct str to);

/* False when anything was reported. */
bool plan_packages(struct arena *a, const struct plan_request *request, struct plan *out_plan,
                   struct diag *d);
