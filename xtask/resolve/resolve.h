/*
 * Which packages make a system, and in which order.
 *
 * Enforces runtime_deps for every profile (missing, own id, outside the profile,
 * cycles shown as a path), so check, build and stage agree.
 */
#pragma once

#include "manifest/manifest.h"

struct system {
	struct str profile;
	const struct package **packages; /* of the profile, sorted by id */
	size_t count;
	const struct package **order; /* the same, dependencies first, ties by id */
};

/*
 * Checks all profiles and picks one. False when anything was reported; an
 * unknown profile is an error with the nearest name.
 */
bool resolve(struct arena *a, const struct manifests *manifests, struct str profile,
             struct system *out_system, struct diag *d);
/* NULL after reporting with the nearest id. */
const struct package *resolve_find(const struct manifests *manifests, struct str id,
                                   struct diag *d);
struct closure {
	const struct package **packages;
	size_t count;
};

/* Everything id needs, itself excluded; or everything that needs it. Sorted by id. */
void resolve_closure(struct arena *a, const struct system *system, const struct package *package,
                     bool reverse, struct closure *out_closure);
