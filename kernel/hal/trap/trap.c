/*
 * What happens with a trap: a system call, a fault that the kernel expected
 * (exception table), a fault of a program, or the end (panic).
 */
#include "hal/api.h"
#include "hal/cpu/registers.h"
#include "hal/image.h"
#include "hal/interrupt/interrupts.h"
#include <format/api.h>

enum { TRAP_MESSAGE_MAX = 160 };

/* Read by hal/trap_entry.S as well. */
const struct hal_ops *hal_installed_ops;

void hal_install(const struct hal_ops *ops)
{
	hal_installed_ops = ops;
}

const char *trap_name(uint64_t vector)
{
	static const char *const names[TRAP_EXCEPTION_END] = {
	        [TRAP_DIVIDE] = "divide error",
	        [TRAP_DEBUG] = "debug",
	        [TRAP_NMI] = "non-maskable interrupt",
	        [TRAP_BREAKPOINT] = "breakpoint",
	        [TRAP_OVERFLOW] = "overflow",
	        [TRAP_BOUND] = "bound range",
	        [TRAP_INVALID_OPCODE] = "invalid opcode",
	        [TRAP_NO_FPU] = "device not available",
	        [TRAP_DOUBLE_FAULT] = "double fault",
	        [TRAP_INVALID_TSS] = "invalid TSS",
	        [TRAP_SEGMENT] = "segment not present",
	        [TRAP_STACK] = "stack fault",
	        [TRAP_PROTECTION] = "general protection",
	        [TRAP_PAGE_FAULT] = "page fault",
	        [TRAP_X87] = "x87 floating point",
	        [TRAP_ALIGNMENT] = "alignment check",
	        [TRAP_MACHINE_CHECK] = "machine check",
	        [TRAP_SIMD] = "SIMD floating point",
	};

	if (vector >= TRAP_EXCEPTION_END)
		return "interrupt";
	return names[vector] ? names[vector] : "reserved exception";
}

static uintptr_t trap_fault_address(void)
{
	uintptr_t address;
	__asm__ volatile("mov %%cr2, %0" : "=r"(address));
	return address;
}

static bool trap_resume_at_fixup(struct trap_frame *frame)
{
	if (frame->vector != TRAP_PAGE_FAULT && frame->vector != TRAP_PROTECTION)
		return false;
	for (const struct exception_fixup *fixup = _exception_table_start;
	     fixup < _exception_table_end; fixup++) {
		if (fixup->instruction == frame->rip) {
			frame->rip = fixup->resume;
			return true;
		}
	}
	return false;
}

/* Nothing but guards is unmapped between the first stack and the last. */
static bool trap_hit_stack_guard(uintptr_t address)
{
	uintptr_t offset = address - (uintptr_t)boot_stacks;
	if (offset < BOOT_STACK_COUNT * BOOT_STACK_STRIDE)
		return offset % BOOT_STACK_STRIDE < PAGE_SIZE;
	return address >= KERNEL_STACKS_BASE && address < KERNEL_STACKS_END;
}

[[gnu::noreturn, gnu::noinline]] static void
trap_panic_with(const struct trap_frame *frame, uintptr_t fault_address, struct str message)
{
	const struct panic_register registers[] = {
	        {"rax", frame->rax},    {"rbx", frame->rbx},
	        {"rcx", frame->rcx},    {"rdx", frame->rdx},
	        {"rsi", frame->rsi},    {"rdi", frame->rdi},
	        {"rbp", frame->rbp},    {"rsp", frame->rsp},
	        {"r8", frame->r8},      {"r9", frame->r9},
	        {"r10", frame->r10},    {"r11", frame->r11},
	        {"r12", frame->r12},    {"r13", frame->r13},
	        {"r14", frame->r14},    {"r15", frame->r15},
	        {"rip", frame->rip},    {"rflags", frame->rflags},
	        {"cs", frame->cs},      {"ss", frame->ss},
	        {"cr2", fault_address}, {"cr3", cpu_read_page_root()},
	};
	const struct panic_source source = {
	        .rip = frame->rip,
	        .rbp = frame->rbp,
	        .registers = registers,
	        .register_count = sizeof registers / sizeof registers[0],
	};
	panic_at(&source, "%.*s", STR_ARG(message));
}

