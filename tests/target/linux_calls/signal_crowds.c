/* More signals than are kept. */
#include "linux_calls.h"
#include "signals.h"

enum {
	MASK_BLOCK = 0,
	MASK_UNBLOCK = 1,
	SIG_TOO = 35,
	KEPT = 1024,
};

static int64_t crowd_take(int signal)
{
	uint64_t mask = 1ULL << (signal - 1);
	int64_t count = 0;
	while (CALL(LINUX_RT_SIGTIMEDWAIT, &mask, 0, &(struct timespec_wait){}, 8) == signal)
		count++;
	return count;
}

static void check_full_queue(struct tap *tap)
{
	int64_t self = CALL(LINUX_GETPID), status = OK;
	uint64_t pending = 0, mask = 1ULL << (SIG_RT - 1) | 1ULL << (SIG_TOO - 1) |
	                             1ULL << (SIG_TERM - 1) | 1ULL << (SIG_USR1 - 1);
	CALL(LINUX_RT_SIGPROCMASK, MASK_BLOCK, &mask, 0, sizeof mask);
	for (int i = 0; i < KEPT + 100; i++)
		status |= CALL(LINUX_KILL, self, SIG_RT);
	tap_check_equal(tap, status, OK, "kill never fails for lack of room");
	tap_check_equal(tap, CALL(LINUX_KILL, self, SIG_TERM), OK, "nor with a standard signal");
	CALL(LINUX_KILL, self, SIG_TOO);
	CALL(LINUX_RT_SIGPENDING, &pending, sizeof pending);
	tap_check(tap, pending & 1ULL << (SIG_TERM - 1), "which is pending then");
	tap_check(tap, pending & 1ULL << (SIG_TOO - 1), "as is another real-time signal");
	tap_check_equal(tap, crowd_take(SIG_TERM), 1, "it is taken once");
	tap_check_equal(tap, crowd_take(SIG_TOO), 1, "the other one, too");
	tap_check_equal(tap, crowd_take(SIG_RT), KEPT, "so many real-time ones were kept");
	for (int i = 0; i < KEPT; i++)
		status |= CALL(LINUX_TGKILL, self, self, SIG_RT);
	tap_check_equal(tap, status, OK, "a thread has a queue of its own");
	tap_check_equal(tap, CALL(LINUX_TGKILL, self, self, SIG_RT), ERR_TRY_AGAIN,
	                "whoever sends it more is told");
	tap_check_equal(tap, CALL(LINUX_TGKILL, self, self, SIG_USR1), OK,
	                "but a standard signal still arrives");
	tap_check_equal(tap, crowd_take(SIG_USR1), 1, "and is taken");
	tap_check_equal(tap, crowd_take(SIG_RT), KEPT, "beside all others");
	CALL(LINUX_RT_SIGPROCMASK, MASK_UNBLOCK, &mask, 0, sizeof mask);
}

void check_signal_crowds(struct tap *tap)
{
	check_full_queue(tap);
}
