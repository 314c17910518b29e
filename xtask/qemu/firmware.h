/* Firmware files: found, and prepared below OUT/firmware. */
#pragma once

#include "qemu/qemu.h"

struct firmware {
	struct str code; /* for -bios, or the read-only flash */
	struct str variables; /* the private variable store; empty without one */
};

bool firmware_prepare(struct arena *a, const struct qemu_request *request,
                      struct firmware *out_firmware, struct diag *d);
