/* timerfd. Linux include/uapi/linux/timerfd.h. */
#include "compat/linux/time/timerspec.h"
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum { LINUX_TIMER_CANCEL_ON_SET = 2, TIMER_NS_PER_SECOND = 1000000000 };

static enum status timerfd_ns(const struct linux_timespec *time, uint64_t *out_ns)
{
	const int64_t seconds_max = INT64_MAX / TIMER_NS_PER_SECOND / 2;
	if (time->seconds < 0 || time->nanoseconds < 0 || time->nanoseconds >= TIMER_NS_PER_SECOND)
		return ERR_INVALID_ARGS;
	int64_t seconds = time->seconds < seconds_max ? time->seconds : seconds_max;
	*out_ns = (uint64_t)(seconds * TIMER_NS_PER_SECOND + time->nanoseconds);
	return OK;
}

static struct linux_timespec timerfd_time(uint64_t ns)
{
	return (struct linux_timespec){(int64_t)(ns / TIMER_NS_PER_SECOND),
	                               (int64_t)(ns % TIMER_NS_PER_SECOND)};
}

int64_t linux_timerfd_create(int32_t clock, uint32_t flags)
{
	struct file *file;
	bool known = clock == LINUX_CLOCK_REALTIME || clock == LINUX_CLOCK_MONOTONIC ||
	             clock == LINUX_CLOCK_BOOTTIME;
	if (!known || (flags & ~(uint32_t)(FILE_NONBLOCK | FILE_CLOSE_ON_EXEC)))
		return ERR_INVALID_ARGS;
	/* the time of day never jumps, so it runs as the monotonic clock does */
	flags |= clock == LINUX_CLOCK_REALTIME ? FILE_TIMER_REAL : 0;
	TRY(timer_file_create(flags & (FILE_NONBLOCK | FILE_TIMER_REAL), &file));
	return linux_install(file, flags);
}

enum status linux_timer_put_left(uintptr_t address, uint64_t left_ns, uint64_t interval_ns)
{
	const struct linux_itimerspec left = {
	        .interval = timerfd_time(interval_ns),
	        .value = timerfd_time(left_ns),
	};
	return user_copy_out((struct user_out){address, sizeof left}, &left);
}

enum status linux_timer_put(uintptr_t address, uint64_t deadline_ns, uint64_t interval_ns)
{
	uint64_t now = clock_ns();
	return linux_timer_put_left(address, deadline_ns > now ? deadline_ns - now : 0,
	                            interval_ns);
}

static enum status timerfd_tell(struct file *file, uintptr_t out_old)
{
	uint64_t deadline, interval;
	TRY(timer_file_get(file, &deadline, &interval));
	return out_old ? linux_timer_put(out_old, deadline, interval) : OK;
}

enum status linux_timer_times(const struct linux_itimerspec *in, bool is_absolute, bool is_real,
                              uint64_t *out_deadline_ns, uint64_t *out_interval_ns)
{
	uint64_t value, interval, now = clock_ns();
	TRY(timerfd_ns(&in->value, &value));
	TRY(timerfd_ns(&in->interval, &interval));
	*out_deadline_ns = value;
	*out_interval_ns = value ? interval : 0;
	if (value && !is_absolute) {
		*out_deadline_ns = now + value;
	} else if (value && is_real) {
		uint64_t real = clock_real_ns();
		*out_deadline_ns = value > real ? now + (value - real) : 1;
	}
	return OK;
}

static enum status timerfd_set(struct file *file, uint32_t flags, const struct linux_itimerspec *in)
{
	uint64_t deadline, interval;
	TRY(linux_timer_times(in, flags & LINUX_TIMER_ABSOLUTE, file->flags & FILE_TIMER_REAL,
	                      &deadline, &interval));
	return timer_file_set(file, deadline, interval);
}

int64_t linux_timerfd_settime(int32_t descriptor, uint32_t flags, uintptr_t new_time,
                              uintptr_t old_time)
{
	struct linux_itimerspec in;
	struct file *file;
	if (flags & ~(uint32_t)(LINUX_TIMER_ABSOLUTE | LINUX_TIMER_CANCEL_ON_SET))
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(&in, (struct user_in){new_time, sizeof in}));
	TRY(linux_file_get(descriptor, &file));
	enum status status = timerfd_tell(file, old_time);
	if (status == OK)
		status = timerfd_set(file, flags, &in);
	file_unref(file);
	return status;
}

int64_t linux_timerfd_gettime(int32_t descriptor, uintptr_t out_time)
{
	struct file *file;
	if (!out_time)
		return ERR_BAD_ADDRESS;
	TRY(linux_file_get(descriptor, &file));
	enum status status = timerfd_tell(file, out_time);
	file_unref(file);
	return status;
}
