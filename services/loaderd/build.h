/*
 * From a path to an image in the kernel: scripts, ELF files, interpreters, where each lies.
 */
#pragma once

#include "script.h"
#include <abi/syscalls.h>
#include <elf/api.h>

/* Where things lie in the user range [64 KiB, 2^47). */
#define BUILD_SPACE_BASE 0x8000000000ULL /* 1 << 39 */
#define BUILD_PROGRAM_BASE (BUILD_SPACE_BASE + 0x400000)
#define BUILD_INTERPRETER_BASE (BUILD_SPACE_BASE + 0x2000000)
#define BUILD_INTERPRETER_ALIGN 0x200000ULL
#define BUILD_IMAGE_BYTES_MAX 0x40000000ULL
#define BUILD_USER_END (1ULL << 47)

enum {
	BUILD_HEAD_BYTES = 1024, /* hold the headers of nearly every program */
	BUILD_LEADING_MAX = 1 + 2 * SCRIPT_LEVELS_MAX,
	BUILD_TEXT_MAX = SCRIPT_LINE_MAX, /* of what a script's line says, with a NUL */
};

/* Whose request it is, and in whose name files are opened. */
struct build_target {
	uint64_t reply_cap;
	uint64_t ticket; /* 0: in loaderd's own name */
	uint64_t pid, tid;
};

struct build_file {
	uint64_t fd; /* 0: closed */
	uint64_t size;
	size_t head_len;
	struct elf_image elf;
	struct elf_load_plan plan;
	uint64_t bias;
	char head[PROC_HEAD_MAX];
};

/* One program that is built; nothing of it outlives the request. */
struct build {
	struct build_target target;
	const char *path; /* of the program as it was opened, NUL-terminated */
	uint64_t image; /* handle of what the kernel builds; 0: none */
	struct build_file program, interpreter;

	/* what stands in place of argument 0, ends with NULL */
	const char *leading[BUILD_LEADING_MAX + 1];
	size_t leading_count; /* 0: arguments stay */
	char texts[SCRIPT_LEVELS_MAX][2]
	          [BUILD_TEXT_MAX]; /* interpreter and argument of each line */

	struct proc_map_file_batch_args batch; /* mappings that the kernel was not told of yet */
};

/*
 * Builds the program at path, which must live until build_end. ERR_NOT_EXECUTABLE: no program that
 * may be loaded; ERR_TOO_MANY_SYMLINKS: too many scripts that name scripts; else what the kernel
 * says. build_end follows in any case.
 */
enum status build_program(struct build *self, const struct build_target *target, const char *path);
/* Gives up what is still there. */
void build_end(struct build *self);
