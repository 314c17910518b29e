/*
 * An action's key: a digest of all that decides its outputs.
 *
 * Kind and its version, argv, params, environment, the tool's programs, path
 * and content of every input, the outputs' names.
 */
#pragma once

#include "engine/run.h"

/*
 * The key with these discovered inputs. NULL on success; otherwise the file that
 * could not be read, its state or error telling why.
 */
struct tracked_file *action_key(struct run *r, const struct step *s,
                                struct tracked_file **discovered, size_t discovered_count,
                                struct digest *out_key);
