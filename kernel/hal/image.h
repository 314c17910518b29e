/*
 * Symbols of the linker script and of the assembly files. Private to hal.
 */
#pragma once

#include "hal/cpu/cpu.h"
#include "hal/trap/trap_frame.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exception_fixup {
	uint64_t instruction; /* may fault */
	uint64_t resume;
};

extern const struct exception_fixup _exception_table_start[];
extern const struct exception_fixup _exception_table_end[];

/* trap_entry.S: 256 entry points of 16 bytes */
extern const char trap_gates[];
extern const char syscall_entry[];
/* The instructions of user_copy_raw that may fault. */
extern const char user_copy_fault[], user_copy_tail_fault[], user_exchange_fault[];
/* False when the address faults. */
bool memory_peek(uintptr_t address, uint64_t *out_value);

/* context.S */
extern const char context_begin[];

/* secondary.S: what is copied low; the variables that it reads */
extern const char secondary_code[], secondary_code_end[];
extern uint64_t secondary_page_root, secondary_stacks[];
extern uint32_t secondary_slots, secondary_taken;

/* Called from assembly. */
void secondary_main(uint32_t slot);
void trap_dispatch(struct trap_frame *frame);
/* Before ring 3 goes on, perhaps with other registers than it came with. */
void trap_leave(struct trap_frame *frame);
extern const struct hal_ops *hal_installed_ops;
void cpu_seed_guard(void);

/* Descriptor tables, per-CPU data and system call entry of the running CPU. */
void cpu_load(struct cpu *cpu);
/* From here on others may call this CPU. */
void cpu_set_online(struct cpu *cpu);
/* Does not return when another CPU stops the machine. */
void cpu_stop_if_asked(void);

/* Read by assembly on every entry. */
extern bool cpu_smap_on;
