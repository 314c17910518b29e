/*
 * The temporary folder of one run of the tests: TMPDIR of all that it starts. Removed at the end;
 * what a killed run left is removed by the next.
 */
#pragma once

#include "diag/diag.h"

struct run_folder {
	struct str path;
	struct str former; /* TMPDIR before; empty: there was none */
};

/* False after reporting that no folder can be made. */
bool run_folder_enter(struct arena *a, struct run_folder *out_folder, struct diag *d);
void run_folder_leave(struct arena *a, const struct run_folder *folder, struct diag *d);
