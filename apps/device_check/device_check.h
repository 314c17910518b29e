/* Checks of modules and devices, from a program. */
#pragma once

#include <tap/api.h>

/* data_device: a disk that may be written. */
void check_blocks(struct tap *tap, uint32_t data_device);
/* block_broker, for who may not and for who may: one wrong field at a time. */
void check_block_stranger(struct tap *tap, uint32_t data_device);
void check_block_arguments(struct tap *tap, uint32_t data_device);
