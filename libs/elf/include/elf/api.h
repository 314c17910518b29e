/*
 * Reader for 64-bit little-endian x86-64 ELF images over a byte view.
 *
 * Every offset and size of the file is distrusted and checked before use; no
 * pointer into the file is ever cast to a structure. Results are values, or
 * views that live as long as the file. Format: System V gABI 4.1, chapters 4 and 5.
 */
#pragma once

#include <abi/status.h>
#include <base/str.h>

enum elf_type { ELF_REL = 1, ELF_EXEC = 2, ELF_DYN = 3 };

enum elf_segment_type {
	ELF_LOAD = 1,
	ELF_DYNAMIC = 2,
	ELF_INTERP = 3,
	ELF_NOTE = 4,
	ELF_PHDR = 6,
	ELF_TLS = 7,
	ELF_GNU_STACK = 0x6474e551,
	ELF_GNU_RELRO = 0x6474e552,
};

enum elf_segment_flags { ELF_EXECUTE = 1, ELF_WRITE = 2, ELF_READ = 4 };

enum elf_section_type {
	ELF_PROGBITS = 1,
	ELF_SYMTAB = 2,
	ELF_STRTAB = 3,
	ELF_RELA = 4,
	ELF_NOTE_SECTION = 7,
	ELF_NOBITS = 8,
	ELF_REL_SECTION = 9,
	ELF_UNWIND = 0x70000001,
};

enum elf_section_flags {
	ELF_SECTION_WRITE = 1,
	ELF_SECTION_ALLOC = 2,
	ELF_SECTION_EXECUTE = 4,
	ELF_SECTION_TLS = 0x400,
	ELF_SECTION_COMPRESSED = 0x800,
};

/* Numbers in place of a section's. */
enum elf_section_special { ELF_UNDEFINED = 0, ELF_RESERVED_FIRST = 0xff00, ELF_ABSOLUTE = 0xfff1 };

enum elf_symbol_binding { ELF_LOCAL = 0, ELF_GLOBAL = 1, ELF_WEAK = 2 };

enum elf_symbol_type { ELF_SYMBOL_NONE = 0, ELF_SYMBOL_OBJECT = 1, ELF_SYMBOL_FUNCTION = 2 };

enum {
	ELF_HEADER_BYTES = 64,
	ELF_PROGRAM_HEADER_BYTES = 56,
	ELF_SECTION_HEADER_BYTES = 64,
	ELF_SYMBOL_BYTES = 24,
	ELF_RELOCATION_BYTES = 24,
	ELF_SEGMENTS_MAX = 64,
};

struct elf_image {
	struct str file; /* of elf_open_head only its first bytes */
	uint64_t file_bytes; /* all of it */
	enum elf_type type;
	uint64_t entry;
	uint64_t program_headers_offset;
	unsigned segment_count;
	uint64_t section_headers_offset;
	unsigned section_count; /* 0 when stripped of section headers */
	unsigned section_names_index;
};

struct elf_segment {
	uint32_t type; /* enum elf_segment_type, or another number */
	uint32_t flags; /* enum elf_segment_flags */
	uint64_t offset; /* in the file */
	uint64_t address;
	uint64_t physical_address;
	uint64_t file_bytes;
	uint64_t memory_bytes;
	uint64_t align;
};

struct elf_section {
	struct str name; /* empty when there is no name table */
	uint32_t type;
	uint64_t flags;
	uint64_t address;
	uint64_t offset;
	uint64_t size;
	uint32_t link;
	uint32_t info;
	uint64_t align;
	uint64_t entry_bytes;
};

struct elf_symbol {
	struct str name;
	uint64_t address;
	uint64_t size;
	unsigned type; /* enum elf_symbol_type, or another number */
	unsigned binding; /* enum elf_symbol_binding, or another number */
	unsigned section; /* index, or enum elf_section_special */
};

/* Of a table of type ELF_RELA. */
struct elf_relocation {
	uint64_t offset; /* in the section that it changes */
	uint32_t type; /* System V AMD64 ABI 1.0, table 4.9 */
	uint32_t symbol; /* index */
	int64_t addend;
};

/*
 * Checks the header and that both header tables lie in the file.
 * ERR_NOT_EXECUTABLE when it is no ELF64 x86-64 file of a type above, or lies.
 */
enum status elf_open(struct str file, struct elf_image *out_image);

/*
 * The same of a file of file_bytes, of which only the first ones are at hand: both its header and
 * its program headers must lie there. Sections are left out.
 */
enum status elf_open_head(struct str head, uint64_t file_bytes, struct elf_image *out_image);

/* index < segment_count. ERR_NOT_EXECUTABLE when file bytes lie outside the file. */
enum status elf_segment(const struct elf_image *image, unsigned index,
                        struct elf_segment *out_segment);
/* The segment's bytes in the file; empty when they are not at hand. */
struct str elf_segment_bytes(const struct elf_image *image, const struct elf_segment *segment);

/* index < section_count. ERR_NOT_EXECUTABLE when its bytes or its name lie outside the file. */
enum status elf_section(const struct elf_image *image, unsigned index,
                        struct elf_section *out_section);
/* First section of this type; ERR_NOT_FOUND. */
enum status elf_section_of_type(const struct elf_image *image, uint32_t type,
                                struct elf_section *out_section);
/* Bytes of a section; empty for ELF_NOBITS. */
struct str elf_section_bytes(const struct elf_image *image, const struct elf_section *section);

/* Entry index of a symbol table section; ERR_NOT_FOUND behind the last one. */
enum status elf_symbol(const struct elf_image *image, const struct elf_section *table,
                       uint64_t index, struct elf_symbol *out_symbol);

/* The same for an entry of a relocation table. */
enum status elf_relocation(const struct elf_image *image, const struct elf_section *table,
                           uint64_t index, struct elf_relocation *out_relocation);

/*
 * What a loader may map: the checks that make an image safe to load.
 *
 * PT_LOADs must be in ascending order without sharing a page, aligned to 4096 with
 * offset congruent to address, file_bytes <= memory_bytes, not both writable and
 * executable; PT_GNU_STACK must not ask for an executable stack; the entry lies in an executable
 * segment; the program headers lie in a loaded segment.
 */
struct elf_load_plan {
	struct elf_segment segments[ELF_SEGMENTS_MAX];
	unsigned count;
	uint64_t low; /* first page's address */
	uint64_t end; /* behind the last page */
	uint64_t program_headers_address; /* before the load bias */
	struct str interpreter; /* path of PT_INTERP; empty when there is none */
};

/* ERR_NOT_EXECUTABLE when a check fails. */
enum status elf_plan_load(const struct elf_image *image, struct elf_load_plan *out_plan);
/* Does every segment keep its alignment when bias is added to its address? */
bool elf_plan_is_aligned(const struct elf_load_plan *plan, uint64_t bias);
