/* The data volume beside the image: docs/data_volume.md. */
#pragma once

#include "diag/diag.h"

/* Makes it where there is none; an empty path: nothing. What is there is left alone. */
bool data_volume_make(struct arena *a, struct str path, int64_t mib, struct diag *d);
