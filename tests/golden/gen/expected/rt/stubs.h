/* Generated from registry/syscalls.toml; edit that. */
#pragma once

#include <abi/status.h>
#include <abi/syscalls.h>

/* Any call by number; the raw result. Unused arguments are 0. */
static inline int64_t rustos_syscall(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2,
				     uint64_t a3, uint64_t a4, uint64_t a5)
{
	register uint64_t r10 __asm__("r10") = a3;
	register uint64_t r8 __asm__("r8") = a4;
	register uint64_t r9 __asm__("r9") = a5;
	int64_t answer;
	__asm__ volatile("syscall"
			 : "=a"(answer)
			 : "a"(number), "D"(a0), "S"(a1), "d"(a2), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return answer;
}

/* Take records. */
static inline enum status rustos_take(struct record *records, uint64_t capacity,
		uint32_t flags, uint32_t *out_count)
{
	int64_t answer = rustos_syscall(SYS_RUSTOS_TAKE, (uintptr_t)records, (uint64_t)capacity,
		(uint64_t)flags, 0, 0, 0);
	if (answer < 0)
		return (enum status)answer;
	*out_count = (uint32_t)answer;
	return OK;
}

/* Put one record, bytes and strings. */
static inline enum status rustos_put(const struct record *one, const void *blob,
		const char *path, const char *const *names, int64_t offset, int32_t mode)
{
	return (enum status)rustos_syscall(SYS_RUSTOS_PUT, (uintptr_t)one, (uintptr_t)blob,
		(uintptr_t)path, (uintptr_t)names, (uint64_t)offset, (uint64_t)mode);
}

/* Nothing in, nothing out. */
static inline enum status rustos_tick(void)
{
	return (enum status)rustos_syscall(SYS_RUSTOS_TICK, 0, 0, 0, 0, 0, 0);
}

/* Does not come back. */
[[gnu::noreturn]] static inline void rustos_leave(int32_t code)
{
	rustos_syscall(SYS_RUSTOS_LEAVE, (uint64_t)code, 0, 0, 0, 0, 0);
	__builtin_trap();
}
