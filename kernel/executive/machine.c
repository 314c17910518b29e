/*
 * The operations that kernel/core needs, and the end of the machine.
 *
 * The exit port comes from fw_cfg and its values from registry/machine.toml; a
 * machine without that key is halted.
 */
#include "executive/machine.h"
#include "core/api.h"
#include "device/api.h"
#include "executive/console.h"
#include "hal/api.h"
#include "io/api.h"
#include "ipc/api.h"
#include "mm/api.h"
#include "ps/api.h"
#include "sched/api.h"
#include <abi/machine.h>

enum { MACHINE_EXIT_PORT_TEXT_MAX = 16, MACHINE_NS_PER_MS = 1000000 };

static uint64_t machine_clock_us(void)
{
	return clock_ns() / 1000;
}

static uint64_t machine_clock_ticks(void)
{
	return clock_ns() / MACHINE_NS_PER_MS;
}

static struct core_identity machine_identity(void)
{
	if (!cpu_current()->thread)
		return (struct core_identity){};
	const struct process *process = process_current();
	if (!process)
		return (struct core_identity){};
	return (struct core_identity){
	        .known = true,
	        .pid = process_id(process),
	        .tid = thread_current()->id,
	};
}

static void machine_delay_ms(uint64_t ms)
{
	if (cpu_current()->thread && thread_may_sleep())
		thread_sleep_ns(ms * MACHINE_NS_PER_MS);
	else
		clock_spin_ns(ms * MACHINE_NS_PER_MS);
}

/* At least 16 when c is no digit. */
static uint32_t machine_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (uint32_t)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (uint32_t)(c - 'A' + 10);
	return 16;
}

/* "0xf4" or "244"; false when it is no port number. */
static bool machine_parse_port(struct str text, uint16_t *out_port)
{
	bool is_hex = str_starts_with(text, STR("0x"));
	unsigned base = is_hex ? 16 : 10;
	uint32_t value = 0;
	text = str_slice(text, is_hex ? 2 : 0, text.len);
	if (!text.len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint32_t digit = machine_digit(text.ptr[i]);
		if (digit >= base)
			return false;
		value = value * base + digit;
		if (value > UINT16_MAX)
			return false;
	}
	*out_port = (uint16_t)value;
	return true;
}

/* Returns when there is no exit port. */
static void machine_write_exit_port(uint8_t value)
{
	char bytes[MACHINE_EXIT_PORT_TEXT_MAX];
	size_t size;
	uint16_t port;
	if (fw_cfg_read(MACHINE_FW_CFG_EXIT_PORT, bytes, sizeof bytes, &size) != OK)
		return;
	if (machine_parse_port(str_trim((struct str){bytes, size}), &port))
		port_out8(port, value);
}

[[gnu::noreturn]] static void machine_stop_after_panic(void)
{
	machine_write_exit_port(MACHINE_EXIT_PANIC);
	console_write_emergency(STR("machine halted\n"));
	cpu_halt_forever();
}

static const struct core_ops machine_core_ops = {
        .interrupts_save = cpu_interrupts_save,
        .interrupts_restore = cpu_interrupts_restore,
        .pause = cpu_pause,
        .clock_us = machine_clock_us,
        .clock_ticks = machine_clock_ticks,
        .identity = machine_identity,
        .write = console_write,
        .write_emergency = console_write_emergency,
        .delay_ms = machine_delay_ms,
        .backtrace = backtrace_walk,
        .stop_others = cpu_stop_others,
        .stop_after_panic = machine_stop_after_panic,
};

void machine_install_core(void)
{
	console_init();
	core_install(&machine_core_ops);
	log_start();
}

static void machine_report(void)
{
	fault_runtime_report(kernel_faults());
	struct frame_statistics frames = frame_statistics();
	LOG_ALWAYS(LOG_MEMORY,
	           "frame allocator: allocations=%lu failures=%lu free=%lu "
	           "allocations_since_fault_init=%lu failures_since_fault_init=%lu",
	           frames.allocations, frames.failures, frames.free_frames,
	           frames.allocations_since_mark, frames.failures_since_mark);
}

void machine_end(uint8_t value)
{
	/* first: a CPU that is stopped by force may hold what the figures are counted under */
	machine_report();
	cpu_stop_others();
	display_finish();
	machine_write_exit_port(value);
	LOG_ALWAYS(LOG_BOOT, "machine halted");
	cpu_halt_forever();
}

