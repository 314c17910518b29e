/*
 * Linux calls by number (abi/linux_syscalls.h), and threads, without a C library.
 */
#pragma once

#include <abi/linux_syscalls.h>
#include <rt/api.h>

/* CALL(LINUX_READ, fd, buffer, len): up to six arguments; answers as Linux does. */
#define CALL(number, ...) CALL_(number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(number, a, b, c, d, e, f, ...)                                                       \
	rustos_syscall(number, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d),         \
	               (uint64_t)(e), (uint64_t)(f))

/*
 * A thread of this process on the stack below stack_end, which is 16-byte aligned. *tid is its id
 * while it lives and 0 afterwards. Returns the id or a negative status.
 */
int64_t linux_thread_start(void (*function)(void *), void *argument, char *stack_end, int32_t *tid);
/* Sleeps until *tid is 0. */
void linux_thread_join(const int32_t *tid);
/*
 * A copy of this process, as fork answers. Without one the program ends: who goes on with an error
 * as if it were a process sends signals to strangers, and waits for children that never were.
 */
int64_t linux_fork_or_exit(void);
