#include "hal/watchdog/watchdog.h"

uint32_t watchdog_stuck_ms(const struct watchdog *watchdog)
{
	return watchdog->stuck * WATCHDOG_ROUND_MS;
}

enum watchdog_verdict watchdog_look(struct watchdog *watchdog, uint64_t progress,
                                    uint32_t cpu_count)
{
	uint32_t patience = 1 + (cpu_count - 1) / WATCHDOG_SHARED_CPUS;
	if (progress != watchdog->progress) {
		watchdog->progress = progress;
		watchdog->stuck = 0;
		return WATCHDOG_FINE;
	}
	watchdog->stuck++;
	if (watchdog->stuck >= WATCHDOG_HANG_ROUNDS * patience)
		return WATCHDOG_HANGS;
	return watchdog->stuck == WATCHDOG_SLOW_ROUNDS * patience ? WATCHDOG_SLOW : WATCHDOG_FINE;
}
