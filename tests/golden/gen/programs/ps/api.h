/* What generated kernel code takes from kernel/ps. */
#pragma once

#include <stdbool.h>

bool process_has_capability(unsigned bit);
