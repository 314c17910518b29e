/* Changing limits by the rules of setrlimit(2). */
#pragma once

#include <abi/status.h>
#include <abi/syscalls.h>
#include <stdbool.h>

/*
 * ERR_INVALID_ARGS: no such limit, or above its maximum; ERR_NOT_PERMITTED: a higher maximum
 * without privileges, more descriptors than a process can have, or a limit that nothing here keeps.
 */
enum status limits_set(struct limits_slot *slot, uint64_t which, const struct limit_pair *wanted,
                       bool is_privileged);
