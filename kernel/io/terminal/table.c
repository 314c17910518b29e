/* The numbers of pseudo-terminals, which are their names in /dev/pts. */
#include "io/api.h"
#include "io/terminal/terminal.h"
#include <base/cleanup.h>

struct terminal_table {
	struct spinlock lock;
	/* guarded by lock */
	struct terminal *entries[PSEUDO_TERMINALS_MAX]; /* NULL: free */
};

static struct terminal_table terminal_table = {.lock = SPINLOCK_INIT(LOCK_FILE)};

enum status terminal_table_add(struct terminal *terminal, uint32_t *out_number)
{
	struct terminal_table *table = &terminal_table;
	uint32_t number = 0;
	spinlock_acquire(&table->lock);
	while (number < PSEUDO_TERMINALS_MAX && table->entries[number])
		number++;
	if (number < PSEUDO_TERMINALS_MAX)
		table->entries[number] = terminal;
	spinlock_release(&table->lock);
	*out_number = number;
	return number < PSEUDO_TERMINALS_MAX ? OK : ERR_NO_SPACE;
}

void terminal_table_remove(uint32_t number)
{
	spinlock_acquire(&terminal_table.lock);
	terminal_table.entries[number] = NULL;
	spinlock_release(&terminal_table.lock);
}

/* A reference to what has not lost its last one already. The lock is held. */
static struct terminal *terminal_table_ref(struct terminal *terminal)
{
	uint32_t count = __atomic_load_n(&terminal->references, __ATOMIC_RELAXED);
	while (count && !__atomic_compare_exchange_n(&terminal->references, &count, count + 1,
	                                             false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		;
	return count ? terminal : NULL;
}

struct terminal *pseudo_terminal_get(uint32_t number)
{
	struct terminal_table *table = &terminal_table;
	struct terminal *found = NULL;
	spinlock_acquire(&table->lock);
	if (number < PSEUDO_TERMINALS_MAX && table->entries[number])
		found = terminal_table_ref(table->entries[number]);
	spinlock_release(&table->lock);
	return found;
}

struct terminal *pseudo_terminal_of_session(uint64_t session)
{
	struct terminal_table *table = &terminal_table;
	struct terminal *found = NULL;
	spinlock_acquire(&table->lock);
	for (size_t i = 0; i < PSEUDO_TERMINALS_MAX && !found; i++) {
		struct terminal *each = table->entries[i];
		if (each && __atomic_load_n(&each->session, __ATOMIC_RELAXED) == session)
			found = terminal_table_ref(each);
	}
	spinlock_release(&table->lock);
	return found;
}

size_t terminal_list(uint64_t from, struct terminal_figures *out, size_t capacity)
{
	size_t count = 0;
	for (uint64_t i = from; i < PSEUDO_TERMINALS_MAX && count < capacity; i++) {
		struct terminal *terminal = pseudo_terminal_get((uint32_t)i);
		if (!terminal)
			continue;
		if (!terminal->is_gone)
			out[count++] = (struct terminal_figures){.number = (uint32_t)i};
		terminal_unref(terminal);
	}
	return count;
}
