/*
 * A whole device as the target of an image: what it is, and why it must not be written.
 *
 * What the kernel says is read from system folders below root ("" for the host's own; a test has
 * others): sys/class/block, proc/self/mountinfo, proc/swaps.
 */
#pragma once

#include "os/text.h"

struct device {
	struct str path; /* "/dev/sdb" */
	struct str name; /* "sdb" */
	struct str model; /* what it calls itself; may be empty */
	uint64_t bytes;
};

/*
 * EPERM, with the reason, for a partition, a disk that is not removable, one that is mounted,
 * swapped to, or held by another device (RAID, encryption), and one that is write protected.
 * ENODEV: no block device.
 */
[[nodiscard]] int device_inspect(struct arena *a, struct str root, struct str path,
                                 struct device *out_device, struct text *why);
/* Copies image to the file at path, then compares all of it as the device has it. EIO: differs. */
[[nodiscard]] int device_write(struct str image, const char *path, struct text *why);
