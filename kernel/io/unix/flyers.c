#include "io/unix/flyers.h"
#include <base/cleanup.h>

enum { UNIX_FLYER_BUCKETS = 64 };

struct unix_flyer {
	struct unix_flyer *next; /* of its bucket */
	uint32_t uid;
	uint32_t pid; /* 0 unless uid is */
	uint32_t count; /* of descriptors that wait; at least 1 */
};

static struct unix_flyer *unix_flyers[UNIX_FLYER_BUCKETS];

static struct unix_flyer **unix_flyer_place(uint32_t uid, uint32_t pid)
{
	struct unix_flyer **place = &unix_flyers[(uid + pid) % UNIX_FLYER_BUCKETS];
	while (*place && ((*place)->uid != uid || (*place)->pid != pid))
		place = &(*place)->next;
	return place;
}

enum status unix_flyer_add(const struct unix_credentials *sender, uint32_t count,
                           struct unix_flyer **out_flyer)
{
	uint64_t limit = process_limit_of(LIMIT_DESCRIPTORS);
	uint32_t uid = sender->uid, pid = uid ? 0 : sender->pid;
	struct unix_flyer **place = unix_flyer_place(uid, pid);
	uint64_t waiting = *place ? (*place)->count : 0;
	if (waiting + count > limit)
		return ERR_TOO_MANY_IN_FLIGHT;
	if (!*place) {
		struct unix_flyer *flyer = HEAP_NEW(struct unix_flyer);
		if (!flyer)
			return ERR_NO_MEMORY;
		flyer->uid = uid;
		flyer->pid = pid;
		*place = flyer;
	}
	(*place)->count += count;
	*out_flyer = *place;
	return OK;
}

void unix_flyer_remove(struct unix_flyer *flyer, uint32_t count)
{
	flyer->count -= count;
	if (flyer->count)
		return;
	struct unix_flyer **place = unix_flyer_place(flyer->uid, flyer->pid);
	*place = flyer->next;
	heap_free(flyer, sizeof *flyer);
}
