/* Operations for kernel/core on the host: a clock that a test may set, and all that is written. */
#pragma once

#include "../../../unit/test.h"
#include "core/api.h"
#include <string.h>

enum { FAKE_CORE_TEXT_MAX = 64 * 1024 };

struct fake_core {
	char text[FAKE_CORE_TEXT_MAX];
	size_t len;
	uint64_t clock_us;
	uint64_t delayed_ms;
	unsigned others_stopped;
	struct core_identity identity;
	char serial[4096]; /* what came to the serial line, for whichever reason */
	size_t serial_len;
	int interrupts_out; /* saved, and not restored */
	uint64_t pauses;
	void (*on_pause)(void); /* called within each one; NULL: nothing */
	unsigned sinks; /* of the last write */
	void (*on_write)(void); /* called within each write; NULL: nothing */
	jmp_buf *stop; /* where a panic ends */
};

static struct fake_core fake_core;

static uint64_t fake_core_save(void)
{
	fake_core.interrupts_out++;
	return 0;
}

static void fake_core_restore(uint64_t)
{
	fake_core.interrupts_out--;
}

static void fake_core_pause(void)
{
	fake_core.pauses++;
	if (fake_core.on_pause)
		fake_core.on_pause();
}

static uint64_t fake_core_clock_us(void)
{
	return fake_core.clock_us;
}

static uint64_t fake_core_ticks(void)
{
	return 3;
}

static struct core_identity fake_core_identity(void)
{
	return fake_core.identity;
}

static void fake_core_emergency(struct str text)
{
	assert_true(text.len <= sizeof fake_core.text - fake_core.len);
	memcpy(fake_core.text + fake_core.len, text.ptr, text.len);
	fake_core.len += text.len;
	if (fake_core.on_write)
		fake_core.on_write();
}

/* What is for a terminal only is kept apart. */
static void fake_core_write(struct str text, unsigned sinks)
{
	fake_core.sinks = sinks;
	if (sinks & CORE_SINK_DEBUG)
		fake_core_emergency(text);
	if (!(sinks & (CORE_SINK_MIRROR | CORE_SINK_TERMINAL)))
		return;
	assert_true(text.len <= sizeof fake_core.serial - fake_core.serial_len);
	memcpy(fake_core.serial + fake_core.serial_len, text.ptr, text.len);
	fake_core.serial_len += text.len;
}

static void fake_core_delay(uint64_t ms)
{
	fake_core.delayed_ms += ms;
}

static size_t fake_core_backtrace(uintptr_t, struct core_frame *out_frames, size_t capacity)
{
	assert_true(capacity >= 2);
	out_frames[0] = (struct core_frame){0x1020, 0x20};
	out_frames[1] = (struct core_frame){0x9000, 0x30};
	return 2;
}

static void fake_core_stop_others(void)
{
	fake_core.others_stopped++;
}

[[gnu::noreturn]] static void fake_core_stop(void)
{
	longjmp(*fake_core.stop, 1);
}

static inline void fake_core_install(void)
{
	static const struct core_ops ops = {
	        .interrupts_save = fake_core_save,
	        .interrupts_restore = fake_core_restore,
	        .pause = fake_core_pause,
	        .clock_us = fake_core_clock_us,
	        .clock_ticks = fake_core_ticks,
	        .identity = fake_core_identity,
	        .write = fake_core_write,
	        .write_emergency = fake_core_emergency,
	        .delay_ms = fake_core_delay,
	        .backtrace = fake_core_backtrace,
	        .stop_others = fake_core_stop_others,
	        .stop_after_panic = fake_core_stop,
	};
	memset(&fake_core, 0, sizeof fake_core);
	fake_core.clock_us = 1500;
	core_install(&ops);
}

static inline struct str fake_core_text(void)
{
	return (struct str){fake_core.text, fake_core.len};
}

/* memmem for struct str. */
static inline bool fake_core_wrote(const char *needle)
{
	struct str want = str_from_c(needle);
	for (size_t at = 0; at + want.len <= fake_core.len; at++)
		if (memcmp(fake_core.text + at, want.ptr, want.len) == 0)
			return true;
	return false;
}
