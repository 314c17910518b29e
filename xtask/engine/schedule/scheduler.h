/*
 * Runs what is stale, longest chain of work first, as many at a time as asked for.
 *
 * A step is judged when all it needs is done, so an output that came out the same
 * stops everything above it. Children run in parallel; an in-process action runs right
 * here when it is known to be short, else in a forked copy.
 */
#pragma once

#include "engine/run.h"

/* False when something failed or a signal (r->summary.signal) ended it. */
bool run_steps(struct run *r);
