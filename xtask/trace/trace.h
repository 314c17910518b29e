/*
 * Boot chart: what ran when, from what a machine said.
 *
 * Firmware and GRUB are timed by when their lines came; the kernel's steps and the programs by
 * the time stamps of its own log (contract section 8), laid behind the kernel's first line. For
 * whom a program waited stands in rootd's line on its start.
 */
#pragma once

#include "os/text.h"

enum trace_group { TRACE_FIRMWARE, TRACE_LOADER, TRACE_KERNEL, TRACE_PROGRAM, TRACE_GROUP_COUNT };

struct trace_span {
	struct str name;
	enum trace_group group;
	uint64_t start_us, end_us; /* since the machine was started */
	uint64_t waited_us; /* before the start, for another program */
	struct str awaited; /* that one's package; empty: none */
};

struct trace {
	struct arena *arena;
	struct text serial, debugcon;
	uint64_t loader_us; /* when the loader began to speak; 0: it has not */
	uint64_t kernel_us; /* when the kernel began to speak; 0: it has not */
	uint64_t end_us;
	struct trace_span *spans; /* made by trace_finish */
	size_t count;
	size_t capacity;
};

/* What came from the machine, as it came; context is a struct trace. */
void trace_hear(void *context, bool debugcon, struct str bytes, uint64_t elapsed_us);
void trace_finish(struct trace *trace, uint64_t elapsed_us);

const char *trace_group_name(enum trace_group group);
struct str trace_text(struct arena *a, const struct trace *trace);
struct str trace_svg(struct arena *a, const struct trace *trace);
