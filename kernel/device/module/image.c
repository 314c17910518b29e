/* Which sections of a module are loaded, and where. */
#include "device/module/image.h"
#include <base/cleanup.h>
#include <string.h>

enum { MODULE_PAGE = 4096 };

static enum status module_refuse(struct module_refusal *refusal, const char *reason,
                                 struct str name, uint64_t number)
{
	*refusal = (struct module_refusal){reason, name, number};
	return ERR_NOT_EXECUTABLE;
}

static uint64_t module_align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static bool module_section_is_loaded(const struct elf_section *section)
{
	return section->flags & ELF_SECTION_ALLOC;
}

static enum module_part module_section_part(const struct elf_section *section)
{
	if (section->flags & ELF_SECTION_EXECUTE)
		return MODULE_TEXT;
	return section->flags & ELF_SECTION_WRITE ? MODULE_DATA : MODULE_RODATA;
}

/* Of a loaded section; NULL: none. */
static const char *module_section_fault(const struct elf_section *section)
{
	static const struct str starters[] = {STR_INIT(".ctors"), STR_INIT(".dtors"),
	                                      STR_INIT(".init"), STR_INIT(".fini")};
	for (size_t i = 0; i < sizeof starters / sizeof starters[0]; i++)
		if (section->size && str_starts_with(section->name, starters[i]))
			return "constructors are not called";
	if (section->type != ELF_PROGBITS && section->type != ELF_NOBITS &&
	    section->type != ELF_NOTE_SECTION && section->type != ELF_UNWIND)
		return "a loaded section of a kind that the kernel does not know";
	if (section->flags & ELF_SECTION_TLS)
		return "there is no thread-local storage";
	if (section->flags & ELF_SECTION_COMPRESSED)
		return "a loaded section is compressed";
	if ((section->flags & ELF_SECTION_WRITE) && (section->flags & ELF_SECTION_EXECUTE))
		return "a section is writable and executable";
	if (section->align > MODULE_ALIGN_MAX || (section->align & (section->align - 1)))
		return "a section's alignment is no power of two up to a page";
	return NULL;
}

static enum status module_check_section(const struct module_plan *plan, unsigned index,
                                        struct elf_section *out_section,
                                        struct module_refusal *refusal)
{
	if (elf_section(&plan->image, index, out_section) != OK)
		return module_refuse(refusal, "a section lies outside the file", STR(""), index);
	if (!module_section_is_loaded(out_section))
		return OK;
	const char *fault = module_section_fault(out_section);
	return fault ? module_refuse(refusal, fault, out_section->name, index) : OK;
}

/* The sections of one part, from *end on. */
static enum status module_place_part(struct module_plan *plan, enum module_part part, uint64_t *end,
                                     struct module_refusal *refusal)
{
	for (unsigned i = 1; i < plan->image.section_count; i++) {
		struct elf_section section;
		TRY(module_check_section(plan, i, &section, refusal));
		if (!module_section_is_loaded(&section) || module_section_part(&section) != part)
			continue;
		uint64_t at = module_align_up(*end, section.align ? section.align : 1);
		if (section.size > MODULE_BYTES_MAX || at + section.size > MODULE_BYTES_MAX) {
			*refusal = (struct module_refusal){"it is too large", section.name, i};
			return ERR_TOO_BIG;
		}
		plan->offsets[i] = (uint32_t)at;
		plan->parts[i] = (uint8_t)part;
		*end = at + section.size;
	}
	return OK;
}

static enum status module_open(struct str file, struct module_plan *plan,
                               struct module_refusal *refusal)
{
	if (elf_open(file, &plan->image) != OK || plan->image.type != ELF_REL)
		return module_refuse(refusal, "no relocatable ELF64 object for x86-64", STR(""), 0);
	if (plan->image.section_count < 2 || plan->image.section_count > MODULE_SECTIONS_MAX)
		return module_refuse(refusal, "no sections, or too many", STR(""),
		                     plan->image.section_count);
	if (elf_section_of_type(&plan->image, ELF_SYMTAB, &plan->symbols) != OK ||
	    plan->symbols.entry_bytes != ELF_SYMBOL_BYTES)
		return module_refuse(refusal, "no symbol table", STR(""), 0);
	return OK;
}

enum status module_plan_make(struct str file, struct module_plan *out_plan,
                             struct module_refusal *out_refusal)
{
	*out_refusal = (struct module_refusal){.reason = ""};
	TRY(module_open(file, out_plan, out_refusal));
	for (unsigned i = 0; i < MODULE_SECTIONS_MAX; i++)
		out_plan->offsets[i] = MODULE_NOT_LOADED;

	uint64_t end = 0;
	for (enum module_part part = 0; part < MODULE_PARTS; part++) {
		TRY(module_place_part(out_plan, part, &end, out_refusal));
		end = module_align_up(end, MODULE_PAGE);
		out_plan->part_end[part] = (uint32_t)end;
	}
	if (!out_plan->part_end[MODULE_TEXT])
		return module_refuse(out_refusal, "there is no code", STR(""), 0);
	return OK;
}