void machine_switch(enum machine_switch how)
{
	static const char *const words[] = {"halted", "power off", "reset"};
	/* first: a CPU that is stopped by force may hold what the figures are counted under */
	machine_report();
	cpu_stop_others();
	display_finish();
	LOG_ALWAYS(LOG_BOOT, "machine %s", words[how]);
	if (how == MACHINE_POWER_OFF)
		power_off();
	if (how == MACHINE_RESET)
		power_reset();
	if (how != MACHINE_HALT)
		LOG_ALWAYS(LOG_BOOT, "the machine does not %s, machine halted", words[how]);
	cpu_halt_forever();
}

/* What the kernel held before the first program ran, and the thread that looks again. */
struct machine_watch {
	struct mm_usage before;
	struct mm_usage after;
	struct thread *thread;
	int32_t status; /* of the first program */
	bool is_switched; /* how, instead of that status */
	enum machine_switch how;
};

static struct machine_watch machine_watch;

enum { MACHINE_SETTLE_MS = 4000, MACHINE_LOOK_NS = 100 * 1000, MACHINE_SETTLE_ROUNDS = 50 };

struct machine_planted {
	uint64_t lost;
};

/* For the scenario that proves the check below. */
static void machine_plant_leak(void)
{
	char bytes[MACHINE_EXIT_PORT_TEXT_MAX];
	size_t size;
	if (!CONFIG_DEBUG_ASSERTIONS ||
	    fw_cfg_read(MACHINE_FW_CFG_PLANT_LEAK, bytes, sizeof bytes, &size) != OK)
		return;
	struct machine_planted *planted = HEAP_NEW(struct machine_planted);
	LOG_WARN(LOG_MEMORY, "one object is lost on purpose: %p", (void *)planted);
}

static void machine_answer(void *)
{
}

/*
 * Threads that end on other CPUs give back what they hold within the grace time, which is also one
 * in which every CPU was there several times. True: nothing is left over.
 */
static bool machine_check_leaks(struct machine_watch *watch)
{
	uint64_t deadline = clock_ns() + (uint64_t)MACHINE_SETTLE_MS * MACHINE_NS_PER_MS;
	size_t differ;
	unsigned rounds = 0;
	ipc_services_expire(UINT64_MAX);
	ipc_drop_kept();
	unix_collect_garbage();
	vfs_drain();
	do {
		/* leaves this CPU: an emulator that runs all CPUs in turn goes on to the others */
		thread_sleep_ns(MACHINE_LOOK_NS);
		mm_usage_take(&watch->after);
		differ = mm_usage_compare(&watch->before, &watch->after, false);
		cpu_call(UINT64_MAX, machine_answer, NULL);
		rounds++;
	} while (differ && (clock_ns() < deadline || rounds < MACHINE_SETTLE_ROUNDS));

	if (differ) {
		(void)mm_usage_compare(&watch->before, &watch->after, true); /* logs them */
		LOG_ERROR(LOG_MEMORY, "leak check failed counts=%zu", differ);
	} else {
		LOG_ALWAYS(LOG_MEMORY, "leak check passed types=%zu free_frames=%lu",
		           watch->after.type_count, watch->after.free_frames);
	}
	return !differ;
}

static void machine_watch_main(void *argument)
{
	struct machine_watch *watch = argument;
	int32_t status = watch->status;
	device_stop();
	if (!machine_check_leaks(watch) && status == 0)
		status = MACHINE_EXIT_LEAK_STATUS;
	if (watch->is_switched)
		machine_switch(watch->how);
	LOG_ALWAYS(LOG_BOOT, "machine exit reason=program status=%d", status);
	uint32_t clamped = (uint32_t)status > MACHINE_EXIT_PROGRAM_MAX ? MACHINE_EXIT_PROGRAM_MAX
	                                                               : (uint32_t)status;
	machine_end((uint8_t)(MACHINE_EXIT_PROGRAM + clamped));
}

enum status machine_mark_usage(void)
{
	const struct thread_request request = {
	        .entry = machine_watch_main,
	        .argument = &machine_watch,
	};
	enum status status = thread_create(&request, &machine_watch.thread);
	if (status == OK) {
		mm_usage_take(&machine_watch.before);
		machine_plant_leak();
	}
	return status;
}

void machine_switch_after(enum machine_switch how)
{
	machine_watch.is_switched = true;
	machine_watch.how = how;
}

void machine_end_with_program(int32_t status)
{
	machine_watch.status = status;
	thread_start(machine_watch.thread);
	thread_exit();
}
