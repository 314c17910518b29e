/*
 * Handles in chunks of 64: a bit says which are used, a bit in the table which chunks are full, so
 * the lowest free number is found in two steps. Callbacks of objects run without the lock.
 */
#include "object/handle_table.h"

void handle_table_init(struct handle_table *table, const struct object_memory *memory,
                       uint32_t limit)
{
	*table = (struct handle_table){.memory = memory, .lock = SPINLOCK_INIT(LOCK_HANDLES)};
	handle_table_set_limit(table, limit);
}

void handle_table_set_limit(struct handle_table *table, uint32_t limit)
{
	spinlock_acquire(&table->lock);
	table->limit = limit < HANDLES_MAX ? limit : HANDLES_MAX;
	spinlock_release(&table->lock);
}

void handle_table_lower_limit(struct handle_table *table, uint32_t limit)
{
	spinlock_acquire(&table->lock);
	if (limit < table->limit)
		table->limit = limit;
	spinlock_release(&table->lock);
}

void handle_table_renew(struct handle_table *table)
{
	spinlock_acquire(&table->lock);
	__atomic_store_n(&table->version, table->version + 1, __ATOMIC_RELEASE);
	spinlock_release(&table->lock);
}

uint32_t handle_table_count(struct handle_table *table)
{
	spinlock_acquire(&table->lock);
	uint32_t count = table->count;
	spinlock_release(&table->lock);
	return count;
}

struct handle_entry *handle_table_find(struct handle_table *table, uint64_t handle)
{
	if (handle >= HANDLES_MAX)
		return NULL;
	struct handle_chunk *chunk = table->chunks[handle / HANDLE_CHUNK];
	if (!chunk || !(chunk->used >> handle % HANDLE_CHUNK & 1))
		return NULL;
	return &chunk->entries[handle % HANDLE_CHUNK];
}

uint32_t handle_table_next(struct handle_table *table, uint32_t first)
{
	uint32_t found = HANDLES_MAX;
	if (first >= HANDLES_MAX)
		return found;
	uint64_t skipped = (1ULL << first % HANDLE_CHUNK) - 1;
	spinlock_acquire(&table->lock);
	for (uint32_t i = first / HANDLE_CHUNK; i < HANDLE_CHUNKS_MAX; i++, skipped = 0) {
		uint64_t used = table->chunks[i] ? table->chunks[i]->used & ~skipped : 0;
		if (!used)
			continue;
		found = i * HANDLE_CHUNK + (uint32_t)__builtin_ctzll(used);
		break;
	}
	spinlock_release(&table->lock);
	return found;
}

/* NULL: no memory. The lock is held. */
static struct handle_chunk *handle_table_chunk(struct handle_table *table, uint32_t chunk)
{
	if (!table->chunks[chunk])
		table->chunks[chunk] = table->memory->alloc(sizeof *table->chunks[chunk]);
	return table->chunks[chunk];
}

/* The lowest free number from first on. The lock is held. */
static enum status handle_table_reserve(struct handle_table *table, uint32_t first,
                                        uint32_t *out_index)
{
	if (table->count >= table->limit || first >= HANDLES_MAX)
		return ERR_TOO_MANY_HANDLES;
	uint64_t skipped = (1ULL << first % HANDLE_CHUNK) - 1;
	for (uint32_t i = first / HANDLE_CHUNK; i < HANDLE_CHUNKS_MAX; i++, skipped = 0) {
		if (table->full >> i & 1)
			continue;
		struct handle_chunk *chunk = handle_table_chunk(table, i);
		if (!chunk)
			return ERR_NO_MEMORY;
		uint64_t taken = chunk->used | skipped;
		if (taken == UINT64_MAX)
			continue;
		*out_index = i * HANDLE_CHUNK + (uint32_t)__builtin_ctzll(~taken);
		return OK;
	}
	return ERR_TOO_MANY_HANDLES;
}

/* At a free number whose chunk is there. Takes the reference in entry. The lock is held. */
static void handle_table_fill(struct handle_table *table, uint32_t index,
                              const struct handle_entry *entry)
{
	struct handle_chunk *chunk = table->chunks[index / HANDLE_CHUNK];
	chunk->entries[index % HANDLE_CHUNK] = *entry;
	chunk->used |= 1ULL << index % HANDLE_CHUNK;
	if (chunk->used == UINT64_MAX)
		table->full |= 1ULL << index / HANDLE_CHUNK;
	table->count++;
}

