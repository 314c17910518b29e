/*
 * What a key is made of, part by part, short enough to be kept with each trace.
 *
 * The key alone says that something changed; the parts of the last success
 * beside those of now say what. Digests are cut to 8 bytes: they explain, they
 * never decide.
 */
#pragma once

#include "engine/run.h"

/* The parts of a step's key as it stands; lives as long as a. */
struct trace_parts *trace_parts_now(struct run *r, struct arena *a, const struct step *s,
                                    struct tracked_file *const *discovered,
                                    size_t discovered_count);
/* The first 8 bytes of a digest, so that "%016llx" prints its beginning. */
uint64_t digest_prefix(const struct digest *digest);
