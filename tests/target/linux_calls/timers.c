/* timerfd. */
#include "linux_calls.h"

enum { MONOTONIC = 1, NONBLOCK = 04000, IN = 1 };

struct timer_setting {
	int64_t interval_seconds, interval_ns, seconds, ns;
};

void check_timers(struct tap *tap)
{
	struct timer_setting once = {0, 0, 0, 2000000}, often = {0, 1000000, 0, 1000000}, now = {},
	                     off = {}, bad = {0, 0, 0, -1};
	uint64_t count = 0;
	int64_t fd = CALL(LINUX_TIMERFD_CREATE, MONOTONIC, NONBLOCK);
	tap_check_equal(tap, CALL(LINUX_READ, fd, &count, 8), ERR_TRY_AGAIN,
	                "a timer that is off does not run out");
	tap_check_equal(tap, CALL(LINUX_TIMERFD_SETTIME, fd, 0, &once, 0), OK, "it is set");
	struct {
		int32_t fd;
		int16_t events, happened;
	} entry = {(int32_t)fd, IN, 0};
	tap_check_equal(tap, CALL(LINUX_POLL, &entry, 1, -1), 1, "and can be waited for");
	tap_check_equal(tap, CALL(LINUX_READ, fd, &count, 8), 8, "then it is read");
	tap_check_equal(tap, (int64_t)count, 1, "once");
	CALL(LINUX_TIMERFD_SETTIME, fd, 0, &often, 0);
	int64_t sum = 0;
	while (sum < 3 && CALL(LINUX_POLL, &entry, 1, -1) == 1) {
		CALL(LINUX_READ, fd, &count, 8);
		sum += (int64_t)count;
	}
	tap_check(tap, sum >= 3, "one with an interval runs out again and again");
	CALL(LINUX_TIMERFD_GETTIME, fd, &now);
	tap_check_equal(tap, now.interval_ns, 1000000, "and says its interval");
	CALL(LINUX_TIMERFD_SETTIME, fd, 0, &off, &now);
	tap_check_equal(tap, CALL(LINUX_POLL, &entry, 1, 2), 0, "until it is off");
	tap_check_equal(tap, CALL(LINUX_TIMERFD_SETTIME, fd, 0, &bad, 0), ERR_INVALID_ARGS,
	                "a negative time is refused");
	tap_check_equal(tap, CALL(LINUX_TIMERFD_SETTIME, 1, 0, &once, 0), ERR_INVALID_ARGS,
	                "and what is no timer");
	tap_check_equal(tap, CALL(LINUX_TIMERFD_SETTIME, fd, 0, BAD_ADDRESS, 0), ERR_BAD_ADDRESS,
	                "and a time that is not there");
	CALL(LINUX_TIMERFD_SETTIME, fd, 0, &often, 0);
	tap_check_equal(tap, CALL(LINUX_CLOSE, fd), OK, "a running timer can be closed");
	tap_check_equal(tap, CALL(LINUX_TIMERFD_CREATE, 77, 0), ERR_INVALID_ARGS,
	                "an unknown clock is refused");
}
