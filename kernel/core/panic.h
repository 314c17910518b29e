/*
 * Panic: the machine can't go on. Prints a report past every lock and stops.
 *
 * Report: "[PANIC]", "message: ", "location: file:line" (left out when unknown), "registers:"
 * when given, "backtrace:" with up to 16 frames.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct panic_register {
	const char *name;
	uint64_t value;
};

struct panic_source {
	const char *file; /* NULL when there is no source location */
	unsigned line;
	uint64_t rip; /* where the backtrace starts */
	bool rip_is_return; /* else it is the instruction itself */
	uint64_t rbp;
	const struct panic_register *registers; /* NULL outside exceptions */
	size_t register_count;
};

[[gnu::noreturn, gnu::format(printf, 2, 3)]] void panic_at(const struct panic_source *source,
                                                           const char *format, ...);
[[gnu::noreturn, gnu::format(printf, 3, 4)]] void panic_here(const char *file, unsigned line,
                                                             const char *format, ...);

#define PANIC(...) panic_here(__FILE__, __LINE__, __VA_ARGS__)
/* A broken invariant of the kernel itself, never a condition that user code can cause. */
#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (__builtin_expect(!(condition), 0))                                             \
			PANIC("assertion failed: " #condition);                                    \
	} while (0)
