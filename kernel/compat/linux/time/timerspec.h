/* Times of timers, as timerfd and timer_create have them. Linux include/uapi/linux/time.h. */
#pragma once

#include "compat/linux/abi.h"

enum { LINUX_TIMER_ABSOLUTE = 1 };

/*
 * A clock of what a process or one of its threads runs: LINUX_CLOCK_PROCESS, LINUX_CLOCK_THREAD, or
 * a negative number with whose it is (Linux include/linux/posix-timers.h). False: it is none.
 */
struct linux_run_clock {
	bool is_thread;
	uint64_t id; /* pid or tid; 0: the caller's */
};

bool linux_run_clock(int32_t clock, struct linux_run_clock *out);

struct linux_itimerspec {
	struct linux_timespec interval;
	struct linux_timespec value;
};

/*
 * When a timer runs out by clock_ns, 0: never, and every how often then. is_real: an absolute time
 * is one of day. ERR_INVALID_ARGS: that is no time.
 */
enum status linux_timer_times(const struct linux_itimerspec *in, bool is_absolute, bool is_real,
                              uint64_t *out_deadline_ns, uint64_t *out_interval_ns);
/* What is left, 0: it is off. ERR_BAD_ADDRESS. */
enum status linux_timer_put_left(uintptr_t address, uint64_t left_ns, uint64_t interval_ns);
/* What is left until then by clock_ns. ERR_BAD_ADDRESS. */
enum status linux_timer_put(uintptr_t address, uint64_t deadline_ns, uint64_t interval_ns);
