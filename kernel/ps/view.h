/*
 * What a process sees paths from: kept by a thread in exec for whoever opens files in its name.
 */
#pragma once

#include "ps/file.h"

struct process_view {
	uint64_t pid;
	uint32_t uid, gid; /* of the file system */
	struct file *directory; /* with a reference; NULL: the root */
	struct file *root; /* with a reference; NULL: that of all */
	struct file *program; /* with a reference; NULL: it came from the boot archive */
};

/* Of the calling process. */
struct process_view process_view(void);
struct process_view process_view_copy(const struct process_view *view);
void process_view_release(struct process_view *view);
