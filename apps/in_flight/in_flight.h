/* Calls of a program that a service answers, and what the registry says of its death with them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { ROUNDS = 5 }; /* each operation is made so often at most */

struct operation {
	const char *service, *name;
	uint64_t idempotent; /* set of operations that are sent again */
	unsigned number; /* in that set */
	/* The files of that round; as a system call: below 0 and errno. */
	long (*call)(unsigned round);
};

extern const struct operation operations[];
extern const size_t operation_count;

/* What the operations are about, written to the disk. False: it cannot be made. */
int operations_prepare(void);
