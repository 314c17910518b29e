#include "hal/watchdog.h"

enum { WATCHDOG_NS_A_MS = 1000000 };

uint64_t watchdog_stuck_ms(const struct watchdog *watchdog, uint64_t now_ns)
{
	return (now_ns - watchdog->since_ns) / WATCHDOG_NS_A_MS;
}

enum watchdog_verdict watchdog_look(struct watchdog *watchdog, uint64_t progress, uint64_t now_ns)
{
	bool is_new = watchdog->since_ns == 0 || progress != watchdog->progress;
	if (is_new) {
		*watchdog = (struct watchdog){
		        .progress = progress, .since_ns = now_ns, .patience = watchdog->patience};
		return WATCHDOG_FINE;
	}
	watchdog->looks++;
	uint64_t ms = watchdog_stuck_ms(watchdog, now_ns) / (watchdog->patience + 1);
	uint32_t looks = watchdog->looks / (watchdog->patience + 1);
	if (ms >= WATCHDOG_HANG_MS && looks >= WATCHDOG_HANG_LOOKS)
		return WATCHDOG_HANGS;
	bool is_slow = ms >= WATCHDOG_SLOW_MS && looks >= WATCHDOG_SLOW_LOOKS;
	if (!is_slow || watchdog->told_slow)
		return WATCHDOG_FINE;
	watchdog->told_slow = true;
	return WATCHDOG_SLOW;
}
