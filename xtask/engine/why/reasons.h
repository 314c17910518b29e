/*
 * Why each action of the last run ran, in OUT/.state/reasons.
 *
 * One JSON object a line, appended before the action starts:
 *   {"action": "compile kernel/core/log.c", "outputs": [PATH...], "reasons":
 *    [{"what": "input changed", "path": PATH, "old": HEX, "new": HEX}, ...]}
 * "what" is one of: first run, interrupted, input changed, input added, input removed,
 * input gone, tool changed, arguments changed, parameters changed, environment changed,
 * kind changed, outputs changed, output missing, output changed,
 * inputs in another order. The file is of the
 * last run that ran anything.
 */
#pragma once

#include "engine/run.h"

struct reasons {
	const char *path;
	int fd; /* -1: nothing noted yet in this run */
	bool failed; /* the rest is not noted; a full disk shows elsewhere */
};

/* Notes why a step is about to run. Failing to write is no reason to stop a build. */
void reasons_note(struct run *r, const struct step *s);
void reasons_close(struct reasons *reasons);
