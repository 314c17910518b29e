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

/*
 * Symbols of code that was loaded later: an address in [start, end). Whoever adds one may be
 * reading it on any CPU until it is removed; panics look without a lock.
 */
struct symbol_source {
	struct symbol_source *next;
	uint64_t start;
	uint64_t end;
	struct symbol_table table;
};

/* Callers serialise. Takes the source until it is removed. */
void symbols_add(struct symbol_source *source);
void symbols_remove(struct symbol_source *source);
/* In the installed table or in a source. */
bool symbols_find(uint64_t address, struct symbol_hit *out_hit);

/* The table that panics use; until this is called they print bare addresses. */
void symbols_install(struct symbol_table table);
const struct symbol_table *symbols_installed(void);
