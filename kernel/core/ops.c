#include "core/ops.h"

static uint64_t core_no_number(void)
{
	return 0;
}

static void core_no_restore(uint64_t)
{
}

static void core_no_pause(void)
{
}

static struct core_identity core_no_identity(void)
{
	return (struct core_identity){};
}

static void core_no_write(struct str, unsigned)
{
}

static void core_no_emergency(struct str)
{
}

static void core_no_delay(uint64_t)
{
}

static size_t core_no_backtrace(uintptr_t, struct core_frame *, size_t)
{
	return 0;
}

static void core_no_stop_others(void)
{
}

[[gnu::noreturn]] static void core_no_stop(void)
{
	for (;;)
		;
}

static const struct core_ops core_no_ops = {
        .interrupts_save = core_no_number,
        .interrupts_restore = core_no_restore,
        .pause = core_no_pause,
        .clock_us = core_no_number,
        .clock_ticks = core_no_number,
        .identity = core_no_identity,
        .write = core_no_write,
        .write_emergency = core_no_emergency,
        .delay_ms = core_no_delay,
        .backtrace = core_no_backtrace,
        .stop_others = core_no_stop_others,
        .stop_after_panic = core_no_stop,
};

static const struct core_ops *core_installed_ops = &core_no_ops;

void core_install(const struct core_ops *ops)
{
	core_installed_ops = ops;
}

const struct core_ops *core_operations(void)
{
	return core_installed_ops;
}
