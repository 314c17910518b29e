/*
 * Tells a CPU that hangs in the kernel from one that is slow, or that a virtual machine's host does
 * not run. Inside kernel/hal.
 *
 * The kernel runs with interrupts off, so a CPU that hangs there answers none. A timer's
 * non-maskable interrupt comes to the boot CPU, which begins a round once every CPU has taken part
 * in the last one, by a non-maskable interrupt to each that is not halted. Rounds are what is
 * counted, not time: while the host leaves out one CPU, perhaps the one with the lock that the
 * others wait for, there are none, and nobody is judged. A CPU that takes no such interrupt any
 * more is never judged either.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum watchdog_verdict {
	WATCHDOG_FINE,
	WATCHDOG_SLOW, /* told once for each stretch without progress */
	WATCHDOG_HANGS,
	WATCHDOG_NOT_MINE, /* the interrupt means something else */
};

enum {
	WATCHDOG_ROUND_MS = 54, /* at least */
	WATCHDOG_SLOW_ROUNDS = 10,
	WATCHDOG_HANG_ROUNDS = 80,
	WATCHDOG_SHARED_CPUS = 16, /* each so many CPUs add the same: they share a host's */
};

struct watchdog {
	uint64_t progress; /* at the last look */
	uint32_t round; /* atomic: the last one that it took part in */
	uint32_t stuck; /* rounds in a row without progress */
};

/* progress: any number that changes when the CPU gets on. Once a round, of so many CPUs. */
enum watchdog_verdict watchdog_look(struct watchdog *watchdog, uint64_t progress,
                                    uint32_t cpu_count);
/* The least that it can be. */
uint32_t watchdog_stuck_ms(const struct watchdog *watchdog);

/* On every CPU, for every non-maskable interrupt. */
enum watchdog_verdict watchdog_interrupt(void);
/* The machine stops: what still comes is ignored. */
void watchdog_end(void);
