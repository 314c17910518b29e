/*
 * The face of kernel/hal: everything that knows the CPU or a port.
 *
 * The kernel itself always runs with interrupts off: they come in ring 3, in an idle CPU, and
 * where a long path opens a window for them. Per-CPU data lies behind gs. Needs kernel/core
 * only; what hal must tell the layers above goes through struct hal_ops.
 */
#pragma once

#include "core/api.h"
#include "hal/acpi/acpi.h"
#include "hal/boot/boot_info.h"
#include "hal/cpu/cpu.h"
#include "hal/cpu/off_time.h"
#include "hal/layout.h"
#include "hal/trap/trap_frame.h"
#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Upward calls; installed once by the executive, before the first user thread. */
struct hal_ops {
	/* Answer goes into frame->rax by the callee, which also does what user_return does. */
	void (*syscall)(struct trap_frame *frame);
	/*
	 * A page fault at a user address, of a program or of a user copy: OK when the access is
	 * possible now. May sleep.
	 */
	enum status (*page_fault)(uintptr_t address, uint64_t error_code);
	/*
	 * An exception in user mode that hal could not answer; status: what page_fault said, or
	 * OK. Returns only when it was repaired.
	 */
	void (*user_exception)(struct trap_frame *frame, uintptr_t fault_address,
	                       enum status status);
	/* The timer of this CPU has run out; over user code, an idle CPU, or in a window.
	 * over_user: when it did, user code ran; not when it was found out on the way back to it.
	 */
	void (*timer)(bool over_user);
	/* Before ring 3 is entered again, when cpu->reschedule is set. */
	void (*preempt)(void);
	/* The serial port has bytes, or had them before it was held; in an interrupt. */
	void (*serial_input)(void);
	/* The second port has bytes, or can send again; in an interrupt. */
	void (*second_serial)(void);
	/* Before ring 3 goes on, last of all; after preempt again. */
	void (*user_return)(struct trap_frame *frame);
};

void hal_install(const struct hal_ops *ops);

/* Descriptor tables, per-CPU data, control bits, masked PIC, clock: in this order, by the
 * executive. */
void cpu_init_boot(void);
void trap_init(void);
void cpu_enable_features(void);
void pic_mask_all(void);
/*
 * From now on a CPU that hangs in the kernel ends in a panic, and one that is slow in a warning.
 * On the boot CPU. registers: of the machine's I/O APIC, mapped. False: it has none that serves.
 */
bool watchdog_start(const struct acpi_machine *machine);

/*
 * Monotonic time since clock_init, from the TSC; 0 before. Never goes back, also not between
 * CPUs. clock_init runs under the boot tables; ERR_NO_DEVICE: nothing to measure the TSC by.
 */
enum status clock_init(const struct acpi_machine *machine);
uint64_t clock_ns(void);
/* "hpet", "acpi-pm" or "pit" */
const char *clock_reference_name(void);
/* Run on all CPUs at once: false when this one's TSC is behind another's, and from then on
 * clock_ns is slower and still right. */
bool clock_compare(void);
bool clock_is_guarded(void);
uint64_t clock_tsc_khz(void);
void clock_spin_ns(uint64_t ns);
/* Time of day, since 1970. Goes on from the CMOS clock as it was at the first call. */
uint64_t clock_real_ns(void);
/* The time of day is ns from now on, until the next start; the CMOS clock stays.
 * ERR_INVALID_ARGS: the machine would have started before 1970. */
enum status clock_real_set(uint64_t ns);
/* fields: second, minute, hour, day, month, year of the century. */
uint64_t real_time_seconds(const uint8_t fields[6]);

/*
 * Local interrupt controller of the boot CPU. registers: the view of interrupts_registers(),
 * NULL when that is 0, which means that they are reached without memory (x2APIC).
 */
paddr_t interrupts_registers(void);
enum status interrupts_init(void *registers);
const char *interrupts_name(void);

/* One hal_ops.timer on this CPU, at this time of clock_ns or at once when that is past. Replaces
 * the one set before. */
void timer_start(uint64_t deadline_ns);
void timer_stop(void);
uint64_t timer_khz(void);

/* ---- interrupts of devices ---- */

/* With interrupts off and its vector's lock (LOCK_INTERRUPT) held: may take locks, not sleep. */
typedef void device_handler(void *context);

/* What a device writes where to raise its interrupt (MSI). */
struct device_interrupt {
	uint8_t vector;
	uint64_t message_address;
	uint32_t message_data;
};

/* ERR_BUSY: all vectors are taken. ERR_NO_DEVICE: no message can reach the boot CPU. */
enum status device_vector_take(device_handler *handler, void *context,
                               struct device_interrupt *out_interrupt);
/* The I/O APIC's registers; NULL: there is none. Before the two below. */
void io_apic_start(void *registers);
bool interrupt_lines_exist(void);
/* A line of the ISA bus raises this vector at the boot CPU. ERR_NO_DEVICE: there is no such line.
 */
