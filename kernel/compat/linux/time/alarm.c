/* alarm(2) and the timers of setitimer(2). Linux include/uapi/linux/time.h. */
#include "compat/linux/abi.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum {
	ALARM_NS_PER_SECOND = 1000000000,
	ALARM_NS_PER_US = 1000,
	ALARM_US_PER_SECOND = 1000000,
	ALARM_REAL = 0,
	ALARM_VIRTUAL = 1,
	ALARM_PROFILE = 2,
};

struct linux_itimerval {
	struct linux_timeval interval;
	struct linux_timeval value;
};

static enum status alarm_ns(const struct linux_timeval *time, uint64_t *out_ns)
{
	const int64_t seconds_max = INT64_MAX / ALARM_NS_PER_SECOND / 2;
	if (time->seconds < 0 || time->microseconds < 0 ||
	    time->microseconds >= ALARM_US_PER_SECOND)
		return ERR_INVALID_ARGS;
	int64_t seconds = time->seconds < seconds_max ? time->seconds : seconds_max;
	*out_ns = (uint64_t)(seconds * ALARM_NS_PER_SECOND + time->microseconds * ALARM_NS_PER_US);
	return OK;
}

static struct linux_timeval alarm_time(uint64_t ns)
{
	return (struct linux_timeval){(int64_t)(ns / ALARM_NS_PER_SECOND),
	                              (int64_t)(ns % ALARM_NS_PER_SECOND / ALARM_NS_PER_US)};
}

/* What is left, never 0 while it is set. */
static uint64_t alarm_left(uint64_t deadline_ns)
{
	uint64_t now = clock_ns();
	if (!deadline_ns)
		return 0;
	return deadline_ns > now + ALARM_NS_PER_US ? deadline_ns - now : ALARM_NS_PER_US;
}

int64_t linux_alarm(uint32_t seconds)
{
	uint64_t deadline, interval;
	process_alarm_get(&deadline, &interval);
	uint64_t left = alarm_left(deadline), whole = left / ALARM_NS_PER_SECOND;
	uint64_t ns = (uint64_t)seconds * ALARM_NS_PER_SECOND;
	process_alarm_set(seconds ? clock_ns() + ns : 0, 0);
	/* to the nearest second, but something is left while it is set */
	bool up = left % ALARM_NS_PER_SECOND >= ALARM_NS_PER_SECOND / 2 || (left && !whole);
	return (int64_t)(whole + up);
}

static struct process_clock_setting alarm_get(int32_t which)
{
	struct process_clock_setting setting;
	uint64_t deadline;
	if (which == ALARM_VIRTUAL)
		return process_clock_alarm_get(PROCESS_CLOCK_USER);
	if (which == ALARM_PROFILE)
		return process_clock_alarm_get(PROCESS_CLOCK_RUN);
	process_alarm_get(&deadline, &setting.interval_ns);
	setting.left_ns = alarm_left(deadline);
	return setting;
}

static void alarm_set(int32_t which, struct process_clock_setting setting)
{
	if (which == ALARM_VIRTUAL)
		process_clock_alarm_set(PROCESS_CLOCK_USER, setting);
	else if (which == ALARM_PROFILE)
		process_clock_alarm_set(PROCESS_CLOCK_RUN, setting);
	else
		process_alarm_set(setting.left_ns ? clock_ns() + setting.left_ns : 0,
		                  setting.interval_ns);
}

static bool alarm_exists(int32_t which)
{
	return which == ALARM_REAL || which == ALARM_VIRTUAL || which == ALARM_PROFILE;
}

int64_t linux_getitimer(int32_t which, uintptr_t out_setting)
{
	if (!alarm_exists(which))
		return ERR_INVALID_ARGS;
	struct process_clock_setting setting = alarm_get(which);
	/* never 0 while it is set */
	if (setting.left_ns && setting.left_ns < ALARM_NS_PER_US)
		setting.left_ns = ALARM_NS_PER_US;
	const struct linux_itimerval now = {alarm_time(setting.interval_ns),
	                                    alarm_time(setting.left_ns)};
	return user_copy_out((struct user_out){out_setting, sizeof now}, &now);
}

int64_t linux_setitimer(int32_t which, uintptr_t new_setting, uintptr_t old_setting)
{
	struct linux_itimerval in = {};
	struct process_clock_setting setting;
	if (!alarm_exists(which))
		return ERR_INVALID_ARGS;
	if (new_setting)
		TRY(user_copy_in(&in, (struct user_in){new_setting, sizeof in}));
	TRY(alarm_ns(&in.value, &setting.left_ns));
	TRY(alarm_ns(&in.interval, &setting.interval_ns));
	if (old_setting)
		TRY((enum status)linux_getitimer(which, old_setting));
	alarm_set(which, setting);
	return OK;
}
