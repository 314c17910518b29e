/*
 * The face of kernel/compat: system calls, from the registers to the answer.
 *
 * Decoding is generated from registry/syscalls.toml; each live call ends in a
 * function sys_<name> that has checked and typed arguments.
 */
#pragma once

#include "hal/api.h"
#include <stdint.h>

/* For hal_ops.syscall. Number in rax; rdi rsi rdx r10 r8 r9; the answer goes into rax. */
void compat_syscall(struct trap_frame *frame);
/* For hal_ops.user_return. */
void compat_user_return(struct trap_frame *frame);
/* Signals and the end of the task; frame is what the program goes on with. */
void compat_do_work(struct trap_frame *frame);
