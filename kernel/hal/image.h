/*
 * Symbols of the linker script and of the assembly files. Private to hal.
 */
#pragma once

#include "hal/trap_frame.h"
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
/* The instruction of user_copy_raw that may fault. */
extern const char user_copy_fault[];
/* False when the address faults. */
bool memory_peek(uintptr_t address, uint64_t *out_value);

/* context.S */
extern const char context_begin[];

/* Called from assembly. */
void trap_dispatch(struct trap_frame *frame);
void cpu_seed_guard(void);

/* Read by assembly on every entry. */
extern bool cpu_smap_on;
