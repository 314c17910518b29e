/* What limits of the calling process keep it from. Their numbers stand in its slot. */
#include "core/api.h"
#include "ps/process.h"

bool process_may_map(size_t more)
{
	uint64_t limit = process_limit_of(LIMIT_ADDRESSES);
	if (limit == LIMIT_NONE)
		return true;
	uint64_t bytes = vm_space_mapped_bytes(process_current()->space);
	return bytes <= limit && more <= limit - bytes;
}

enum status process_may_fork(const struct process *process)
{
	uint64_t limit =
	        __atomic_load_n(&process->limits.limits[LIMIT_PROCESSES].current, __ATOMIC_RELAXED);
	uint64_t count = 0;
	uint32_t uid = process->credentials.uid;
	if (!process_has_room())
		return ERR_TRY_AGAIN;
	if (limit == LIMIT_NONE || process->credentials.euid == 0)
		return OK;
	spinlock_acquire(process_table_lock());
	for (struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each))
		count += each->credentials.uid == uid;
	spinlock_release(process_table_lock());
	return count < limit ? OK : ERR_TRY_AGAIN;
}

enum status process_may_write_to(uint64_t offset, uint64_t *len)
{
	uint64_t limit = process_limit_of(LIMIT_FILE_SIZE);
	if (limit == LIMIT_NONE || !*len)
		return OK;
	if (offset >= limit) {
		const struct signal_info info = {.signal = SIGNAL_XFSZ, .code = SIGNAL_FROM_KERNEL};
		(void)!signal_send_task(process_current()->pid, task_id(task_current()), &info);
		return ERR_FILE_TOO_BIG;
	}
	if (*len > limit - offset)
		*len = limit - offset;
	return OK;
}

size_t process_stack_bytes(void)
{
	enum { LIMITS_STACK_MAX = 64 * 1024 * 1024 };
	uint64_t limit = process_limit_of(LIMIT_STACK);
	if (limit == LIMIT_NONE)
		return PROGRAM_LAZY_STACK_BYTES;
	if (limit > LIMITS_STACK_MAX)
		limit = LIMITS_STACK_MAX;
	if (limit < PROGRAM_STACK_BYTES)
		limit = PROGRAM_STACK_BYTES;
	return limit & ~(uint64_t)(PAGE_SIZE - 1);
}
