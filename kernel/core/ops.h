/*
 * What kernel/core needs from the hardware and the layers above; installed
 * once by the executive. Before that a set that does nothing is in force.
 */
#pragma once

#include <base/str.h>
#include <stdint.h>

struct core_identity {
	bool known; /* false prints '-' for both */
	uint64_t pid;
	uint64_t tid;
};

struct core_frame {
	uintptr_t instruction;
	uintptr_t frame_pointer;
};

/* Where text goes; a set of these. */
enum core_sink {
	CORE_SINK_DEBUG = 1 << 0, /* the debug console */
	CORE_SINK_MIRROR = 1 << 1, /* the serial line, when the log is mirrored there */
	CORE_SINK_TERMINAL = 1 << 2, /* the serial line, as it is */
	CORE_SINKS_OF_LOG = CORE_SINK_DEBUG | CORE_SINK_MIRROR,
};

struct core_ops {
	/* Interrupts off on this CPU; returns what interrupts_restore takes. */
	uint64_t (*interrupts_save)(void);
	void (*interrupts_restore)(uint64_t state);
	void (*pause)(void); /* at each turn of a loop that waits for another CPU */
	uint64_t (*clock_us)(void); /* since boot */
	uint64_t (*clock_ticks)(void);
	struct core_identity (*identity)(void);
	/* To these sinks; called with the log's lock held. */
	void (*write)(struct str text, unsigned sinks);
	/* The same without any lock, for a machine that is about to stop. */
	void (*write_emergency)(struct str text);
	void (*delay_ms)(uint64_t ms);
	/* Callers of the frame at frame_pointer, nearest first; any value is safe. */
	size_t (*backtrace)(uintptr_t frame_pointer, struct core_frame *out_frames,
	                    size_t capacity);
	/* Before a panic report: the other CPUs. Does not return on a CPU that is being stopped. */
	void (*stop_others)(void);
	/* After a panic report. */
	[[gnu::noreturn]] void (*stop_after_panic)(void);
};

/* Takes ops, which must live for ever and have every member set. */
void core_install(const struct core_ops *ops);
const struct core_ops *core_operations(void);
