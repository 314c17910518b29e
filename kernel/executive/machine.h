/*
 * How the kernel's output leaves the machine, and how the machine ends.
 * Private to the executive.
 */
#pragma once

#include "ps/api.h"
#include <abi/status.h>
#include <base/str.h>
#include <stdint.h>

/* Probes debugcon and COM1; installs the operations of kernel/core. The per-CPU data must stand. */
void machine_install_core(void);

/* Reports fault counters and frame statistics, then ends with the value for the exit port. */
[[gnu::noreturn]] void machine_end(uint8_t value);
/*
 * Remembers what the kernel holds now, to compare with the end: the last thing before the first
 * program. ERR_NO_MEMORY.
 */
enum status machine_mark_usage(void);
/* For process_setup: at once, whoever runs. */
[[gnu::noreturn]] void machine_switch(enum machine_switch how);
/* For process_setup: instead of ending with the first program's status. */
void machine_switch_after(enum machine_switch how);
/* If fw_cfg asks for it: ends programs that wait for ever, and says which. ERR_NO_MEMORY. */
enum status machine_watch_rest(void);
/* For process_setup. The machine ends on a thread of its own, once the caller's is gone. */
[[gnu::noreturn]] void machine_end_with_program(int32_t status);
