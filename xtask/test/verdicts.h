/*
 * Verdicts of boots that are known: the same machine with the same bytes says the same again.
 *
 * A verdict's key is a digest over the scenario, the tool, QEMU's whole command line, and the
 * content of every file named there (kernel, archive, image, firmware, QEMU itself). Only a boot
 * in which everything passed is remembered, under WORK/verdicts; deleting that costs time only.
 */
#pragma once

#include "test/suite.h"

struct verdict_key {
	struct str file; /* of the remembered verdict; empty: it cannot be remembered */
};

/* command: what `xtask qemu --dry-run` printed for the boot. */
struct verdict_key verdict_key(struct arena *a, const struct test_request *request,
                               const struct found_test *test, struct str command);
/* The results of that boot, marked as known. False when there are none. */
bool verdict_recall(struct arena *a, const struct verdict_key *key, struct outcomes *out);
/* resumed: from a snapshot, which is said again. Failing to remember is no failure of the test. */
void verdict_remember(struct arena *a, const struct verdict_key *key, bool resumed,
                      const struct outcomes *outcomes);
