/* Open files without anything that waits, on the host: one user each. */
#pragma once

#include "../../test.h"
#include "ps/file.h"

void file_init(struct file *file, const struct file_ops *ops, struct readiness *, uint32_t flags)
{
	*file = (struct file){.ops = ops, .flags = flags};
}

void file_unref(struct file *file)
{
	if (file)
		file->ops->release(file);
}
