/*
 * From a module's file to code that can run: which sections go where, their bytes, and the
 * relocations. Private to device.
 *
 * A module is an ELF64 relocatable object. Nothing in it is trusted: what does not fit, asks for
 * what the kernel does not give (constructors, thread-local storage, memory that is both writable
 * and executable, symbols that nobody exports), or lies, is refused with the reason. No hardware,
 * no allocation. Formats: System V gABI 4.1, chapter 4; System V AMD64 ABI 1.0, section 4.4.
 */
#pragma once

#include <abi/status.h>
#include <elf/api.h>

enum {
	MODULE_SECTIONS_MAX = 256,
	MODULE_BYTES_MAX = 2 * 1024 * 1024,
	MODULE_ALIGN_MAX = 4096,
};

/* Each on pages of its own, in this order. */
enum module_part { MODULE_TEXT, MODULE_RODATA, MODULE_DATA, MODULE_PARTS };

#define MODULE_NOT_LOADED UINT32_MAX

struct module_plan {
	struct elf_image image;
	struct elf_section symbols;
	uint32_t offsets[MODULE_SECTIONS_MAX]; /* in the module's memory, or MODULE_NOT_LOADED */
	uint8_t parts[MODULE_SECTIONS_MAX]; /* enum module_part, of loaded ones */
	uint32_t part_end[MODULE_PARTS]; /* page aligned; a part starts where the one before ends */
};

/* Why a module was refused. */
struct module_refusal {
	const char *reason;
	struct str name; /* of a section or symbol, in the file; may be empty */
	uint64_t number; /* a relocation's type or a section's index; 0: none */
};

/* ERR_NOT_EXECUTABLE; ERR_TOO_BIG. file must outlive the plan. */
enum status module_plan_make(struct str file, struct module_plan *out_plan,
                             struct module_refusal *out_refusal);
/* All of the module's memory. */
static inline uint32_t module_plan_bytes(const struct module_plan *plan)
{
	return plan->part_end[MODULE_DATA];
}

/* What the kernel exports: false when there is nothing of that name. */
typedef bool module_resolver(struct str name, uint64_t *out_address);

/* Where a module's memory is written, and where it runs. */
struct module_memory {
	uint8_t *view; /* module_plan_bytes, zeroed */
	uint64_t address; /* page aligned */
};

/* Copies the sections and relocates them. ERR_NOT_EXECUTABLE; ERR_NOT_FOUND: an unresolved symbol.
 */
enum status module_plan_load(const struct module_plan *plan, struct module_memory memory,
                             module_resolver *resolve, struct module_refusal *out_refusal);

/* A global symbol of the module, of at least size bytes in this part. ERR_NOT_FOUND. */
struct module_symbol_request {
	struct str name;
	enum module_part part;
	uint64_t size;
};
enum status module_plan_find(const struct module_plan *plan, struct module_symbol_request request,
                             uint32_t *out_offset);

/* Bytes of a symbol table of the module's functions, for module_plan_symbols. */
size_t module_plan_symbol_bytes(const struct module_plan *plan, struct str module_name);
/* In the format of core/symbols.h, each name as "module:function". out has that many bytes. */
void module_plan_symbols(const struct module_plan *plan, struct str module_name, uint64_t address,
                         uint8_t *out);
