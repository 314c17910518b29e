#include "size/size.h"
#include "os/files.h"
#include "toml/schema.h"
#include <elf.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const part_names[SIZE_PART_COUNT] = {"text", "rodata", "data", "bss", "other"};

static struct size_row *row_of(struct arena *a, struct size_table *table, struct str name)
{
	for (size_t i = 0; i < table->count; i++)
		if (str_equal(table->rows[i].name, name))
			return &table->rows[i];
	if (table->count == table->capacity) {
		table->capacity = table->capacity ? table->capacity * 2 : 32;
		struct size_row *rows = ARENA_ARRAY(a, struct size_row, table->capacity);
		if (table->count)
			memcpy(rows, table->rows, table->count * sizeof *rows);
		table->rows = rows;
	}
	table->rows[table->count] = (struct size_row){.name = arena_str(a, name)};
	return &table->rows[table->count++];
}

static enum size_part part_of(const Elf64_Shdr *section)
{
	if (!(section->sh_flags & SHF_ALLOC))
		return SIZE_OTHER;
	if (section->sh_flags & SHF_EXECINSTR)
		return SIZE_TEXT;
	if (section->sh_type == SHT_NOBITS)
		return SIZE_BSS;
	return section->sh_flags & SHF_WRITE ? SIZE_DATA : SIZE_RODATA;
}

/* False when it is no ELF-64 file with a table of sections inside of it. */
static bool add_sections(struct size_row *row, struct str content)
{
	Elf64_Ehdr header;
	uint64_t end;
	if (content.len < sizeof header)
		return false;
	memcpy(&header, content.ptr, sizeof header);
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || !header.e_shnum ||
	    header.e_shentsize != sizeof(Elf64_Shdr) ||
	    __builtin_add_overflow(header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr), &end) ||
	    end > content.len)
		return false;
	for (size_t i = 0; i < header.e_shnum; i++) {
		Elf64_Shdr section;
		memcpy(&section, content.ptr + header.e_shoff + i * sizeof section, sizeof section);
		if (section.sh_type != SHT_NULL)
			row->parts[part_of(&section)] += section.sh_size;
	}
	return true;
}

void size_add(struct arena *a, struct size_table *table, struct str name, struct str content)
{
	struct size_row *row = row_of(a, table, name);
	row->file_bytes += content.len;
	if (!add_sections(row, content))
		row->parts[SIZE_DATA] += content.len;
}

int size_add_file(struct arena *a, struct size_table *table, struct str name, const char *path)
{
	struct str content;
	int error = file_read(a, path, &content);
	if (!error)
		size_add(a, table, name, content);
	return error;
}

struct str size_json(struct arena *a, const struct size_table *table)
{
	struct text t = {.arena = a};
	for (size_t i = 0; i < table->count; i++) {
		const struct size_row *row = &table->rows[i];
		json_t *object = json_pack("{s:s%}", "package", row->name.ptr, row->name.len);
		for (size_t k = 0; k < SIZE_PART_COUNT; k++)
			json_object_set_new(object, part_names[k],
			                    json_integer((json_int_t)row->parts[k]));
		json_object_set_new(object, "file", json_integer((json_int_t)row->file_bytes));
		char *line = json_dumps(object, JSON_COMPACT);
		text_addf(&t, "%s\n", line);
		free(line);
		json_decref(object);
	}
	return text_str(&t);
}

static bool read_row(struct arena *a, struct size_table *table, struct str line)
{
	json_t *object = json_loadb(line.ptr, line.len, 0, NULL);
	const char *name = json_string_value(json_object_get(object, "package"));
	if (name) {
		struct size_row *row = row_of(a, table, str_from_c(name));
		for (size_t k = 0; k < SIZE_PART_COUNT; k++)
			row->parts[k] = (uint64_t)json_integer_value(
			        json_object_get(object, part_names[k]));
		row->file_bytes = (uint64_t)json_integer_value(json_object_get(object, "file"));
	}
	json_decref(object);
	return name;
}

bool size_read(struct arena *a, const char *path, struct size_table *out_table, struct diag *d)
{
	const struct source *source = source_open(a, path, (struct span){}, d);
	struct str rest = source ? source->text : (struct str){};
	bool ok = source;
	*out_table = (struct size_table){};
	while (rest.len) {
		struct str_split cut = str_cut(rest, '\n');
		uint32_t start = (uint32_t)(cut.head.ptr - source->text.ptr);
		rest = cut.rest;
		if (!cut.head.len || read_row(a, out_table, cut.head))
			continue;
		diag_error(d, (struct span){source, start, start + (uint32_t)cut.head.len},
		           STR("`xtask size --json` writes such a file"),
		           "this is no row of sizes");
		ok = false;
	}
	return ok;
}

static int compare_rows(const void *x, const void *y)
{
	const struct size_row *a = x, *b = y;
	if (a->file_bytes != b->file_bytes)
		return a->file_bytes < b->file_bytes ? 1 : -1;
	return str_compare(a->name, b->name);
}

static void add_figure(struct text *t, uint64_t bytes, uint64_t former, bool compare)
{
	text_addf(t, " %9llu", (unsigned long long)bytes);
	int64_t change = (int64_t)(bytes - former);
	if (compare && change)
		text_addf(t, " (%+lld)", (long long)change);
}

static void add_row(struct text *t, const struct size_row *row, const struct size_row *former,
                    bool compare)
{
	static const struct size_row none = {};
	if (!former)
		former = &none;
	text_addf(t, "%-18.*s", STR_ARG(row->name));
	for (size_t k = 0; k < SIZE_PART_COUNT; k++)
		add_figure(t, row->parts[k], former->parts[k], compare);
	add_figure(t, row->file_bytes, former->file_bytes, compare);
	text_add_byte(t, '\n');
}

static const struct size_row *find_row(const struct size_table *table, struct str name)
{
	for (size_t i = 0; table && i < table->count; i++)
		if (str_equal(table->rows[i].name, name))
			return &table->rows[i];
	return NULL;
}

static struct size_row sum_of(const struct size_table *table)
{
	struct size_row sum = {.name = STR("all")};
	for (size_t i = 0; table && i < table->count; i++) {
		for (size_t k = 0; k < SIZE_PART_COUNT; k++)
			sum.parts[k] += table->rows[i].parts[k];
		sum.file_bytes += table->rows[i].file_bytes;
	}
	return sum;
}

static void add_heading(struct text *t)
{
	text_addf(t, "%-18s", "PACKAGE");
	for (size_t k = 0; k < SIZE_PART_COUNT; k++)
		text_addf(t, " %9s", part_names[k]);
	text_addf(t, " %9s\n", "file");
}

struct str size_text(struct arena *a, const struct size_table *table,
                     const struct size_table *before)
{
	struct text t = {.arena = a};
	add_heading(&t);
	struct size_row *rows = ARENA_ARRAY(a, struct size_row, table->count);
	if (table->count) {
		memcpy(rows, table->rows, table->count * sizeof *rows);
		qsort(rows, table->count, sizeof *rows, compare_rows);
	}
	for (size_t i = 0; i < table->count; i++)
		add_row(&t, &rows[i], find_row(before, rows[i].name), before);
	for (size_t i = 0; before && i < before->count; i++)
		if (!find_row(table, before->rows[i].name))
			add_row(&t, &(struct size_row){.name = before->rows[i].name},
			        &before->rows[i], true);
	struct size_row sum = sum_of(table), former = sum_of(before);
	add_row(&t, &sum, &former, before);
	return text_str(&t);
}
