/* Symbol table maker: any ELF file; what comes out must be sound. */
#include "image/symbols.h"
#include "os/files.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void table_check(struct str table)
{
	uint32_t head[4];
	uint64_t former = 0;
	memcpy(head, table.ptr, sizeof head);
	if (table.len != sizeof head + (size_t)head[2] * 16 + head[3])
		abort();
	for (uint32_t i = 0; i < head[2]; i++) {
		uint64_t address;
		uint32_t name;
		memcpy(&address, table.ptr + 16 + (size_t)i * 16, 8);
		memcpy(&name, table.ptr + 24 + (size_t)i * 16, 4);
		if ((i && address <= former) || name >= head[3])
			abort();
		former = address;
	}
	if (head[3] && table.ptr[table.len - 1])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct str table;
	host_arena_init(&a);
	struct text why = {.arena = &a};
	char *elf = arena_alloc(&a, size + sizeof(Elf64_Ehdr));
	size_t len = size;
	if (size)
		memcpy(elf, data, size);
	if (size > sizeof(Elf64_Ehdr) && data[size - 1] & 1) {
		/* The header's fixed part made right, so that more inputs get behind it. */
		Elf64_Ehdr header;
		memcpy(&header, elf, sizeof header);
		memcpy(header.e_ident, ELFMAG, SELFMAG);
		header.e_ident[EI_CLASS] = ELFCLASS64;
		header.e_ident[EI_DATA] = ELFDATA2LSB;
		header.e_shentsize = sizeof(Elf64_Shdr);
		header.e_shoff %= size;
		header.e_shnum %= 4;
		memcpy(elf, &header, sizeof header);
	}
	/* Of its exact size, so that the sanitizer sees its end. */
	char *exact = malloc(len + 1);
	if (!exact)
		abort();
	memcpy(exact, elf, len);
	if (symbols_build(&a, (struct str){exact, len}, &table, &why) == 0)
		table_check(table);
	free(exact);
	arena_release(&a);
	return 0;
}
