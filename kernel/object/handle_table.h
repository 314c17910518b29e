/*
 * Inside of a handle table. Inside kernel/object only.
 */
#pragma once

#include "object/api.h"

struct handle_entry {
	struct object *object; /* owned reference; NULL when free */
	uint32_t rights;
	uint32_t flags;
};

struct handle_chunk {
	uint64_t used; /* bit per entry */
	struct handle_entry entries[HANDLE_CHUNK];
};

/* The lowest number from first on that is in use; HANDLES_MAX: none is. */
uint32_t handle_table_next(struct handle_table *table, uint32_t first);
/* NULL when free. The table's lock is held. */
struct handle_entry *handle_table_find(struct handle_table *table, uint64_t handle);
