/*
 * Symbol table of the nucleus for its panic backtraces (system/boot/nucleus.sym).
 *
 * Little endian: magic "RSYM" u32, version 1 u32, count u32, strings_bytes u32, then count times
 * { u64 address, u32 name_offset, u32 size } by rising address, then NUL-terminated names.
 * Holds functions, and global symbols without a type (assembly entry points). Of several at one
 * address a global wins, then the one with a size, then the first name in byte order.
 */
#pragma once

#include "os/text.h"

/* From an ELF64 file's .symtab; the file is distrusted. ENOEXEC when it lies or has no symbols. */
[[nodiscard]] int symbols_build(struct arena *a, struct str elf, struct str *out_table,
                                struct text *why);
/* The same from file to file (out made or cut off; the caller renames). */
[[nodiscard]] int symbols_write(const char *elf_path, const char *out, struct text *why);
