/*
 * Programs in front of a compiler that have its work done elsewhere or not at all: ccache,
 * icecc, distcc. The last two compile preprocessed text, whose debug information tells other
 * columns: the launcher is part of an action's key.
 */
#pragma once

#include "engine/process/child.h"

/*
 * child_start of the action's launcher with the program's words behind it. Besides the
 * program's environment it sees HOME, XDG_* and its own variables. Not confined: it opens
 * stores and connections of its own.
 */
[[nodiscard]] int launcher_start(struct child *c, struct arena *a, const struct action *action,
                                 const struct child_program *program);
