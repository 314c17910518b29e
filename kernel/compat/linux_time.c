/* Linux calls about time. */
#include "compat/linux_abi.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum { LINUX_NS_PER_SECOND = 1000000000, LINUX_NS_PER_US = 1000 };

/* ERR_INVALID_ARGS: no such clock. */
static enum status linux_clock_ns(int32_t clock, uint64_t *out_ns)
{
	switch (clock) {
	case LINUX_CLOCK_REALTIME:
	case LINUX_CLOCK_REALTIME_COARSE:
		*out_ns = clock_real_ns();
		return OK;
	case LINUX_CLOCK_MONOTONIC:
	case LINUX_CLOCK_MONOTONIC_RAW:
	case LINUX_CLOCK_MONOTONIC_COARSE:
	case LINUX_CLOCK_BOOTTIME:
		*out_ns = clock_ns();
		return OK;
	default:
		return ERR_INVALID_ARGS;
	}
}

int64_t linux_clock_gettime(int32_t clock, uintptr_t out_time)
{
	uint64_t ns;
	TRY(linux_clock_ns(clock, &ns));
	struct linux_timespec time = {(int64_t)(ns / LINUX_NS_PER_SECOND),
	                              (int64_t)(ns % LINUX_NS_PER_SECOND)};
	return user_copy_out((struct user_out){out_time, sizeof time}, &time);
}

int64_t linux_clock_getres(int32_t clock, uintptr_t out_time)
{
	uint64_t unused;
	TRY(linux_clock_ns(clock, &unused));
	struct linux_timespec time = {0, 1};
	return out_time ? user_copy_out((struct user_out){out_time, sizeof time}, &time) : OK;
}

int64_t linux_gettimeofday(uintptr_t out_time, uintptr_t out_zone)
{
	const uint64_t zone = 0;
	uint64_t ns = clock_real_ns();
	struct linux_timeval time = {(int64_t)(ns / LINUX_NS_PER_SECOND),
	                             (int64_t)(ns % LINUX_NS_PER_SECOND / LINUX_NS_PER_US)};
	if (out_time)
		TRY(user_copy_out((struct user_out){out_time, sizeof time}, &time));
	return out_zone ? user_copy_out((struct user_out){out_zone, sizeof zone}, &zone) : OK;
}

int64_t linux_time(uintptr_t out_time)
{
	int64_t seconds = (int64_t)(clock_real_ns() / LINUX_NS_PER_SECOND);
	if (out_time)
		TRY(user_copy_out((struct user_out){out_time, sizeof seconds}, &seconds));
	return seconds;
}
