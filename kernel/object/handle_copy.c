/* Handle tables as processes are copied, replaced and redirected. */
#include "object/handle_table.h"

static enum status handle_copy_entry(struct handle_table *to, const struct handle_entry *entry,
                                     uint32_t index)
{
	const struct handle_request request = {
	        .object = entry->object,
	        .rights = entry->rights,
	        .flags = entry->flags,
	        .first = index,
	};
	int32_t handle;
	return handle_table_add(to, &request, &handle);
}

/* A copy with a reference; false when free. */
static bool handle_look_at(struct handle_table *table, uint32_t index, struct handle_entry *out)
{
	spinlock_acquire(&table->lock);
	const struct handle_entry *entry = handle_table_find(table, index);
	if (entry) {
		*out = *entry;
		object_ref(entry->object);
	}
	spinlock_release(&table->lock);
	return entry;
}

enum status handle_table_copy(struct handle_table *to, struct handle_table *from)
{
	uint32_t i = 0;
	for (; (i = handle_table_next(from, i)) < HANDLES_MAX; i++) {
		struct handle_entry entry;
		if (!handle_look_at(from, i, &entry))
			continue;
		enum status status = OK;
		if (entry.object->type->is_inherited)
			status = handle_copy_entry(to, &entry, i);
		object_unref(entry.object);
		if (status != OK)
			return status;
	}
	return OK;
}

void handle_table_close_marked(struct handle_table *table, uint32_t flags)
{
	uint32_t i = 0;
	for (; (i = handle_table_next(table, i)) < HANDLES_MAX; i++) {
		struct handle_facts facts;
		if (handle_table_look(table, i, &facts) == OK && (facts.flags & flags))
			(void)!handle_table_close(table, i);
	}
}

enum status handle_table_replace(struct handle_table *table, uint32_t handle,
                                 const struct handle_request *request)
{
	struct handle_request exact = *request;
	int32_t got = -1;
	exact.first = handle;
	if (handle >= table->limit)
		return ERR_BAD_HANDLE;
	/* between the two another thread may take the number: then once more */
	while (got != (int32_t)handle) {
		if (got >= 0)
			(void)!handle_table_close(table, (uint32_t)got);
		(void)!handle_table_close(table, handle);
		TRY(handle_table_add(table, &exact, &got));
	}
	return OK;
}
