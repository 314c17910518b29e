/* Open files of vfs, as its other parts see them. Inside kernel/io/vfs only. */
#pragma once

#include "ps/api.h"

/* Of files whose bytes lie in the page cache. */
extern const struct file_ops vfs_regular_ops;

/* For each kind of open file that has a vnode, and nothing of its own. */
void vfs_file_release(struct file *file);
void vfs_file_describe(struct file *file, struct file_facts *out_facts);
