/*
 * Which start of the machine this is: /proc/sys/kernel/random/boot_id.
 *
 * What a file says of another file's state holds only within one start: after a loss of power each
 * of the two may be on the disk as it was at any moment.
 */
#pragma once

#include <stdbool.h>

enum { BOOT_ID_BYTES = 40 };

/* All zeros when the kernel does not say. */
void boot_id_read(char out_id[BOOT_ID_BYTES]);
/* All zeros are never now. */
bool boot_id_is_now(const char id[BOOT_ID_BYTES]);
