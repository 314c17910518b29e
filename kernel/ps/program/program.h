/*
 * From a program of the boot archive, or an image that loaderd built, to an address space that is
 * ready to run. Inside kernel/ps only.
 */
#pragma once

#include "mm/api.h"
#include "ps/api.h"
#include "ps/program/prepare.h"
#include "vm/api.h"
#include <abi/status.h>
#include <base/str.h>

/* Where things lie in the user range [64 KiB, 2^47). */
#define PROGRAM_USER_SPACE_BASE 0x8000000000 /* 1 << 39 */
#define PROGRAM_IMAGE_BASE (PROGRAM_USER_SPACE_BASE + 0x400000)
#define PROGRAM_IMAGE_BYTES_MAX 0x40000000
#define PROGRAM_HEAP_BASE (PROGRAM_USER_SPACE_BASE + 0x1000000000)
#define PROGRAM_HEAP_BYTES 0x100000
#define PROGRAM_ARCHIVE_BASE (PROGRAM_USER_SPACE_BASE + 0x2000000000)
#define PROGRAM_BREAK_BYTES_MAX 0x40000000
#define PROGRAM_STACK_TOP 0x7ffffffff000
#define PROGRAM_STACK_BYTES 0x20000
#define PROGRAM_LAZY_STACK_BYTES 0x800000 /* where only what is touched costs */

/* Where its texts lie on its stack, each with its NUL. */
struct program_texts {
	struct user_in arguments, environment;
};

struct program {
	uintptr_t entry;
	uintptr_t stack_pointer;
	uintptr_t image_end;
	uintptr_t image_bias;
	struct program_texts texts;
};

/*
 * Maps the PT_LOADs with these flags of enum vm_flag: of a static-PIE file at PROGRAM_IMAGE_BASE,
 * of one with fixed addresses there. ERR_NOT_EXECUTABLE: a file that needs an interpreter, or lies;
 * ERR_NO_MEMORY. On failure the space is the caller's to destroy.
 */
enum status program_map_image(struct vm_space *space, struct str file, unsigned flags,
                              struct program_image *out_image);

/* The first stack contents: System V AMD64 ABI 1.0, section 3.4.1. */
struct program_stack_request {
	struct str path;
	const struct str *arguments;
	size_t argument_count;
	const struct str *environment;
	size_t environment_count;
	struct program_image image;
	uint8_t random[16];
	uint32_t hardware; /* AT_HWCAP: EDX of CPUID 1 */
	struct credentials_slot credentials;
	bool is_secure; /* it may do more than who started it */
	bool has_heap;
	uintptr_t archive_base; /* 0: not mapped */
	size_t archive_bytes;
};

/* Room for it, a multiple of 16. ERR_TOO_BIG: more than PROGRAM_STRINGS_BYTES_MAX, or one string
 * beyond PROGRAM_STRING_MAX. */
enum status program_stack_size(const struct program_stack_request *request, size_t *out_size);
/*
 * Fills the end of bytes (as many as program_stack_size says, aligned to 16, to end at stack_top)
 * and returns how many are in use; the stack pointer is stack_top minus that, 16-byte aligned.
 */
size_t program_build_stack(const struct program_stack_request *request, uintptr_t stack_top,
                           char *bytes, size_t size, struct program_texts *out_texts);

/* Image, heap, stack, and the archive when asked for. */
enum status program_load(struct vm_space *space, const struct process_setup *setup,
                         const struct process_request *request, struct program *out_program);
/* The stack of a built image, whose memory comes with the first touch. */
enum status program_start(const struct program_built *built, const struct process_setup *setup,
                          const struct process_request *request, struct program *out_program);