static bool module_symbol_is_loaded(const struct module_plan *plan, const struct elf_symbol *symbol)
{
	struct elf_section section;
	return symbol->section < plan->image.section_count &&
	       plan->offsets[symbol->section] != MODULE_NOT_LOADED &&
	       elf_section(&plan->image, symbol->section, &section) == OK &&
	       symbol->address <= section.size && symbol->size <= section.size - symbol->address;
}

enum status module_plan_find(const struct module_plan *plan, struct module_symbol_request request,
                             uint32_t *out_offset)
{
	struct elf_symbol symbol;
	for (uint64_t i = 1; elf_symbol(&plan->image, &plan->symbols, i, &symbol) == OK; i++) {
		if (symbol.binding == ELF_LOCAL || !str_equal(symbol.name, request.name) ||
		    !module_symbol_is_loaded(plan, &symbol) ||
		    plan->parts[symbol.section] != request.part || symbol.size < request.size)
			continue;
		*out_offset = plan->offsets[symbol.section] + (uint32_t)symbol.address;
		return OK;
	}
	return ERR_NOT_FOUND;
}

/* ---- the symbol table for panics ---- */

enum { MODULE_TABLE_HEADER = 16, MODULE_TABLE_ENTRY = 16 };

static bool module_next_function(const struct module_plan *plan, uint64_t *index,
                                 struct elf_symbol *out_symbol)
{
	while (elf_symbol(&plan->image, &plan->symbols, *index, out_symbol) == OK) {
		++*index;
		if (out_symbol->type == ELF_SYMBOL_FUNCTION && out_symbol->name.len &&
		    module_symbol_is_loaded(plan, out_symbol) &&
		    plan->parts[out_symbol->section] == MODULE_TEXT)
			return true;
	}
	return false;
}

struct module_table_size {
	uint32_t count;
	uint32_t name_bytes;
};

static struct module_table_size module_table_size(const struct module_plan *plan,
                                                  struct str module_name)
{
	struct module_table_size size = {};
	struct elf_symbol symbol;
	for (uint64_t i = 1; module_next_function(plan, &i, &symbol); size.count++)
		size.name_bytes += (uint32_t)(module_name.len + 1 + symbol.name.len + 1);
	return size;
}

size_t module_plan_symbol_bytes(const struct module_plan *plan, struct str module_name)
{
	struct module_table_size size = module_table_size(plan, module_name);
	return MODULE_TABLE_HEADER + (size_t)size.count * MODULE_TABLE_ENTRY + size.name_bytes;
}

struct module_table_row {
	uint64_t address;
	uint32_t name;
	uint32_t size;
};

/* Keeps the rows in ascending order. */
static void module_table_insert(uint8_t *rows, uint32_t count, const struct module_table_row *row)
{
	uint32_t at = count;
	for (; at; at--) {
		uint64_t before;
		memcpy(&before, rows + (size_t)(at - 1) * MODULE_TABLE_ENTRY, sizeof before);
		if (before <= row->address)
			break;
	}
	memmove(rows + (size_t)(at + 1) * MODULE_TABLE_ENTRY,
	        rows + (size_t)at * MODULE_TABLE_ENTRY, (size_t)(count - at) * MODULE_TABLE_ENTRY);
	memcpy(rows + (size_t)at * MODULE_TABLE_ENTRY, row, MODULE_TABLE_ENTRY);
}

static uint32_t module_table_add_name(uint8_t *names, uint32_t at, struct str module_name,
                                      struct str name)
{
	memcpy(names + at, module_name.ptr, module_name.len);
	at += (uint32_t)module_name.len;
	names[at++] = ':';
	memcpy(names + at, name.ptr, name.len);
	at += (uint32_t)name.len;
	names[at++] = '\0';
	return at;
}

void module_plan_symbols(const struct module_plan *plan, struct str module_name, uint64_t address,
                         uint8_t *out)
{
	struct module_table_size size = module_table_size(plan, module_name);
	const uint32_t head[] = {0x4d595352 /* "RSYM" */, 1, size.count, size.name_bytes};
	uint8_t *rows = out + MODULE_TABLE_HEADER;
	uint8_t *names = rows + (size_t)size.count * MODULE_TABLE_ENTRY;
	memcpy(out, head, sizeof head);

	struct elf_symbol symbol;
	uint32_t count = 0, used = 0;
	for (uint64_t i = 1; module_next_function(plan, &i, &symbol); count++) {
		uint64_t offset = plan->offsets[symbol.section] + symbol.address;
		const struct module_table_row row = {address + offset, used, (uint32_t)symbol.size};
		module_table_insert(rows, count, &row);
		used = module_table_add_name(names, used, module_name, symbol.name);
	}
}
