/*
 * Paths of Linux calls, and where they begin. Private to compat.
 *
 * Linux include/uapi/linux/fcntl.h, asm-generic/fcntl.h.
 */
#pragma once

#include "compat/linux/abi.h"
#include "io/api.h"
#include <base/cleanup.h>

enum linux_at {
	LINUX_AT_DIRECTORY = -100, /* in place of a descriptor: the working directory */
	LINUX_AT_NO_FOLLOW = 0x100,
	LINUX_AT_REMOVE_DIRECTORY = 0x200,
	LINUX_AT_EFFECTIVE = 0x200,
	LINUX_AT_FOLLOW = 0x400,
	LINUX_AT_NO_AUTOMOUNT = 0x800,
	LINUX_AT_EMPTY_PATH = 0x1000,
	LINUX_AT_SYNC_KINDS = 0x6000,
};

enum linux_open_flag {
	LINUX_O_CREATE = 0100,
	LINUX_O_EXCLUSIVE = 0200,
	LINUX_O_TRUNCATE = 01000,
	LINUX_O_DIRECTORY = 0200000,
	LINUX_O_NO_FOLLOW = 0400000,
	LINUX_O_TEMPORARY = 020000000,
};

enum linux_mode {
	LINUX_MODE_RIGHTS = 07777,
	LINUX_MODE_TYPE = 0170000,
	LINUX_MODE_FIFO = 0010000,
	LINUX_MODE_CHARACTERS = 0020000,
	LINUX_MODE_DIRECTORY = 0040000,
	LINUX_MODE_BLOCKS = 0060000,
	LINUX_MODE_FILE = 0100000,
	LINUX_MODE_LINK = 0120000,
	LINUX_MODE_SOCKET = 0140000,
};

enum { LINUX_PATH_SHORT = 160 };

/* A path out of user memory. Begin with {}; release it, whatever linux_path_get said. */
struct linux_path {
	struct str text;
	char *large; /* owned: one that is not short */
	struct file *directory; /* where a relative one begins, a reference; NULL: see below */
	bool is_empty; /* the directory itself is meant */
	char small[LINUX_PATH_SHORT];
};

void linux_path_release(struct linux_path *path);
#define LINUX_PATH AUTO(linux_path_release) struct linux_path
#define LINUX_FILE AUTO(linux_file_drop) struct file *
void linux_file_drop(struct file **file);

/*
 * descriptor as the *at calls have it; flags: LINUX_AT_EMPTY_PATH allows an empty path.
 * ERR_NOT_FOUND: an empty one; ERR_NAME_TOO_LONG; ERR_BAD_HANDLE; ERR_BAD_ADDRESS;
 * ERR_NOT_DIRECTORY.
 */
enum status linux_path_get(struct linux_path *path, int32_t descriptor, uintptr_t address,
                           uint32_t flags);
/* As the first path of a question to vfsd, or the second. The path must outlive the call. */
void linux_path_ask(const struct linux_path *path, struct vfs_call *call);
void linux_path_ask_second(const struct linux_path *path, struct vfs_call *call);
/* All of it for one path. call says the rest. */
enum status linux_path_call(int32_t descriptor, uintptr_t address, uint32_t flags,
                            struct vfs_call *call);
/* The same for what a descriptor stands for. ERR_NOT_SUPPORTED: it has no name. */
enum status linux_file_call(int32_t descriptor, struct vfs_call *call);
