/*
 * Files of data volumes that the kernel holds: how often, and where they were found.
 *
 * The kernel knows the counts, too: who begins anew asks it.
 */
#pragma once

#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOLDS_MAX = 4096, HOLDS_BUCKETS = 1024 };

struct hold {
	uint64_t count; /* 0: the cell is free */
	uint32_t volume, file;
	uint32_t directory; /* where its name was found; 0: nobody knows */
	uint32_t next; /* of its bucket, or of the free cells; 0: the end */
	bool is_linkable; /* it never had a name, and may get one */
};

struct holds {
	struct hold cells[HOLDS_MAX]; /* 0 is none */
	uint32_t buckets[HOLDS_BUCKETS];
	uint32_t used, free;
};

/* NULL: it is not held. */
struct hold *holds_find(struct holds *holds, uint32_t volume, uint32_t file);
/* directory 0 changes nothing. ERR_NO_MEMORY: no cell is left. */
enum status holds_add(struct holds *holds, const struct hold *hold);
/* At most as many as there are. True: none is left. */
bool holds_drop(struct holds *holds, const struct hold *hold);
bool holds_any(const struct holds *holds, uint32_t volume);
