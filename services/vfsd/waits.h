/*
 * While a request waits for its disk, others are served.
 *
 * Who uses a volume that lies on a disk has its turn from then on, to the end of the request: its
 * structures are one request's at a time, as if there were no others. A request that holds a turn
 * waits for no other one: when it needs one, it gives up all, waits for that alone and is run once
 * more, with it. So no two wait for each other.
 *
 * The tables of the tree belong to everybody. Where a request waited, others may have freed what it
 * found there: it is then stale, and is run once more before it changes anything. Who changes
 * mounts takes all turns, and waits for the disk with everybody.
 */
#pragma once

#include "vfsd.h"

/*
 * The turn of a volume, for the rest of the request. False: the request cannot go on like that, and
 * has to end with any error: it is run once more.
 */
bool waits_enter_new(struct vfs_service *self, uint32_t turn);

static inline uint32_t volume_turn(uint32_t volume)
{
	return volume % TURNS;
}

static inline bool waits_enter(struct vfs_service *self, uint32_t volume)
{
	uint32_t turn = volume_turn(volume);
	bool has = !self->strands.running || (request_memory(self)->waits.held >> turn & 1);
	return has || waits_enter_new(self, turn);
}

/* All turns. For a request that has none. */
void waits_enter_all(struct vfs_service *self);
/* Gives up its turns, unless it has all: it uses no volume after this, or enters it again. */
void waits_leave(struct vfs_service *self);
/* True: it was found stale, and has to end with ERR_INTERRUPTED, having changed nothing. */
static inline bool waits_must_end(struct vfs_service *self)
{
	struct request_waits *waits = &request_memory(self)->waits;
	waits->again |= waits->is_stale;
	return waits->again;
}

/* A request has ended. True: it is to be run once more. */
bool waits_ended(struct vfs_service *self);

/* Whether others can be served now. Nobody sees half of a change of the tables. */
bool waits_may_await(struct vfs_service *self);
/* Until the event with this cookie has come: its value. Only after waits_may_await. */
int64_t waits_await(struct vfs_service *self, uint64_t cookie);
