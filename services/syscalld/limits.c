#include "limits.h"

/* Linux include/uapi/asm-generic/resource.h: those that the kernel keeps. */
enum {
	LIMITS_FILE_SIZE = 1,
	LIMITS_STACK = 3,
	LIMITS_CORE = 4,
	LIMITS_PROCESSES = 6,
	LIMITS_DESCRIPTORS = 7,
	LIMITS_ADDRESSES = 9,
	LIMITS_KEPT = 1 << LIMITS_FILE_SIZE | 1 << LIMITS_STACK | 1 << LIMITS_CORE |
	              1 << LIMITS_PROCESSES | 1 << LIMITS_DESCRIPTORS | 1 << LIMITS_ADDRESSES,
	LIMITS_DESCRIPTORS_MAX = 1024, /* handles of a process */
};

enum status limits_set(struct limits_slot *slot, uint64_t which, const struct limit_pair *wanted,
                       bool is_privileged)
{
	if (which >= LIMITS_COUNT || wanted->current > wanted->maximum)
		return ERR_INVALID_ARGS;
	struct limit_pair *limit = &slot->limits[which];
	bool is_same = wanted->current == limit->current && wanted->maximum == limit->maximum;
	if (is_same)
		return OK;
	if (wanted->maximum > limit->maximum && !is_privileged)
		return ERR_NOT_PERMITTED;
	if (!(LIMITS_KEPT >> which & 1) ||
	    (which == LIMITS_DESCRIPTORS && wanted->maximum > LIMITS_DESCRIPTORS_MAX))
		return ERR_NOT_PERMITTED;
	*limit = *wanted;
	return OK;
}
