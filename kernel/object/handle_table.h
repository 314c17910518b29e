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
/*
 * At index, whatever the limit; out_old is what was there, and its reference the caller's. Takes
 * the reference in entry. ERR_NO_MEMORY. The table's lock is held.
 */
enum status handle_table_put_at(struct handle_table *table, uint32_t index,
                                const struct handle_entry *entry, struct handle_entry *out_old);
/* A handle comes, before others may find it; or has left, with its reference. Without the lock. */
void handle_entry_added(const struct handle_entry *entry);
void handle_entry_removed(const struct handle_entry *entry);