enum status interrupt_line_connect(uint32_t line, uint8_t vector);
void interrupt_line_disconnect(uint32_t line);

/* The device is quiet. After this the handler does not run and will not. */
void device_vector_release(uint8_t vector);

/* ---- random bytes ---- */

/* For keys: see libs/random. From the first call on, seeded with what the CPU has. */
void random_fill(void *buffer, size_t len);
/* Mixes bytes of a source in; any quality does no harm. */
void random_add(const void *bytes, size_t len);
/* How many bytes have come from sources. */
uint64_t random_heard(void);
/* Who is asked for more (with LOCK_INTERRUPT held) once a good deal was given out. NULL: nobody. */
void random_set_source(void (*ask)(void *context), void *context);
/* Asks the source if it is time. No lock may be held. */
void random_refresh(void);

/* ---- further CPUs ---- */

enum { CPU_TRAP_STACKS = 3 };

/* Makes zeroed memory of cpu_block_bytes(), 64-byte aligned, the data of CPU index; kept for ever.
 * trap_stacks: tops of CPU_TRAP_STACKS stacks. */
size_t cpu_block_bytes(void);
struct cpu *cpu_block_init(void *memory, uint32_t index, const uintptr_t *trap_stacks);
/* One of the CPUs that the next call starts; false when there are CPU_MAX. */
bool cpu_add_secondary(struct cpu *cpu, uintptr_t stack_top);
/*
 * Starts the machine's other CPUs; each calls entry on its stack. Waits until all added ones are
 * online, but no longer than about a second. page: RAM below 1 MiB that nobody uses.
 */
void cpu_start_secondaries(const struct acpi_machine *machine, paddr_t page, void *page_view,
                           void (*entry)(void));
/* For each further CPU. */
void cpu_enable_features_here(void);

/* Mask of the CPUs that run, by index. */
uint64_t cpu_online(void);
const struct cpu *cpu_at(uint32_t index);
/* How many interrupts these CPUs took; those of the watchdog are not counted. */
uint64_t cpu_interrupts(uint64_t cpus);
/* Sets cpu->reschedule there, soon. */
void cpu_send_reschedule(uint32_t index);
/*
 * Runs function on these CPUs, offline ones left out, and returns when all have done it. It runs
 * there in an interrupt or in a wait for a lock, so it must not take locks.
 */
void cpu_call(uint64_t cpus, void (*function)(void *argument), void *argument);
/* What others wait for; for code that waits with interrupts off. */
void cpu_answer_calls(void);
/* Stops all other CPUs for good. Does not return when another CPU is doing that. */
void cpu_stop_others(void);

/* Raw output; the log decides what goes where. */
bool debugcon_present(void);
void debugcon_write(const char *text, size_t len);
/* False when there is no working UART at COM1. */
bool serial_init(void);
void serial_write(const char *text, size_t len);
/* From here on hal_ops.serial_input is called. On the boot CPU, once interrupts are set up. */
void serial_receive_start(void);
/* The port keeps what comes, without an interrupt, until it is to receive again. On any CPU. */
void serial_receive_hold(void);
void serial_receive_again(void);
/* Bytes that have come; fewer than capacity: no more for now. */
size_t serial_read(uint8_t *out, size_t capacity);

/* COM2. False when there is no working UART. Interrupts come once some are wanted. */
bool second_port_init(void);
void second_port_want(bool received, bool sent);
/* Bytes that have come; fewer than capacity: no more for now. */
size_t second_port_read(uint8_t *out, size_t capacity);
/* How many it took; fewer: not before it is free again. */
size_t second_port_write(const uint8_t *bytes, size_t len);
/* In its interrupt: is there more to do? Asked until there is not: its line is heard when it rises.
 */
bool second_port_asks(void);

void power_init(const struct acpi_power *power);
/* They return when the machine does not do it. */
void power_off(void);
void power_reset(void);

/*
 * Reads one fw_cfg file whole. *out_size is its true size, also when it is
 * larger than capacity (ERR_TOO_BIG, nothing read). ERR_NOT_FOUND: no such
 * file; ERR_NO_DEVICE: no fw_cfg here.
 */
enum status fw_cfg_read(const char *name, void *buffer, size_t capacity, size_t *out_size);

/* Where a kernel stack goes on. Opaque; lives on that stack. */
struct context;

/*
 * Leaves the running context in *save and goes on in load. In line, as the function around it keeps
 * what it needs on its stack: only the frame pointer and where to go on are to be saved. Returns,
 * once somebody comes back, his save.
 */
static inline struct context **context_switch(struct context **save, struct context *load)
{
	__asm__ volatile("pushq %%rbp\n\t"
	                 "pushq $1f\n\t"
	                 "movq %%rsp, (%0)\n\t"
	                 "movq %1, %%rsp\n\t"
	                 "popq %%rax\n\t"
	                 "jmp *%%rax\n"
	                 "1:	popq %%rbp"
	                 : "+D"(save), "+S"(load)
	                 :
	                 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13",
	                   "r14", "r15", "memory", "cc");
	return save;
}

