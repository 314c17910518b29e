/*
 * What services decide about a process: written as a whole by the service that owns the kind,
 * copied on fork, gone with the process. Part of ps/api.h.
 */
#pragma once

#include <abi/status.h>
#include <abi/syscalls.h>
#include <stdbool.h>
#include <stddef.h>

/* Linux include/uapi/asm-generic/resource.h */
enum limit {
	LIMIT_CPU = 0,
	LIMIT_FILE_SIZE = 1,
	LIMIT_STACK = 3,
	LIMIT_CORE = 4,
	LIMIT_PROCESSES = 6,
	LIMIT_DESCRIPTORS = 7,
	LIMIT_ADDRESSES = 9,
	LIMIT_NICE = 13,
	LIMIT_REAL_TIME = 14,
};

#define LIMIT_NONE UINT64_MAX

/* Of the calling process; fields may be read one by one. */
const struct credentials_slot *process_credentials(void);
/* Of the calling process, of which nothing is refused by its user; true in a kernel thread. */
bool process_is_privileged(void);
/* The current one of the calling process; LIMIT_NONE in a kernel thread. */
uint64_t process_limit_of(enum limit limit);
/* Of the machine, as a whole. */
void system_names(struct names_slot *out);

/* Bytes of a kind; 0: no such kind. */
size_t slot_size(uint32_t kind);
/* Of a living process; state has slot_size bytes. ERR_NO_PROCESS. */
enum status slot_read(uint64_t pid, uint32_t kind, void *state);
/*
 * Takes effect at once. ERR_INVALID_ARGS: no such state: another version, too many groups, a limit
 * above its maximum, a name without an end; ERR_NO_PROCESS.
 */
enum status slot_write(uint64_t pid, uint32_t kind, const void *state);