[[gnu::noreturn, gnu::noinline]] static void trap_panic(const struct trap_frame *frame,
                                                        uintptr_t fault_address)
{
	char bytes[TRAP_MESSAGE_MAX];
	struct format_buffer text = {.ptr = bytes, .size = sizeof bytes};
	format_append(&text, "%s%s in the kernel, error code 0x%lx, address 0x%lx",
	              trap_hit_stack_guard(fault_address) ? "kernel stack overflow: " : "",
	              trap_name(frame->vector), frame->error_code, fault_address);
	trap_panic_with(frame, fault_address, format_buffer_text(&text));
}

/* True: it was the watchdog, and all is well enough to go on. */
[[gnu::noinline]] static bool trap_watchdog(const struct trap_frame *frame)
{
	struct cpu *cpu = cpu_current();
	/* programs may compute for as long as they like */
	cpu->progress += trap_frame_from_user(frame);
	enum watchdog_verdict verdict = watchdog_interrupt();
	if (verdict == WATCHDOG_NOT_MINE)
		return false;
	if (verdict == WATCHDOG_SLOW)
		LOG_WARN(LOG_SCHED, "cpu=%u is slow: in the kernel for %u ms at rip=0x%lx",
		         cpu->index, watchdog_stuck_ms(&cpu->watchdog), frame->rip);
	if (verdict != WATCHDOG_HANGS)
		return true;
	char bytes[TRAP_MESSAGE_MAX];
	struct format_buffer text = {.ptr = bytes, .size = sizeof bytes};
	format_append(&text, "CPU %u hangs in the kernel: nothing else for at least %u ms",
	              cpu->index, watchdog_stuck_ms(&cpu->watchdog));
	trap_panic_with(frame, 0, format_buffer_text(&text));
}

static void trap_serial(void)
{
	cpu_current()->locks.context = LOCK_CONTEXT_INTERRUPT;
	hal_installed_ops->serial_input();
	cpu_current()->locks.context = LOCK_CONTEXT_THREAD;
	pic_end_interrupt();
}

static void trap_second_serial(void)
{
	cpu_current()->locks.context = LOCK_CONTEXT_INTERRUPT;
	hal_installed_ops->second_serial();
	cpu_current()->locks.context = LOCK_CONTEXT_THREAD;
	pic_end_interrupt();
}

/* Interrupts are off in the kernel: one that was due there comes before the first instruction
 * behind a system call (whose rcx is that instruction), or a page fault. */
static bool trap_ran_user(const struct trap_frame *frame)
{
	struct cpu *cpu = cpu_current();
	bool ran = trap_frame_from_user(frame) && frame->rip != frame->rcx &&
	           frame->rip != cpu->repaired_at;
	cpu->repaired_at = 0;
	return ran;
}

[[gnu::noinline]] static void trap_interrupt(const struct trap_frame *frame)
{
	struct cpu *cpu = cpu_current();
	cpu->progress++;
	__atomic_store_n(&cpu->interrupts, cpu->interrupts + 1, __ATOMIC_RELAXED);
	switch (frame->vector) {
	case INTERRUPT_TIMER:
		interrupt_end();
		cpu_current()->locks.context = LOCK_CONTEXT_INTERRUPT;
		hal_installed_ops->timer(trap_ran_user(frame));
		cpu_current()->locks.context = LOCK_CONTEXT_THREAD;
		return;
	case INTERRUPT_RESCHEDULE:
		interrupt_end();
		cpu_current()->reschedule = true;
		return;
	case INTERRUPT_CALL:
		interrupt_end();
		cpu_answer_calls();
		return;
	case INTERRUPT_SERIAL:
		trap_serial();
		return;
	case INTERRUPT_SECOND_SERIAL:
		trap_second_serial();
		return;
	case INTERRUPT_SPURIOUS:
		return;
	}
	if (interrupt_device(frame->vector))
		return;
	LOG_WARN(LOG_BOOT, "unexpected interrupt vector=%u, ignoring", (unsigned)frame->vector);
}

