#include "core/symbols.h"
#include <string.h>

enum {
	SYMBOL_HEADER_BYTES = 16,
	SYMBOL_ENTRY_BYTES = 16,
};

static struct symbol_table symbols_of_kernel;
static struct symbol_source *symbol_sources; /* atomic, as is each next */

struct symbol_entry {
	uint64_t address;
	uint32_t name;
	uint32_t size;
};

static uint32_t symbol_u32(struct str bytes, size_t offset)
{
	uint32_t value;
	memcpy(&value, bytes.ptr + offset, sizeof value);
	return value;
}

/* index < table->count */
static struct symbol_entry symbol_entry(const struct symbol_table *table, size_t index)
{
	struct symbol_entry entry;
	memcpy(&entry, table->entries.ptr + index * SYMBOL_ENTRY_BYTES, sizeof entry);
	return entry;
}

static bool symbol_entries_are_sound(const struct symbol_table *table)
{
	uint64_t before = 0;
	for (uint32_t i = 0; i < table->count; i++) {
		struct symbol_entry entry = symbol_entry(table, i);
		if (entry.address < before || entry.name >= table->names.len)
			return false;
		before = entry.address;
	}
	return true;
}

enum status symbol_table_open(struct str bytes, struct symbol_table *out_table)
{
	if (bytes.len < SYMBOL_HEADER_BYTES || !str_starts_with(bytes, STR("RSYM")) ||
	    symbol_u32(bytes, 4) != SYMBOL_TABLE_VERSION)
		return ERR_INVALID_ARGS;

	uint32_t count = symbol_u32(bytes, 8);
	uint32_t names_bytes = symbol_u32(bytes, 12);
	uint64_t entries_bytes = (uint64_t)count * SYMBOL_ENTRY_BYTES;
	if (bytes.len - SYMBOL_HEADER_BYTES != entries_bytes + names_bytes)
		return ERR_INVALID_ARGS;

	struct symbol_table table = {
	        .entries = {bytes.ptr + SYMBOL_HEADER_BYTES, entries_bytes},
	        .names = {bytes.ptr + SYMBOL_HEADER_BYTES + entries_bytes, names_bytes},
	        .count = count,
	};
	if (names_bytes && table.names.ptr[names_bytes - 1] != '\0')
		return ERR_INVALID_ARGS;
	if (!symbol_entries_are_sound(&table))
		return ERR_INVALID_ARGS;
	*out_table = table;
	return OK;
}

bool symbol_find(const struct symbol_table *table, uint64_t address, struct symbol_hit *out_hit)
{
	/* binary search: entries below `low` start at or below address, those from `high` on behind
	 * it */
	size_t low = 0, high = table->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (symbol_entry(table, middle).address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return false;
	struct symbol_entry entry = symbol_entry(table, low - 1);
	uint64_t offset = address - entry.address;
	if (entry.size && offset >= entry.size)
		return false;
	*out_hit = (struct symbol_hit){str_from_c(table->names.ptr + entry.name), offset};
	return true;
}

void symbols_install(struct symbol_table table)
{
	symbols_of_kernel = table;
}

const struct symbol_table *symbols_installed(void)
{
	return &symbols_of_kernel;
}

void symbols_add(struct symbol_source *source)
{
	source->next = __atomic_load_n(&symbol_sources, __ATOMIC_RELAXED);
	__atomic_store_n(&symbol_sources, source, __ATOMIC_RELEASE);
}

void symbols_remove(struct symbol_source *source)
{
	struct symbol_source **at = &symbol_sources;
	while (*at && *at != source)
		at = &(*at)->next;
	if (*at)
		__atomic_store_n(at, source->next, __ATOMIC_RELEASE);
}

bool symbols_find(uint64_t address, struct symbol_hit *out_hit)
{
	const struct symbol_source *source = __atomic_load_n(&symbol_sources, __ATOMIC_ACQUIRE);
	for (; source; source = __atomic_load_n(&source->next, __ATOMIC_ACQUIRE))
		if (address >= source->start && address < source->end)
			return symbol_find(&source->table, address, out_hit);
	return symbol_find(&symbols_of_kernel, address, out_hit);
}
