/* Handle tables as processes are copied, replaced and redirected. */
#include "object/handle_table.h"

/* With a reference of its own; in place of what is there. */
static enum status handle_put_entry(struct handle_table *table, uint32_t index,
                                    const struct handle_entry *entry)
{
	struct handle_entry old = {};
	object_ref(entry->object);
	handle_entry_added(entry);
	spinlock_acquire(&table->lock);
	enum status status = handle_table_put_at(table, index, entry, &old);
	spinlock_release(&table->lock);
	if (old.object)
		handle_entry_removed(&old);
	if (status != OK)
		handle_entry_removed(entry);
	return status;
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
			status = handle_put_entry(to, i, &entry);
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
	const struct handle_entry entry = {
	        .object = request->object,
	        .rights = request->rights & request->object->type->rights,
	        .flags = request->flags,
	};
	spinlock_acquire(&table->lock);
	uint32_t limit = table->limit;
	spinlock_release(&table->lock);
	return handle < limit ? handle_put_entry(table, handle, &entry) : ERR_BAD_HANDLE;
}
