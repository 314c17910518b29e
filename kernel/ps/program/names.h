/*
 * Program files by name, for whoever starts programs: kernel/io answers. A path is as a program
 * writes it, seen from the calling process.
 */
#pragma once

#include "ps/file.h"
#include "ps/view.h"
#include <base/str.h>

/* A file that may make who runs it another user; mode has no set-id bits when it may not. */
struct file_owner {
	uint32_t mode, uid, gid;
};

struct name_ops {
	/*
	 * A regular file that view (NULL: the caller) may execute, with a reference; its bytes are
	 * read through file->ops->map and size. ERR_NOT_FOUND, ERR_ACCESS_DENIED, and what else a
	 * walk may say.
	 */
	enum status (*open_program)(const struct process_view *view, struct str path,
	                            struct file **out_file, struct file_owner *out_owner);
	/*
	 * The same path without leading '/', as /proc shows it: absolute. ERR_NAME_TOO_LONG.
	 */
	enum status (*whole_path)(struct str path, char *out, size_t capacity, size_t *out_len);
};
