/*
 * Whose descriptors wait in queues: how many of each user, or of each process of the superuser.
 *
 * Callers serialise, by the lock of garbage.c. As Linux counts them (unix(7), ETOOMANYREFS).
 */
#pragma once

#include "io/unix/queue.h"

struct unix_flyer;

/*
 * So many more of the calling process, whose credentials these are. ERR_TOO_MANY_IN_FLIGHT: they
 * would be more than it may have open; ERR_NO_MEMORY.
 */
enum status unix_flyer_add(const struct unix_credentials *sender, uint32_t count,
                           struct unix_flyer **out_flyer);
/* So many less. With the last one the flyer goes. */
void unix_flyer_remove(struct unix_flyer *flyer, uint32_t count);
