/* Unified difference of two texts, as diff -u prints it, without a header. */
#pragma once

#include "os/text.h"

/* Empty when they are equal. */
struct str unified_diff(struct arena *a, struct str expected, struct str actual);