/*
 * Goes on in load for good, after last(argument) was called on its stack. To it it looks as if it
 * was switched from nobody.
 */
[[gnu::noreturn]] static inline void context_leave(struct context *load, void (*last)(void *),
                                                   void *argument, struct context **nobody)
{
	/* where a function keeps it */
	register struct context **kept __asm__("r12") = nobody;
	__asm__ volatile("movq %0, %%rsp\n\t"
	                 "movq %0, %%rbx\n\t"
	                 "andq $-16, %%rsp\n\t"
	                 "call *%1\n\t"
	                 "movq %%rbx, %%rsp\n\t"
	                 "movq %3, %%rdi\n\t"
	                 "popq %%rax\n\t"
	                 "jmp *%%rax"
	                 :
	                 : "a"(load), "d"(last), "D"(argument), "r"(kept)
	                 : "rbx", "memory", "cc");
	__builtin_unreachable();
}

/* A context that calls entry(argument, save of whom it was switched from) on the empty stack ending
 * at stack_top. entry must not return. */
struct context *context_prepare(void *stack_top,
                                void (*entry)(void *argument, struct context **left),
                                void *argument);

/*
 * Goes to ring 3 with these registers. frame lies on the running thread's kernel stack, which must
 * have been set before.
 */
[[gnu::noreturn]] void user_resume(const struct trap_frame *frame);
/* Registers of a program that starts. */
struct trap_frame trap_frame_start(uintptr_t instruction, uintptr_t stack);
/* The same with the other registers as they are. */
void trap_frame_go(struct trap_frame *frame, uintptr_t instruction, uintptr_t stack);
/* The frame of the thread that entered the kernel from ring 3 on the stack with this top. */
static inline struct trap_frame *trap_frame_at(void *stack_top)
{
	return (struct trap_frame *)stack_top - 1;
}
/* Makes flags that a program gave safe to return with: arithmetic and trap flags are its own. */
uint64_t trap_flags_for_user(uint64_t flags);

enum {
	FPU_IMAGE_MAX = 832, /* XSAVE: x87, SSE, AVX; without XSAVE only the first 512 */
	FPU_IMAGE_ALIGN = 64,
	FPU_FEATURES_MAX = 7, /* of XCR0 */
};

/*
 * What ring 3 has beside the registers of the trap frame: x87, SSE and AVX, and the bases of fs
 * and gs.
 */
struct fpu_state {
	uint64_t fs_base;
	uint64_t gs_base;
	void *image; /* in space; set by fpu_state_init */
	uint8_t space[FPU_IMAGE_MAX + FPU_IMAGE_ALIGN]; /* the image, aligned within */
};

void fpu_state_init(struct fpu_state *state);
/* The bases are not read back: ring 3 cannot change them itself. */
void fpu_state_save(struct fpu_state *state);
void fpu_state_load(const struct fpu_state *state);
/* Both at once. */
void fpu_state_switch(struct fpu_state *from, const struct fpu_state *to);
void fpu_bases_load(const struct fpu_state *state);
void fpu_state_copy(struct fpu_state *to, const struct fpu_state *from);
/* The image and its size, as signal frames show it. */
void *fpu_state_image(struct fpu_state *state);
size_t fpu_image_bytes(void);
/*
 * What the CPU holds, straight to an image in user memory, and back from there. False: there is no
 * XSAVE, or it faulted and nobody was asked; then any part may be done.
 */
bool fpu_put_user(uintptr_t image);
bool fpu_take_user(uintptr_t image);
/* Makes an image that a program wrote safe to load. */
void fpu_state_sanitize(struct fpu_state *state);
/* For the running CPU; decides about XSAVE. */
void fpu_enable(void);

/*
 * Copies len bytes; returns how many were NOT copied because an address faulted. mm checks ranges.
 * The first asks hal_ops.page_fault first, and so may sleep; the second is for holders of locks.
 */
size_t user_copy_raw(void *dst, const void *src, size_t len);
size_t user_copy_present(void *dst, const void *src, size_t len);
/*
 * Replaces an aligned word that is still expected; out_old is what it was. False: the address
 * faulted, as for user_copy_raw.
 */
bool user_exchange_word(uintptr_t address, uint32_t expected, uint32_t word, uint32_t *out_old);
/* Four words. False: the address faulted, and nobody was asked. */
bool user_put_words(uintptr_t dst, const uint64_t words[4]);
bool user_put_pair(uintptr_t dst, uint64_t first, uint64_t second);

/*
 * The frame chain that starts at frame_pointer, nearest first; any value is
 * safe. Returns the count written. For core_ops.
 */
size_t backtrace_walk(uintptr_t frame_pointer, struct core_frame *out_frames, size_t capacity);

/* Ends the machine for good when nothing ended it before. */
[[gnu::noreturn]] void cpu_halt_forever(void);
