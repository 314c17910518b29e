/*
 * What the builders of packages share.
 */
#pragma once

#include "plan/flavour.h"

/* The manifest's source as a path from the root: its folder when none is named. */
struct str source_path(struct planner *p, const struct package *package);
/* Lists a built file and its path in the image. */
void artifact_add(struct planner *p, struct artifact *artifact, struct str file, struct str path);
struct strs toml_values(struct planner *p, const struct toml_strs *list);
/* An action that links: the flags, the program's first, then the objects. */
struct action *plan_link(struct planner *p, const struct str *flags, size_t flag_count,
                         const struct strs *objects, struct str out);

/* The builder winsys-dll-bundle: see dll_bundle.c. */
bool plan_dll_bundle(struct planner *p, const struct package *package, struct artifact *out);
