/* A boot archive with one small static-PIE program, and the same program to be bent. */
#pragma once

#include "../../libs/elf/elf_bytes.h"
#include <boot_archive/api.h>
#include <stdio.h>

enum { PROGRAM_ARCHIVE_MAX = 8192 };

struct program_bytes {
	struct elf_bytes elf;
	char archive[PROGRAM_ARCHIVE_MAX];
	size_t len;
};

static inline void program_bytes_add(struct program_bytes *program, const char *name,
                                     struct str data)
{
	size_t name_bytes = strlen(name) + 1;
	char *at = program->archive;
	program->len += (size_t)sprintf(
	        at + program->len,
	        "070701000000010000%04X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 0100644, 0,
	        0, 1, 0, data.len, 0, 0, 0, 0, name_bytes, 0);
	memcpy(at + program->len, name, name_bytes);
	program->len = (program->len + name_bytes + 3) & ~3UL;
	if (data.len)
		memcpy(at + program->len, data.ptr, data.len);
	program->len = (program->len + data.len + 3) & ~3UL;
}

/* Packs program->elf as it is now under "apps/a/a.elf". */
static inline struct boot_archive program_bytes_pack(struct program_bytes *program)
{
	memset(program->archive, 0, sizeof program->archive);
	program->len = 0;
	program_bytes_add(program, "apps/a/a.elf", elf_bytes_view(&program->elf));
	program_bytes_add(program, "apps/a/empty", (struct str){});
	program_bytes_add(program, "TRAILER!!!", (struct str){});
	return (struct boot_archive){{program->archive, program->len}};
}
