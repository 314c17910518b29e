/* What the calls that start programs copy out of user memory. Private to compat. */
#pragma once

#include "ps/api.h"

/* One vector of strings, copied. */
struct spawn_strings {
	struct str texts[SPAWN_EXEC_ENVS_MAX];
	size_t count;
	char bytes[SPAWN_EXEC_ENVS_BYTES_MAX];
	size_t used;
};

struct spawn_limits {
	size_t count;
	size_t bytes;
};

extern const struct spawn_limits spawn_argument_limits, spawn_environment_limits;

/* A vector ends with NULL; the vector itself may be NULL and is then empty. */
enum status spawn_copy_vector(struct spawn_strings *strings, struct spawn_limits limits,
                              uintptr_t vector);
/*
 * Of a broker that acts on a thread in exec: reply_cap stands for that thread's call to the caller,
 * whose maker becomes target->thread. ERR_NO_PROCESS.
 */
enum status exec_target_check(struct exec_target *target, uint64_t reply_cap);
/* The flags of spawn_exec: what the program is, and may register and look up. ERR_INVALID_ARGS. */
enum status spawn_take_flags(uint64_t flags, struct process_request *request);
