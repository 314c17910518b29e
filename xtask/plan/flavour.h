/*
 * How code is compiled, by where it runs: the flags of a flavour, its sources, its objects.
 */
#pragma once

#include "plan/plan.h"

enum flavour {
	FLAVOUR_KERNEL,
	FLAVOUR_MODULE,
	FLAVOUR_USER,
	FLAVOUR_LINUX,
	FLAVOUR_WINDOWS,
	FLAVOUR_COUNT
};

/* State of one planning run. */
struct planner {
	struct arena *arena;
	const struct plan_request *request;
	struct plan *plan;
	struct diag *diag;
	struct strs flags[FLAVOUR_COUNT]; /* compiler and its flags, in order */
	struct strs objects_of_libs[FLAVOUR_COUNT]; /* outputs that are planned already */
	struct libraries *libraries;
};

const char *flavour_name(enum flavour flavour);
/* Fills flags from config/flags/ and the kernel's build configuration. False when a file is
 * missing. */
bool flavour_load(struct planner *p);

/* Where one unit holds everything, the compiler follows each "no process" into callers that have
 * one. Units of their own, as in preset debug, keep the warning. */
#define PLAN_NO_NULL_WARNING "-Wno-null-dereference"

/* What is compiled together: one package, or one library in one flavour. */
struct unit_set {
	enum flavour flavour;
	struct str name; /* folder below OUT/obj */
	struct strs sources;
	struct strs include_folders;
	struct strs extra_args;
	struct strs folders; /* where its headers may lie; set by plan_compile */
	int64_t codegen_units; /* 0: one for each source */
};
/* Plans the compile actions; adds the objects' paths. */
void plan_compile(struct planner *p, const struct unit_set *set, struct strs *out_objects);

/* Every .c and .S of a file or folder, sorted; folders are noted for freshness. */
bool plan_sources(struct planner *p, struct str path, struct span wanted_by,
                  struct strs *out_sources);

/*
 * Libraries: libs/NAME with what each needs (library.toml). Closures, include folders and objects
 * come in a stable order, users before what they need.
 */
bool libraries_load(struct planner *p);
/* implied: a library that every package of this builder gets, or NULL. */
bool libraries_closure(struct planner *p, enum flavour flavour, const struct toml_strs *names,
                       const char *implied, struct strs *out_closure);
struct strs library_includes(struct planner *p, const struct strs *closure);
bool library_objects(struct planner *p, enum flavour flavour, const struct strs *closure,
                     int64_t codegen_units, struct strs *out_objects);
