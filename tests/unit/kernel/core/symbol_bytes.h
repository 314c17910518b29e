/* Builds RSYM tables (format: kernel/core/symbols.h). */
#pragma once

#include <base/api.h>
#include <string.h>

struct symbol_bytes_entry {
	uint64_t address;
	uint32_t name;
	uint32_t size;
};

struct symbol_bytes {
	char bytes[256];
	size_t len;
};

static inline void symbol_bytes_put(struct symbol_bytes *table, const void *from, size_t len)
{
	memcpy(table->bytes + table->len, from, len);
	table->len += len;
}

static inline struct str symbol_bytes_make(struct symbol_bytes *table,
                                           const struct symbol_bytes_entry *entries, uint32_t count,
                                           struct str names)
{
	uint32_t header[3] = {1, count, (uint32_t)names.len};
	table->len = 0;
	symbol_bytes_put(table, "RSYM", 4);
	symbol_bytes_put(table, header, sizeof header);
	symbol_bytes_put(table, entries, count * sizeof *entries);
	symbol_bytes_put(table, names.ptr, names.len);
	return (struct str){table->bytes, table->len};
}
