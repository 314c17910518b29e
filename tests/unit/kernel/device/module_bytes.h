/* A small relocatable object, made by hand: what tests and the fuzz target start from. */
#pragma once

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	MODULE_BYTES_TEXT = 1,
	MODULE_BYTES_RELA,
	MODULE_BYTES_RODATA,
	MODULE_BYTES_DATA,
	MODULE_BYTES_BSS,
	MODULE_BYTES_SYMTAB,
	MODULE_BYTES_STRTAB,
	MODULE_BYTES_SECTIONS,
};

enum {
	MODULE_SYMBOL_DATA = 1, /* 8 bytes into .data */
	MODULE_SYMBOL_INIT,
	MODULE_SYMBOL_KERNEL, /* "kernel_symbol", undefined */
	MODULE_SYMBOL_ABSOLUTE,
	MODULE_SYMBOLS,
};

struct module_bytes {
	Elf64_Ehdr header;
	Elf64_Shdr sections[MODULE_BYTES_SECTIONS];
	uint8_t text[32];
	Elf64_Rela relocations[4];
	uint8_t rodata[16];
	uint8_t data[16];
	Elf64_Sym symbols[MODULE_SYMBOLS];
	char names[128];
};

static const char module_section_names[] =
        "\0.text\0.rela.text\0.rodata\0.data\0.bss\0.symtab\0.strtab\0init\0kernel_symbol\0datum";

static inline uint32_t module_name_offset(const char *name)
{
	for (uint32_t at = 1; at < sizeof module_section_names;
	     at += (uint32_t)strlen(module_section_names + at) + 1)
		if (strcmp(module_section_names + at, name) == 0)
			return at;
	return 0;
}

static inline void module_bytes_section(struct module_bytes *m, unsigned index, Elf64_Shdr section,
                                        const char *name)
{
	section.sh_name = module_name_offset(name);
	m->sections[index] = section;
}

#define MODULE_AT(field)                                                                           \
	offsetof(struct module_bytes, field), sizeof((struct module_bytes *)0)->field

static inline void module_bytes_init(struct module_bytes *m)
{
	memset(m, 0, sizeof *m);
	memcpy(m->names, module_section_names, sizeof module_section_names);
	memcpy(m->header.e_ident, ELFMAG, SELFMAG);
	m->header.e_ident[EI_CLASS] = ELFCLASS64;
	m->header.e_ident[EI_DATA] = ELFDATA2LSB;
	m->header.e_ident[EI_VERSION] = EV_CURRENT;
	m->header.e_type = ET_REL;
	m->header.e_machine = EM_X86_64;
	m->header.e_version = EV_CURRENT;
	m->header.e_shoff = offsetof(struct module_bytes, sections);
	m->header.e_shentsize = sizeof(Elf64_Shdr);
	m->header.e_shnum = MODULE_BYTES_SECTIONS;
	m->header.e_shstrndx = MODULE_BYTES_STRTAB;
	memset(m->text, 0x90, sizeof m->text);
	memset(m->rodata, 0x11, sizeof m->rodata);
	memset(m->data, 0x22, sizeof m->data);

	module_bytes_section(m, MODULE_BYTES_TEXT,
	                     (Elf64_Shdr){0, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0,
	                                  MODULE_AT(text), 0, 0, 16, 0},
	                     ".text");
	module_bytes_section(m, MODULE_BYTES_RELA,
	                     (Elf64_Shdr){0, SHT_RELA, 0, 0, MODULE_AT(relocations),
	                                  MODULE_BYTES_SYMTAB, MODULE_BYTES_TEXT, 8, 24},
	                     ".rela.text");
	module_bytes_section(
	        m, MODULE_BYTES_RODATA,
	        (Elf64_Shdr){0, SHT_PROGBITS, SHF_ALLOC, 0, MODULE_AT(rodata), 0, 0, 8, 0},
	        ".rodata");
	module_bytes_section(m, MODULE_BYTES_DATA,
	                     (Elf64_Shdr){0, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0,
	                                  MODULE_AT(data), 0, 0, 8, 0},
	                     ".data");
	module_bytes_section(
	        m, MODULE_BYTES_BSS,
	        (Elf64_Shdr){0, SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 0, 0, 64, 0, 0, 32, 0}, ".bss");
	module_bytes_section(m, MODULE_BYTES_SYMTAB,
	                     (Elf64_Shdr){0, SHT_SYMTAB, 0, 0, MODULE_AT(symbols),
	                                  MODULE_BYTES_STRTAB, 1, 8, 24},
	                     ".symtab");
	module_bytes_section(m, MODULE_BYTES_STRTAB,
	                     (Elf64_Shdr){0, SHT_STRTAB, 0, 0, MODULE_AT(names), 0, 0, 1, 0},
	                     ".strtab");

	m->symbols[MODULE_SYMBOL_DATA] = (Elf64_Sym){module_name_offset("datum"),
	                                             ELF64_ST_INFO(STB_LOCAL, STT_OBJECT),
	                                             0,
	                                             MODULE_BYTES_DATA,
	                                             8,
	                                             8};
	m->symbols[MODULE_SYMBOL_INIT] = (Elf64_Sym){module_name_offset("init"),
	                                             ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
	                                             0,
	                                             MODULE_BYTES_TEXT,
	                                             4,
	                                             8};
	m->symbols[MODULE_SYMBOL_KERNEL] = (Elf64_Sym){module_name_offset("kernel_symbol"),
	                                               ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
	                                               0,
	                                               SHN_UNDEF,
	                                               0,
	                                               0};
	m->symbols[MODULE_SYMBOL_ABSOLUTE] =
	        (Elf64_Sym){0, ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE), 0, SHN_ABS, 0x1234, 0};
}

static inline void module_bytes_relocate(struct module_bytes *m, unsigned index, uint64_t offset,
                                         uint32_t symbol, uint32_t type, int64_t addend)
{
	m->relocations[index] = (Elf64_Rela){offset, ELF64_R_INFO((uint64_t)symbol, type), addend};
}
