/*
 * The disk of the data volume: made once, by mke2fs; no build touches it.
 */
#pragma once

#include "diag/diag.h"
#include <stdint.h>

/* Makes the file, of `mib` MiB, when it is not there. False after a report. */
bool data_disk_prepare(struct arena *a, struct str path, int64_t mib, struct diag *d);
