/*
 * Program images in the making: what the brokers of loaderd change, until a process or a thread in
 * exec takes the result. Part of ps/api.h.
 *
 * An image lives as long as handles to it. What it holds of memory is charged to the account of the
 * process to be.
 */
#pragma once

#include "object/api.h"
#include "ps/file.h"
#include <abi/status.h>
#include <abi/syscalls.h>

struct vm_space;

/* What the loaded image tells its start code. */
struct program_image {
	uintptr_t base; /* load bias */
	uintptr_t end; /* behind its last byte: the heap begins at the next page */
	uintptr_t entry;
	uintptr_t start; /* of its interpreter when it has one, else entry */
	uintptr_t interpreter_base; /* 0: it has none */
	uintptr_t program_headers;
	unsigned program_header_count;
};

struct prepare;

extern const struct object_type prepare_type;

struct prepare_mapping {
	uintptr_t address;
	uint64_t bytes; /* of memory */
	uint64_t flags; /* PROC_BROKER_MAP_* */
	struct file *file; /* whose bytes come first; NULL: none */
	uint64_t file_offset;
	uint64_t file_bytes;
};

/* Of the calling process; with one reference. ERR_NO_MEMORY. */
enum status prepare_create(struct prepare **out_prepare);
struct object *prepare_object(struct prepare *prepare);
/*
 * The handle's image, with a reference. ERR_BAD_HANDLE: it is none, or another process's.
 */
enum status prepare_get(uint64_t handle, struct prepare **out_prepare);
/* Accepts NULL. */
void prepare_unref(struct prepare *prepare);

/* ERR_INVALID_ARGS: not whole pages, no user memory, unknown flags, or the image is taken;
 * ERR_ACCESS_DENIED: writable and executable, or no file for mappings; ERR_EXISTS: something is
 * mapped there; ERR_TOO_BIG: too many mappings; ERR_NOT_EXECUTABLE: zeros behind the file's bytes
 * in a page that may not be written; ERR_NO_MEMORY; ERR_IO. */
enum status prepare_map(struct prepare *prepare, const struct prepare_mapping *mapping);
/* Into what is mapped. ERR_BAD_ADDRESS. */
enum status prepare_write(struct prepare *prepare, uintptr_t address, const void *bytes,
                          size_t len);
/* ERR_INVALID_ARGS: outside of user memory, or it was set. */
enum status prepare_set_image(struct prepare *prepare, const struct program_image *image);
/* Nothing more can be done with it. */
void prepare_give_up(struct prepare *prepare);

/* ---- the result ---- */

enum { PROGRAM_LEADING_MAX = PROC_LEADING_MAX, PROGRAM_LEADING_BYTES_MAX = PROC_LEADING_BYTES_MAX };

struct program_built {
	struct vm_space *space; /* owned */
	struct file *program; /* a reference; NULL: none was named */
	struct program_image image;
	struct str path; /* as it was opened; in bytes */
	struct str leading[PROGRAM_LEADING_MAX]; /* in place of argument 0; in bytes */
	size_t leading_count; /* 0: arguments stay as they are */
	bool has_ids; /* it begins as another user */
	uint32_t euid, egid;
	char *bytes; /* owned */
	size_t bytes_size;
};

/* Empty, with room for bytes. NULL: no memory. */
struct program_built *program_built_create(size_t bytes_size);
/* Accepts NULL. */
void program_built_destroy(struct program_built *built);
/* Moves the image into built. ERR_INVALID_ARGS: it has no runtime, or is taken. */
enum status prepare_take(struct prepare *prepare, struct program_built *built);
