/* What a program may map, by the rules of mmap(2) and its relatives. */
#pragma once

#include <abi/status.h>
#include <abi/syscalls.h>
#include <stdbool.h>

struct memory_rules {
	struct mm_layout layout; /* of the process */
	uint64_t addresses_max; /* bytes that it may have mapped */
};

struct memory_plan {
	struct mm_broker_args args; /* op, and what it needs; whose it is is not said */
	bool is_hint; /* anywhere else does as well when something is mapped there */
};

/*
 * wanted: the arguments of mmap. ERR_INVALID_ARGS; ERR_NOT_PERMITTED: below what programs may have;
 * ERR_NO_MEMORY: above it, or more than the process may have.
 */
enum status memory_plan_map(const struct memory_rules *rules, const uint64_t wanted[6],
                            struct memory_plan *out);
/* wanted: those of mprotect. A length of 0 has a size of 0: there is nothing to do. */
enum status memory_plan_protect(const uint64_t wanted[3], struct memory_plan *out);
/* wanted: those of munmap. */
enum status memory_plan_unmap(const uint64_t wanted[2], struct memory_plan *out);
