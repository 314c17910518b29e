#include "image/symbols.h"
#include "os/files.h"
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOLS_VERSION = 1, SYMBOLS_HEADER_BYTES = 16, SYMBOLS_ENTRY_BYTES = 16 };

struct symbol {
	uint64_t address;
	uint64_t size;
	struct str name;
	bool is_global;
};

struct symbols {
	struct symbol *items;
	size_t count;
};

static bool range_within(struct str file, uint64_t offset, uint64_t size)
{
	return offset <= file.len && size <= file.len - offset;
}

/* Sections of type SHT_SYMTAB and the string table it names. False when anything lies outside. */
static bool tables_find(struct str file, struct str *out_symbols, struct str *out_strings)
{
	Elf64_Ehdr header;
	if (file.len < sizeof header)
		return false;
	memcpy(&header, file.ptr, sizeof header);
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    header.e_shentsize != sizeof(Elf64_Shdr) ||
	    !range_within(file, header.e_shoff, (uint64_t)header.e_shnum * sizeof(Elf64_Shdr)))
		return false;

	for (unsigned i = 0; i < header.e_shnum; i++) {
		Elf64_Shdr table, strings;
		const char *headers = file.ptr + header.e_shoff;
		memcpy(&table, headers + i * sizeof table, sizeof table);
		if (table.sh_type != SHT_SYMTAB)
			continue;
		if (table.sh_link >= header.e_shnum ||
		    !range_within(file, table.sh_offset, table.sh_size))
			return false;
		memcpy(&strings, headers + table.sh_link * sizeof strings, sizeof strings);
		if (strings.sh_type != SHT_STRTAB ||
		    !range_within(file, strings.sh_offset, strings.sh_size))
			return false;
		*out_symbols = str_slice(file, table.sh_offset, table.sh_offset + table.sh_size);
		*out_strings =
		        str_slice(file, strings.sh_offset, strings.sh_offset + strings.sh_size);
		return true;
	}
	return false;
}

/* A symbol that a backtrace may name. False when its name leaves the string table. */
static bool symbol_take(struct symbols *out, const Elf64_Sym *entry, struct str strings)
{
	unsigned type = ELF64_ST_TYPE(entry->st_info);
	bool is_global = ELF64_ST_BIND(entry->st_info) != STB_LOCAL;
	bool is_defined = entry->st_shndx != SHN_UNDEF && entry->st_shndx < SHN_LORESERVE;
	if (!is_defined || !(type == STT_FUNC || (type == STT_NOTYPE && is_global)))
		return true;
	struct str rest = str_slice(strings, entry->st_name, strings.len);
	const char *end = rest.len ? memchr(rest.ptr, 0, rest.len) : NULL;
	if (!end)
		return false;
	if (end != rest.ptr)
		out->items[out->count++] = (struct symbol){
		        .address = entry->st_value,
		        .size = entry->st_size,
		        .name = {rest.ptr, (size_t)(end - rest.ptr)},
		        .is_global = is_global,
		};
	return true;
}

static int symbol_compare(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->is_global != b->is_global)
		return a->is_global ? -1 : 1;
	if (!a->size != !b->size)
		return a->size ? -1 : 1;
	return str_compare(a->name, b->name);
}

static void symbols_sort(struct symbols *symbols)
{
	if (!symbols->count)
		return;
	qsort(symbols->items, symbols->count, sizeof *symbols->items, symbol_compare);
	size_t kept = 1;
	for (size_t i = 1; i < symbols->count; i++)
		if (symbols->items[i].address != symbols->items[kept - 1].address)
			symbols->items[kept++] = symbols->items[i];
	symbols->count = kept;
}

static void put_u32(struct text *t, uint32_t value)
{
	for (unsigned shift = 0; shift < 32; shift += 8)
		text_add_byte(t, (char)(value >> shift));
}

static struct str symbols_encode(struct arena *a, const struct symbols *symbols)
{
	struct text table = {.arena = a};
	struct text names = {.arena = a};
	for (size_t i = 0; i < symbols->count; i++) {
		const struct symbol *s = &symbols->items[i];
		put_u32(&table, (uint32_t)s->address);
		put_u32(&table, (uint32_t)(s->address >> 32));
		put_u32(&table, (uint32_t)names.len);
		put_u32(&table, s->size > UINT32_MAX ? UINT32_MAX : (uint32_t)s->size);
		text_add(&names, s->name);
		text_add_byte(&names, 0);
	}
	struct text out = {.arena = a};
	text_add(&out, STR("RSYM"));
	put_u32(&out, SYMBOLS_VERSION);
	put_u32(&out, (uint32_t)symbols->count);
	put_u32(&out, (uint32_t)names.len);
	text_add(&out, text_str(&table));
	text_add(&out, text_str(&names));
	return text_str(&out);
}

int symbols_build(struct arena *a, struct str elf, struct str *out_table, struct text *why)
{
	struct str table, strings;
	if (!tables_find(elf, &table, &strings)) {
		text_addf(why, "no sound ELF64 symbol table");
		return ENOEXEC;
	}
	size_t count = table.len / sizeof(Elf64_Sym);
	struct symbols symbols = {.items = ARENA_ARRAY(a, struct symbol, count)};
	uint64_t names_bytes = 0;
	for (size_t i = 0; i < count; i++) {
		Elf64_Sym entry;
		size_t former = symbols.count;
		memcpy(&entry, table.ptr + i * sizeof entry, sizeof entry);
		if (!symbol_take(&symbols, &entry, strings)) {
			text_addf(why, "symbol %zu has no sound name", i);
			return ENOEXEC;
		}
		if (symbols.count > former)
			names_bytes += symbols.items[former].name.len + 1;
		/* Overlapping names of a hostile file could add up to far more than the file. */
		if (names_bytes > (uint64_t)strings.len * 2 + 65536) {
			text_addf(why, "symbol names overlap too much");
			return ENOEXEC;
		}
	}
	symbols_sort(&symbols);
	*out_table = symbols_encode(a, &symbols);
	return 0;
}

int symbols_write(const char *elf_path, const char *out, struct text *why)
{
	struct str elf, table;
	int error = file_read(why->arena, elf_path, &elf);
	if (error) {
		text_addf(why, "cannot read %s: %s", elf_path, strerror(error));
		return error;
	}
	struct text reason = {.arena = why->arena};
	error = symbols_build(why->arena, elf, &table, &reason);
	if (error) {
		text_addf(why, "%s: %.*s", elf_path, STR_ARG(text_str(&reason)));
		return error;
	}
	error = file_write(out, table, 0644);
	if (error)
		text_addf(why, "cannot write %s: %s", out, strerror(error));
	return error;
}
