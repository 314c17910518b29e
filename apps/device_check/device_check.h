/* Checks of modules and devices, from a program. */
#pragma once

#include <tap/api.h>

/* data_device: a disk that may be written. */
void check_blocks(struct tap *tap, uint32_t data_device);
