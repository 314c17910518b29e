/*
 * What names mean. vfsd will answer; until it does, kernel/io answers for the boot archive.
 */
#pragma once

#include "ps/file.h"
#include <base/str.h>

enum { NAME_PATH_MAX = 256 }; /* with NUL */

/* Paths are absolute, without leading '/', "." and ".."; the root is empty. */
struct name_ops {
	/* flags as file_flag. With a reference. ERR_NOT_FOUND, ERR_READ_ONLY, ERR_IS_DIRECTORY. */
	enum status (*open)(struct str path, uint32_t flags, struct file **out_file);
	enum status (*describe)(struct str path, struct file_facts *out_facts);
};
