/* Linux calls about time. */
#include "compat/linux/abi.h"
#include "compat/linux/time/timerspec.h"
#include "core/api.h"
#include "ps/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum { LINUX_NS_PER_SECOND = 1000000000, LINUX_NS_PER_US = 1000 };

bool linux_run_clock(int32_t clock, struct linux_run_clock *out)
{
	/* of a negative one: whose it is, inverted; is it a thread; what is counted */
	enum { RUN_CLOCK_SHIFT = 3, RUN_CLOCK_THREAD = 4, RUN_CLOCK_KIND = 3, RUN_CLOCK_RUN = 2 };
	*out = (struct linux_run_clock){.is_thread = clock == LINUX_CLOCK_THREAD};
	if (clock == LINUX_CLOCK_PROCESS || clock == LINUX_CLOCK_THREAD)
		return true;
	out->is_thread = clock & RUN_CLOCK_THREAD;
	out->id = (uint64_t) ~(clock >> RUN_CLOCK_SHIFT);
	return clock < 0 && (clock & RUN_CLOCK_KIND) == RUN_CLOCK_RUN;
}

/* ERR_INVALID_ARGS: no such clock, or nobody whose it is. */
static enum status linux_run_clock_ns(int32_t clock, uint64_t *out_ns)
{
	struct linux_run_clock run;
	if (!linux_run_clock(clock, &run))
		return ERR_INVALID_ARGS;
	uint64_t tid = run.id ? run.id : task_id(task_current());
	enum status status =
	        run.is_thread ? process_thread_run_ns(tid, out_ns) : process_run_ns(run.id, out_ns);
	return status == ERR_NO_PROCESS ? ERR_INVALID_ARGS : status;
}

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
	case LINUX_CLOCK_THREAD:
		*out_ns = thread_run_ns(thread_current());
		return OK;
	default:
		return linux_run_clock_ns(clock, out_ns);
	}
}

static enum status linux_get_time(uintptr_t address, uint64_t *out_ns)
{
	struct linux_timespec time;
	TRY(user_copy_in(&time, (struct user_in){address, sizeof time}));
	if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= LINUX_NS_PER_SECOND)
		return ERR_INVALID_ARGS;
	const int64_t seconds_max = INT64_MAX / LINUX_NS_PER_SECOND / 2;
	int64_t seconds = time.seconds < seconds_max ? time.seconds : seconds_max;
	*out_ns = (uint64_t)(seconds * LINUX_NS_PER_SECOND + time.nanoseconds);
	return OK;
}

enum status linux_deadline(uintptr_t address, uint64_t *out_deadline_ns)
{
	TRY(linux_get_time(address, out_deadline_ns));
	*out_deadline_ns += clock_ns();
	return OK;
}

static enum status linux_tell_left(uint64_t left_ns, uintptr_t out_left)
{
	struct linux_timespec time = {(int64_t)(left_ns / LINUX_NS_PER_SECOND),
	                              (int64_t)(left_ns % LINUX_NS_PER_SECOND)};
	return user_copy_out((struct user_out){out_left, sizeof time}, &time);
}

/* Until the deadline or a signal; what is left of it is told when out_left is not 0. */
static int64_t linux_sleep_until(uint64_t deadline_ns, uintptr_t out_left)
{
	struct task *self = task_current();
	enum status status = OK;
	self->call_restarts = false;
	while (status == OK) {
		waiter_begin(&self->waiter);
		status = task_sleep(deadline_ns);
	}
	if (status == ERR_TIMED_OUT)
		return OK;
	uint64_t now = clock_ns();
	if (out_left)
		TRY(linux_tell_left(now < deadline_ns ? deadline_ns - now : 0, out_left));
	return status;
}

/* The same by a clock of what is run. */
static int64_t linux_run_sleep(const struct process_run_clock *clock, uint64_t deadline_ns,
                               uintptr_t out_left)
{
	uint64_t now = 0;
	task_current()->call_restarts = false;
	enum status status = process_run_sleep(clock, deadline_ns);
	if (status == ERR_INTERRUPTED && out_left) {
		TRY(clock->tid ? process_thread_run_ns(clock->tid, &now)
		               : process_run_ns(clock->pid, &now));
		TRY(linux_tell_left(now < deadline_ns ? deadline_ns - now : 0, out_left));
	}
	return status == ERR_NO_PROCESS ? ERR_INVALID_ARGS : status;
}

int64_t linux_nanosleep(uintptr_t duration, uintptr_t out_left)
{
	uint64_t deadline;
	TRY(linux_deadline(duration, &deadline));
	return linux_sleep_until(deadline, out_left);
}

int64_t linux_clock_nanosleep(int32_t clock, uint32_t flags, uintptr_t time, uintptr_t out_left)
{
	enum { CLOCK_ABSOLUTE = 1 };
	uint64_t now, when;
	if (clock == LINUX_CLOCK_THREAD)
		return ERR_NOT_SUPPORTED;
	TRY(linux_clock_ns(clock, &now));
	TRY(linux_get_time(time, &when));
	struct linux_run_clock run;
	if (linux_run_clock(clock, &run)) {
		bool is_absolute = flags & CLOCK_ABSOLUTE;
		const struct process_run_clock whose = {.pid = run.is_thread ? 0 : run.id,
		                                        .tid = run.is_thread ? run.id : 0};
		/* what sleeps does not run */
		if (run.is_thread && (!run.id || run.id == task_id(task_current())))
			return ERR_INVALID_ARGS;
		return linux_run_sleep(&whose, is_absolute ? when : now + when,
		                       is_absolute ? 0 : out_left);
	}
	if (!(flags & CLOCK_ABSOLUTE))
		return linux_sleep_until(clock_ns() + when, out_left);
	return linux_sleep_until(when > now ? clock_ns() + (when - now) : 1, 0);
}

static int64_t linux_put_time(uintptr_t out_time, uint64_t ns)
{
	return user_copy_out_pair(out_time, ns / LINUX_NS_PER_SECOND, ns % LINUX_NS_PER_SECOND);
}

[[gnu::noinline]] static int64_t linux_other_clock_gettime(int32_t clock, uintptr_t out_time)
{
	uint64_t ns;
	TRY(linux_clock_ns(clock, &ns));
	return linux_put_time(out_time, ns);
}

/* The clock that is asked most has no more to do than it must. */
int64_t linux_clock_gettime(int32_t clock, uintptr_t out_time)
{
	if (clock == LINUX_CLOCK_MONOTONIC)
		return linux_put_time(out_time, clock_ns());
	return linux_other_clock_gettime(clock, out_time);
}

int64_t linux_clock_settime(int32_t clock, uintptr_t time)
{
	uint64_t ns;
	if (clock != LINUX_CLOCK_REALTIME)
		return ERR_INVALID_ARGS;
	TRY(linux_get_time(time, &ns));
	return process_is_privileged() ? clock_real_set(ns) : ERR_NOT_PERMITTED;
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
