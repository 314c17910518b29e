/*
 * Tells a CPU that hangs in the kernel from one that is slow. No hardware.
 *
 * The kernel runs with interrupts off, so a CPU that hangs there answers none. A non-maskable
 * interrupt looks about 18 times a second. Time alone proves nothing where the machine itself
 * stands still for a while (a virtual one does): a CPU hangs when it was also running, that is
 * looking, all the time. Inside kernel/hal.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum watchdog_verdict {
	WATCHDOG_FINE,
	WATCHDOG_SLOW, /* told once for each stretch without progress */
	WATCHDOG_HANGS,
};

enum {
	WATCHDOG_SLOW_MS = 500,
	WATCHDOG_SLOW_LOOKS = 5,
	WATCHDOG_HANG_MS = 4000,
	WATCHDOG_HANG_LOOKS = 40,
	WATCHDOG_PATIENT_CPUS = 8, /* each so many CPUs add the same time: they share a host's */
};

struct watchdog {
	uint64_t progress; /* at the last look */
	uint64_t since_ns; /* of the clock: the first look that saw this progress */
	uint32_t looks; /* further ones */
	bool told_slow;
	uint32_t patience; /* factor of the times, less 1 */
};

/* progress: any number that changes when the CPU gets on. */
enum watchdog_verdict watchdog_look(struct watchdog *watchdog, uint64_t progress, uint64_t now_ns);
uint64_t watchdog_stuck_ms(const struct watchdog *watchdog, uint64_t now_ns);
