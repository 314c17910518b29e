/* A target as people name it: an output, or what an action is shown by. */
#pragma once

#include "cmd/cmd.h"
#include "engine/engine.h"

/* True when the action makes it or is shown by it: "kernel/core/log.c", "compile
 * kernel/core/log.c". */
bool target_is_of(const struct action *action, struct str target);
/* Reports that nothing makes it, with what may have been meant. */
void target_report_unknown(struct invocation *in, const struct graph *graph, struct str target);
