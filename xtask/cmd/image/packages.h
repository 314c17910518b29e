/* The package volume of a build: packs of Debian packages, and the volume made of them. */
#pragma once

#include "cmd/pipeline.h"
#include "image/packages/tree.h"

/* Packs a package of layout "tree". files: what of it is wanted; none: all. */
void packages_plan_pack(struct pipeline *p, const struct package *package, struct str deb,
                        const struct strs *files);
/* The volume's file, made of all packs; empty when there are none. */
struct str packages_plan_volume(struct pipeline *p, uint64_t epoch);
/* Which package a path of the volume comes from; reads the packs, in a. Empty: none. */
struct str packages_owner(const struct pipeline *p, struct tree *cache, struct str path);