/* Takes the reference in entry. The lock is held. */
static enum status handle_table_put(struct handle_table *table, const struct handle_entry *entry,
                                    uint32_t first, int32_t *out_handle)
{
	uint32_t index = 0;
	TRY(handle_table_reserve(table, first, &index));
	handle_table_fill(table, index, entry);
	*out_handle = (int32_t)index;
	return OK;
}

/* What was there; its reference is the caller's. The lock is held. */
static struct handle_entry handle_table_take(struct handle_table *table, uint32_t index)
{
	struct handle_chunk *chunk = table->chunks[index / HANDLE_CHUNK];
	struct handle_entry entry = chunk->entries[index % HANDLE_CHUNK];
	chunk->entries[index % HANDLE_CHUNK] = (struct handle_entry){};
	chunk->used &= ~(1ULL << index % HANDLE_CHUNK);
	table->full &= ~(1ULL << index / HANDLE_CHUNK);
	table->count--;
	__atomic_store_n(&table->version, table->version + 1, __ATOMIC_RELEASE);
	return entry;
}

enum status handle_table_put_at(struct handle_table *table, uint32_t index,
                                const struct handle_entry *entry, struct handle_entry *out_old)
{
	*out_old = (struct handle_entry){};
	if (handle_table_find(table, index))
		*out_old = handle_table_take(table, index);
	if (!handle_table_chunk(table, index / HANDLE_CHUNK))
		return ERR_NO_MEMORY;
	handle_table_fill(table, index, entry);
	return OK;
}

void handle_entry_added(const struct handle_entry *entry)
{
	if (entry->object->type->handle_added)
		entry->object->type->handle_added(entry->object, entry->rights);
}

void handle_entry_removed(const struct handle_entry *entry)
{
	if (entry->object->type->handle_removed)
		entry->object->type->handle_removed(entry->object, entry->rights);
	object_unref(entry->object);
}

enum status handle_table_add(struct handle_table *table, const struct handle_request *request,
                             int32_t *out_handle)
{
	const struct handle_entry entry = {
	        .object = object_ref(request->object),
	        .rights = request->rights & request->object->type->rights,
	        .flags = request->flags,
	};
	/* first counted, so that closing it on another CPU finds it counted */
	handle_entry_added(&entry);
	spinlock_acquire(&table->lock);
	enum status status = handle_table_put(table, &entry, request->first, out_handle);
	spinlock_release(&table->lock);
	if (status != OK)
		handle_entry_removed(&entry);
	return status;
}

/* A copy of the entry with a reference for the caller. */
static enum status handle_table_pick(struct handle_table *table, uint64_t handle, uint32_t rights,
                                     struct handle_entry *out_entry)
{
	enum status status = OK;
	spinlock_acquire(&table->lock);
	const struct handle_entry *entry = handle_table_find(table, handle);
	if (!entry) {
		status = ERR_BAD_HANDLE;
	} else if (rights & ~entry->rights) {
		status = ERR_ACCESS_DENIED;
	} else {
		*out_entry = *entry;
		object_ref(entry->object);
	}
	spinlock_release(&table->lock);
	return status;
}

enum status handle_table_get(struct handle_table *table, uint64_t handle,
                             const struct object_type *type, uint32_t rights,
                             struct object **out_object)
{
	enum status status = OK;
	spinlock_acquire(&table->lock);
	const struct handle_entry *entry = handle_table_find(table, handle);
	if (!entry || (type && entry->object->type != type))
		status = ERR_BAD_HANDLE;
	else if (rights & ~entry->rights)
		status = ERR_ACCESS_DENIED;
	else
		*out_object = object_ref(entry->object);
	spinlock_release(&table->lock);
	return status;
}

enum status handle_table_get_all(struct handle_table *table, uint64_t handle, uint32_t rights,
                                 struct object **out_object, uint32_t *out_rights)
{
	struct handle_entry entry;
	TRY(handle_table_pick(table, handle, rights, &entry));
	*out_object = entry.object;
	*out_rights = entry.rights;
	return OK;
}

