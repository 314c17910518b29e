/* Limits of a process by the numbers of Linux (include/uapi/asm-generic/resource.h). */
#include "ps/process.h"

enum {
	LIMIT_STACK = 3,
	LIMIT_CORE = 4,
	LIMIT_DESCRIPTORS = 7,
	LIMIT_COUNT = 16,
};

enum status process_limit(uint32_t resource, uint64_t *out_current, uint64_t *out_maximum)
{
	if (resource >= LIMIT_COUNT)
		return ERR_INVALID_ARGS;
	uint64_t limit = UINT64_MAX;
	if (resource == LIMIT_STACK)
		limit = PROGRAM_STACK_BYTES;
	else if (resource == LIMIT_CORE)
		limit = 0;
	else if (resource == LIMIT_DESCRIPTORS)
		limit = process_current()->ipc.limits.handles;
	*out_current = *out_maximum = limit;
	return OK;
}