/* What the program or the user copy touched may only not be there yet. */
static enum status trap_repair(const struct trap_frame *frame, uintptr_t fault_address)
{
	bool asks = trap_frame_from_user(frame) || frame->rip == (uintptr_t)user_copy_fault ||
	            frame->rip == (uintptr_t)user_copy_tail_fault ||
	            frame->rip == (uintptr_t)user_exchange_fault;
	if (frame->vector != TRAP_PAGE_FAULT || !asks || fault_address >= USER_END ||
	    !hal_installed_ops)
		return ERR_BAD_ADDRESS;
	cpu_current()->repaired_at = frame->rip;
	return hal_installed_ops->page_fault(fault_address, frame->error_code);
}

static void trap_from_user_mode(struct trap_frame *frame, uintptr_t fault_address,
                                enum status status)
{
	if (!hal_installed_ops)
		trap_panic(frame, fault_address);
	hal_installed_ops->user_exception(frame, fault_address, status);
}

static void trap_exception(struct trap_frame *frame)
{
	/* before anything else can fault */
	uintptr_t fault_address = frame->vector == TRAP_PAGE_FAULT ? trap_fault_address() : 0;
	enum status status = trap_repair(frame, fault_address);
	if (status == OK)
		return;
	if (trap_frame_from_user(frame))
		trap_from_user_mode(frame, fault_address, status);
	else if (!trap_resume_at_fixup(frame))
		trap_panic(frame, fault_address);
}

void trap_leave(struct trap_frame *frame)
{
	/* kernel code is never preempted: it goes on until it returns, sleeps or offers the CPU */
	if (__builtin_expect(cpu_current()->reschedule, 0))
		hal_installed_ops->preempt();
	hal_installed_ops->user_return(frame);
	/* A call at the very end of user memory, or a handler beyond it: a bad address to go to. */
	while (__builtin_expect(frame->rip >= USER_END, 0)) {
		frame->vector = TRAP_PROTECTION;
		trap_from_user_mode(frame, frame->rip, ERR_BAD_ADDRESS);
		hal_installed_ops->user_return(frame);
	}
	off_time_end();
}

void trap_dispatch(struct trap_frame *frame)
{
	bool is_fatal = frame->vector == TRAP_NMI || frame->vector == TRAP_DOUBLE_FAULT ||
	                frame->vector == TRAP_MACHINE_CHECK;

	if (frame->vector == TRAP_NMI) {
		cpu_stop_if_asked();
		/* the stack is that of this trap alone: no thread may be left on it */
		if (trap_watchdog(frame))
			return;
	}
	bool let_in = frame->rflags & RFLAGS_INTERRUPT;
	if (let_in)
		off_time_begin();
	if (frame->vector >= TRAP_EXCEPTION_END)
		trap_interrupt(frame);
	else if (is_fatal)
		trap_panic(frame, trap_fault_address());
	else
		trap_exception(frame);
	if (trap_frame_from_user(frame))
		trap_leave(frame);
	else if (let_in)
		off_time_end();
}

/* Every read may fault and is survived. */
size_t backtrace_walk(uintptr_t frame_pointer, struct core_frame *out_frames, size_t capacity)
{
	size_t count = 0;
	while (count < capacity) {
		uint64_t next, instruction;
		bool plausible = frame_pointer >= DIRECT_MAP_BASE && frame_pointer % 8 == 0 &&
		                 frame_pointer <= UINTPTR_MAX - 2 * sizeof(uint64_t);
		if (!plausible || !memory_peek(frame_pointer, &next) ||
		    !memory_peek(frame_pointer + sizeof next, &instruction) || !instruction)
			break;
		out_frames[count++] = (struct core_frame){instruction, next};
		frame_pointer = next;
	}
	return count;
}