enum status handle_table_look(struct handle_table *table, uint64_t handle,
                              struct handle_facts *out_facts)
{
	spinlock_acquire(&table->lock);
	const struct handle_entry *entry = handle_table_find(table, handle);
	if (entry)
		*out_facts =
		        (struct handle_facts){entry->object->type, entry->rights, entry->flags};
	spinlock_release(&table->lock);
	return entry ? OK : ERR_BAD_HANDLE;
}

enum status handle_table_set_flags(struct handle_table *table, uint64_t handle, uint32_t flags)
{
	spinlock_acquire(&table->lock);
	struct handle_entry *entry = handle_table_find(table, handle);
	if (entry)
		entry->flags = flags;
	spinlock_release(&table->lock);
	return entry ? OK : ERR_BAD_HANDLE;
}

enum status handle_table_close(struct handle_table *table, uint64_t handle)
{
	struct handle_entry entry = {};
	spinlock_acquire(&table->lock);
	if (handle_table_find(table, handle))
		entry = handle_table_take(table, (uint32_t)handle);
	spinlock_release(&table->lock);
	if (!entry.object)
		return ERR_BAD_HANDLE;
	handle_entry_removed(&entry);
	return OK;
}

enum status handle_table_duplicate(struct handle_table *table, uint64_t handle, uint32_t mask,
                                   uint32_t first, int32_t *out_handle)
{
	struct handle_entry entry;
	TRY(handle_table_pick(table, handle, RIGHT_DUPLICATE, &entry));
	const struct handle_request request = {
	        .object = entry.object,
	        .rights = entry.rights & mask,
	        .first = first,
	};
	enum status status = handle_table_add(table, &request, out_handle);
	object_unref(entry.object);
	return status;
}

enum status handle_table_export(struct handle_table *table, uint64_t handle,
                                struct handle_transfer *out_transfer)
{
	static uint64_t last_ticket; /* atomic */
	struct handle_entry entry;
	TRY(handle_table_pick(table, handle, RIGHT_TRANSFER, &entry));
	/* on its way it counts as a handle */
	handle_entry_added(&entry);
	*out_transfer = (struct handle_transfer){
	        .object = entry.object,
	        .rights = entry.rights,
	        .ticket = __atomic_add_fetch(&last_ticket, 1, __ATOMIC_RELAXED),
	};
	return OK;
}

enum status handle_table_install(struct handle_table *table, struct handle_transfer *transfers,
                                 size_t count, int32_t *out_handles)
{
	for (size_t i = 0; i < count; i++)
		if (!transfers[i].ticket)
			return ERR_INVALID_ARGS;

	enum status status = OK;
	size_t done = 0;
	spinlock_acquire(&table->lock);
	for (; done < count && status == OK; done++) {
		const struct handle_entry entry = {transfers[done].object, transfers[done].rights,
		                                   0};
		status = handle_table_put(table, &entry, HANDLE_FIRST_NATIVE, &out_handles[done]);
	}
	/* the one that failed took no place */
	if (status != OK)
		for (done--; done > 0; done--)
			handle_table_take(table, (uint32_t)out_handles[done - 1]);
	spinlock_release(&table->lock);
	if (status == OK)
		for (size_t i = 0; i < count; i++)
			transfers[i] = (struct handle_transfer){};
	return status;
}

void handle_transfer_drop(struct handle_transfer *transfers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!transfers[i].ticket)
			continue;
		const struct handle_entry entry = {transfers[i].object, transfers[i].rights, 0};
		transfers[i] = (struct handle_transfer){};
		handle_entry_removed(&entry);
	}
}

void handle_table_release(struct handle_table *table)
{
	uint32_t at = 0;
	while ((at = handle_table_next(table, at)) < HANDLES_MAX)
		(void)!handle_table_close(table, at);
	for (uint32_t i = 0; i < HANDLE_CHUNKS_MAX; i++) {
		if (table->chunks[i])
			table->memory->free(table->chunks[i], sizeof *table->chunks[i]);
		table->chunks[i] = NULL;
	}
}
