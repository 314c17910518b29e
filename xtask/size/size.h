/*
 * What every package weighs: the sections of its ELF file, and its bytes in the image.
 *
 * Formats: System V ABI, chapter 4 (ELF-64 object file format). What is no ELF counts as data.
 */
#pragma once

#include "diag/diag.h"

enum size_part { SIZE_TEXT, SIZE_RODATA, SIZE_DATA, SIZE_BSS, SIZE_OTHER, SIZE_PART_COUNT };

struct size_row {
	struct str
	        name; /* of the package; "(no package)" for what the overlay and the stage bring */
	uint64_t parts[SIZE_PART_COUNT]; /* bytes in memory; SIZE_OTHER: in the file only */
	uint64_t file_bytes; /* in the image */
};

struct size_table {
	struct size_row *rows;
	size_t count;
	size_t capacity;
};

/* Adds a file's bytes to the row of that name. 0 or an errno value. */
[[nodiscard]] int size_add_file(struct arena *a, struct size_table *table, struct str name,
                                const char *path);
/* The same with the file's content. */
void size_add(struct arena *a, struct size_table *table, struct str name, struct str content);
/* One JSON object a row, as --json prints it and --compare reads it. */
struct str size_json(struct arena *a, const struct size_table *table);
bool size_read(struct arena *a, const char *path, struct size_table *out_table, struct diag *d);
/* Rows by weight, and their sum; before may be NULL, else each figure's change is beside it. */
struct str size_text(struct arena *a, const struct size_table *table,
                     const struct size_table *before);
