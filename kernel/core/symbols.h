/*
 * Kernel symbols for panics, from the boot archive's system/boot/nucleus.sym.
 *
 * Little endian: "RSYM", u32 version 1, u32 count, u32 strings_bytes, then count times
 * {u64 address, u32 name_offset, u32 size} in ascending order, then NUL-terminated names.
 */
#pragma once

#include <abi/status.h>
#include <base/str.h>

enum { SYMBOL_TABLE_VERSION = 1 };

struct symbol_table {
	struct str entries;
	struct str names;
	uint32_t count;
};

struct symbol_hit {
	struct str name;
	uint64_t offset; /* of the address from the symbol's start */
};

/* ERR_INVALID_ARGS when the bytes are no such table. They must outlive the table. */
enum status symbol_table_open(struct str bytes, struct symbol_table *out_table);
/* The last symbol at or below address whose size covers it (or is 0). */
bool symbol_find(const struct symbol_table *table, uint64_t address, struct symbol_hit *out_hit);

/* The table that panics use; until this is called they print bare addresses. */
void symbols_install(struct symbol_table table);
const struct symbol_table *symbols_installed(void);
