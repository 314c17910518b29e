/* Generated from registry/syscalls.toml; edit that. */
#pragma once

#include "mm/api.h"
#include <abi/status.h>
#include <abi/syscalls.h>

/* args: rdi rsi rdx r10 r8 r9. The value for rax. */
int64_t syscall_dispatch(uint64_t number, const uint64_t args[6]);
/* The name of a call of RustOS or Linux, whatever its state; NULL when there is none. */
const char *syscall_name(uint64_t number);
/* Called before a number that nothing answers is refused. name may be NULL. */
void syscall_unknown(uint64_t number, const char *name);

/* The calls themselves; arguments are decoded, pointers are not yet copied. */

/* Take records. */
enum status sys_take(struct user_out records, uint32_t flags, uint32_t *out_count);

/* Put one record, bytes and strings. */
enum status sys_put(struct user_in one, struct user_in blob, uintptr_t path,
		uintptr_t names, int64_t offset, int32_t mode);

/* Nothing in, nothing out. */
enum status sys_tick(void);

/* Does not come back. */
[[gnu::noreturn]] void sys_leave(int32_t code);

/* Linux calls; the value for rax. */
[[gnu::noinline]] int64_t linux_read(void);
[[gnu::noinline]] int64_t linux_write(int32_t descriptor, uintptr_t buffer,
		uint64_t length);
