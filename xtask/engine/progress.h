/*
 * What a run shows while it works.
 *
 * On a terminal one line, rewritten: how far, what began last, how many more run. Otherwise a
 * line for each action that ran. What an action said, and the command of one that failed,
 * stand below. With json one event object a line on stdout instead: planned (total),
 * started, finished, failed (kind, subject, ...).
 */
#pragma once

#include "engine/engine.h"
#include <sys/types.h>

struct progress {
	bool lines; /* the rewritten line is wanted */
	bool quiet;
	bool json;
	bool line_shown;
	size_t total;
	size_t done;
	size_t running;
};

void progress_init(struct progress *p, const struct engine_request *request);
void progress_waiting(struct progress *p, const char *state_folder, pid_t holder);
/* The graph is known: total is set. */
void progress_planned(const struct progress *p);
void progress_started(struct progress *p, const struct action *action);
/* Nothing to do for it. */
void progress_passed(struct progress *p);
void progress_finished(struct progress *p, const struct action *action, uint64_t duration_us,
                       struct str said);
/* The cache had it. */
void progress_cached(struct progress *p, const struct action *action);
/* problem: "exit status 1" */
void progress_failed(struct progress *p, const struct action *action, struct str problem,
                     struct str said);
void progress_end(struct progress *p);
