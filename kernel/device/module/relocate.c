/* A module's bytes and relocations. */
#include "device/module/image.h"
#include <base/cleanup.h>
#include <string.h>

/* System V AMD64 ABI 1.0, table 4.9: what gcc emits for code in the top 2 GiB. */
enum relocation_type {
	RELOCATION_NONE = 0,
	RELOCATION_64 = 1,
	RELOCATION_PC32 = 2,
	RELOCATION_PLT32 = 4,
	RELOCATION_32 = 10,
	RELOCATION_32S = 11,
	RELOCATION_PC64 = 24,
};

/* One table of relocations, and what it changes. */
struct relocation_work {
	const struct module_plan *plan;
	struct module_memory memory;
	module_resolver *resolve;
	struct module_refusal *refusal;
	struct elf_section table;
	struct elf_section target;
	uint32_t target_offset;
};

static enum status relocation_refuse(const struct relocation_work *work, const char *reason,
                                     struct str name, uint64_t number)
{
	*work->refusal = (struct module_refusal){reason, name, number};
	return ERR_NOT_EXECUTABLE;
}

static enum status relocation_resolve(const struct relocation_work *work,
                                      const struct elf_symbol *symbol, uint64_t *out_value)
{
	if (symbol->name.len && work->resolve(symbol->name, out_value))
		return OK;
	*work->refusal = (struct module_refusal){"unresolved symbol", symbol->name, 0};
	return ERR_NOT_FOUND;
}

/* A symbol's address. */
static enum status relocation_symbol(const struct relocation_work *work, uint32_t index,
                                     uint64_t *out_value)
{
	const struct module_plan *plan = work->plan;
	struct elf_symbol symbol;
	struct elf_section section;
	if (elf_symbol(&plan->image, &plan->symbols, index, &symbol) != OK)
		return relocation_refuse(work, "a relocation names no symbol", work->table.name,
		                         index);
	*out_value = symbol.address;
	if (symbol.section == ELF_ABSOLUTE || index == 0)
		return OK;
	if (symbol.section == ELF_UNDEFINED)
		return relocation_resolve(work, &symbol, out_value);
	if (symbol.section >= plan->image.section_count ||
	    plan->offsets[symbol.section] == MODULE_NOT_LOADED ||
	    elf_section(&plan->image, symbol.section, &section) != OK)
		return relocation_refuse(work, "a symbol lies in no loaded section", symbol.name,
		                         symbol.section);
	if (symbol.address > section.size)
		return relocation_refuse(work, "a symbol lies outside its section", symbol.name,
		                         symbol.section);
	*out_value = work->memory.address + plan->offsets[symbol.section] + symbol.address;
	return OK;
}

static size_t relocation_width(uint32_t type)
{
	switch (type) {
	case RELOCATION_64:
	case RELOCATION_PC64:
		return sizeof(uint64_t);
	case RELOCATION_PC32:
	case RELOCATION_PLT32:
	case RELOCATION_32:
	case RELOCATION_32S:
		return sizeof(uint32_t);
	}
	return 0;
}

static bool relocation_fits(uint32_t type, uint64_t value)
{
	if (type == RELOCATION_32)
		return value <= UINT32_MAX;
	if (type == RELOCATION_32S || type == RELOCATION_PC32 || type == RELOCATION_PLT32)
		return (int64_t)value == (int32_t)(uint32_t)value;
	return true;
}

static enum status relocation_apply(const struct relocation_work *work,
                                    const struct elf_relocation *entry)
{
	size_t width = relocation_width(entry->type);
	if (entry->type == RELOCATION_NONE)
		return OK;
	if (!width)
		return relocation_refuse(work, "unknown relocation", work->target.name,
		                         entry->type);
	if (work->target.size < width || entry->offset > work->target.size - width)
		return relocation_refuse(work, "a relocation lies outside its section",
		                         work->target.name, entry->type);
	uint64_t value;
	TRY(relocation_symbol(work, entry->symbol, &value));
	value += (uint64_t)entry->addend;
	uint64_t offset = work->target_offset + entry->offset;
	if (entry->type == RELOCATION_PC32 || entry->type == RELOCATION_PLT32 ||
	    entry->type == RELOCATION_PC64)
		value -= work->memory.address + offset;
	if (!relocation_fits(entry->type, value))
		return relocation_refuse(work, "a relocation's value does not fit",
		                         work->target.name, entry->type);
	memcpy(work->memory.view + offset, &value, width);
	return OK;
}

static enum status relocation_apply_table(const struct relocation_work *work)
{
	struct elf_relocation entry;
	enum status status;
	for (uint64_t i = 0;; i++) {
		status = elf_relocation(&work->plan->image, &work->table, i, &entry);
		if (status == ERR_NOT_FOUND)
			return OK;
		if (status != OK)
			return relocation_refuse(work, "a relocation table is malformed",
			                         work->table.name, 0);
		TRY(relocation_apply(work, &entry));
	}
}

/* Tables for what is not loaded (debug information) are passed over. */
static enum status relocation_take_table(struct relocation_work *work)
{
	const struct module_plan *plan = work->plan;
	uint32_t target = work->table.info;
	bool changes = work->table.type == ELF_RELA || work->table.type == ELF_REL_SECTION;
	if (!changes || target >= plan->image.section_count ||
	    plan->offsets[target] == MODULE_NOT_LOADED)
		return OK;
	if (work->table.type == ELF_REL_SECTION)
		return relocation_refuse(work, "relocations without addends", work->table.name, 0);
	if (elf_section(&plan->image, target, &work->target) != OK ||
	    work->target.type == ELF_NOBITS)
		return relocation_refuse(work, "relocations of a section without bytes",
		                         work->table.name, target);
	work->target_offset = plan->offsets[target];
	return relocation_apply_table(work);
}

static void module_copy_sections(const struct module_plan *plan, uint8_t *view)
{
	for (unsigned i = 1; i < plan->image.section_count; i++) {
		struct elf_section section;
		if (plan->offsets[i] == MODULE_NOT_LOADED ||
		    elf_section(&plan->image, i, &section) != OK)
			continue;
		struct str bytes = elf_section_bytes(&plan->image, &section);
		if (bytes.len)
			memcpy(view + plan->offsets[i], bytes.ptr, bytes.len);
	}
}

enum status module_plan_load(const struct module_plan *plan, struct module_memory memory,
                             module_resolver *resolve, struct module_refusal *out_refusal)
{
	struct relocation_work work = {
	        .plan = plan,
	        .memory = memory,
	        .resolve = resolve,
	        .refusal = out_refusal,
	};
	module_copy_sections(plan, memory.view);
	for (unsigned i = 1; i < plan->image.section_count; i++) {
		if (elf_section(&plan->image, i, &work.table) != OK)
			return relocation_refuse(&work, "a section lies outside the file", STR(""),
			                         i);
		TRY(relocation_take_table(&work));
	}
	return OK;
}
