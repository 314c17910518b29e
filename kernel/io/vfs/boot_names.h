/*
 * Names until vfsd is there for the first time: the files of the boot archive, read-only, and four
 * devices. Answers the questions of abi/vfs.h that programs need to start. Inside kernel/io only.
 */
#pragma once

#include "io/vfs/vfs.h"

/* Is the question about these names? */
bool boot_names_have(const struct vfs_call *call);
enum status boot_names_answer(struct vfs_call *call);
