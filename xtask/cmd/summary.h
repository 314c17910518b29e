/* The last line of a command that builds: what was done, in words or as JSON. */
#pragma once

#include "cmd/cmd.h"
#include "engine/engine.h"

void summary_print(struct invocation *in, const struct engine_summary *summary);
