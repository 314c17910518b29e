/* A small static-PIE image for tests, as structures that can be bent before they are read. */
#pragma once

#include <elf.h>
#include <elf/api.h>
#include <string.h>

enum { ELF_BYTES_SEGMENTS = 4, ELF_BYTES_SECTIONS = 4, ELF_BYTES_SYMBOLS = 3 };

struct elf_bytes {
	Elf64_Ehdr header;
	Elf64_Phdr segments[ELF_BYTES_SEGMENTS];
	Elf64_Shdr sections[ELF_BYTES_SECTIONS]; /* null, names, symbols, text */
	Elf64_Sym symbols[ELF_BYTES_SYMBOLS];
	char names[64];
	char padding[4096];
	char text[64]; /* at file offset and address TEXT */
};

#define ELF_BYTES_TEXT offsetof(struct elf_bytes, text)

static inline void elf_bytes_set_sections(struct elf_bytes *image)
{
	static const char names[] = "\0.names\0.symtab\0.text\0main\0data";
	memcpy(image->names, names, sizeof names);
	image->sections[1] = (Elf64_Shdr){.sh_name = 1,
	                                  .sh_type = SHT_STRTAB,
	                                  .sh_offset = offsetof(struct elf_bytes, names),
	                                  .sh_size = sizeof image->names};
	image->sections[2] = (Elf64_Shdr){.sh_name = 8,
	                                  .sh_type = SHT_SYMTAB,
	                                  .sh_offset = offsetof(struct elf_bytes, symbols),
	                                  .sh_size = sizeof image->symbols,
	                                  .sh_link = 1,
	                                  .sh_entsize = sizeof(Elf64_Sym)};
	image->sections[3] = (Elf64_Shdr){.sh_name = 16,
	                                  .sh_type = SHT_PROGBITS,
	                                  .sh_addr = ELF_BYTES_TEXT,
	                                  .sh_offset = ELF_BYTES_TEXT,
	                                  .sh_size = sizeof image->text};
	image->symbols[1] = (Elf64_Sym){.st_name = 22,
	                                .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
	                                .st_shndx = 3,
	                                .st_value = ELF_BYTES_TEXT,
	                                .st_size = 16};
	image->symbols[2] = (Elf64_Sym){.st_name = 27,
	                                .st_info = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT),
	                                .st_shndx = SHN_UNDEF};
}

/* Headers read-only at 0, text, then data behind it with a page of zeros. */
static inline void elf_bytes_make(struct elf_bytes *image)
{
	memset(image, 0, sizeof *image);
	image->header = (Elf64_Ehdr){.e_type = ET_DYN,
	                             .e_machine = EM_X86_64,
	                             .e_version = EV_CURRENT,
	                             .e_entry = ELF_BYTES_TEXT + 4,
	                             .e_phoff = offsetof(struct elf_bytes, segments),
	                             .e_shoff = offsetof(struct elf_bytes, sections),
	                             .e_ehsize = sizeof(Elf64_Ehdr),
	                             .e_phentsize = sizeof(Elf64_Phdr),
	                             .e_phnum = ELF_BYTES_SEGMENTS,
	                             .e_shentsize = sizeof(Elf64_Shdr),
	                             .e_shnum = ELF_BYTES_SECTIONS,
	                             .e_shstrndx = 1};
	memcpy(image->header.e_ident, ELFMAG "\2\1\1", 7);
	image->segments[0] = (Elf64_Phdr){.p_type = PT_LOAD,
	                                  .p_flags = PF_R,
	                                  .p_filesz = 0x400,
	                                  .p_memsz = 0x400,
	                                  .p_align = 0x1000};
	image->segments[1] = (Elf64_Phdr){.p_type = PT_LOAD,
	                                  .p_flags = PF_R | PF_X,
	                                  .p_offset = ELF_BYTES_TEXT,
	                                  .p_vaddr = ELF_BYTES_TEXT,
	                                  .p_filesz = 64,
	                                  .p_memsz = 64,
	                                  .p_align = 0x1000};
	image->segments[2] = (Elf64_Phdr){.p_type = PT_LOAD,
	                                  .p_flags = PF_R | PF_W,
	                                  .p_offset = ELF_BYTES_TEXT + 32,
	                                  .p_vaddr = ELF_BYTES_TEXT + 32 + 0x1000,
	                                  .p_filesz = 32,
	                                  .p_memsz = 0x1800,
	                                  .p_align = 0x1000};
	image->segments[3] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
	elf_bytes_set_sections(image);
}

static inline struct str elf_bytes_view(const struct elf_bytes *image)
{
	return (struct str){(const char *)image, sizeof *image};
}
