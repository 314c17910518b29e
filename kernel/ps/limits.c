/* Limits of a process by the numbers of Linux (include/uapi/asm-generic/resource.h). */
#include "ps/process.h"
#include <base/cleanup.h>

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
		limit = PROGRAM_LAZY_STACK_BYTES;
	else if (resource == LIMIT_CORE)
		limit = 0;
	else if (resource == LIMIT_DESCRIPTORS)
		limit = process_current()->ipc.limits.handles;
	*out_current = *out_maximum = limit;
	return OK;
}

enum status process_set_limit(uint32_t resource, uint64_t current, uint64_t maximum)
{
	uint64_t old_current, old_maximum;
	TRY(process_limit(resource, &old_current, &old_maximum));
	if (current > maximum)
		return ERR_INVALID_ARGS;
	if (maximum > old_maximum)
		return ERR_NOT_PERMITTED;
	if (resource == LIMIT_DESCRIPTORS && current < old_current)
		return ipc_set_limit(&process_current()->ipc, PROCESS_LIMIT_HANDLES, current);
	return current == old_current ? OK : ERR_NOT_PERMITTED;
}
