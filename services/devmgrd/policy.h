/* What programs may do with a device that comes and goes. */
#pragma once

#include <abi/status.h>
#include <abi/syscalls.h>
#include <stddef.h>

struct policy_devices {
	const struct device_node *nodes;
	size_t count;
};

/* flags: of open. ERR_NO_DEVICE_ADDRESS: it is not there; ERR_INVALID_ARGS: not with these flags.
 */
enum status policy_open(struct policy_devices devices, uint64_t device, uint32_t flags);
/* A request of ioctl. ERR_NO_DEVICE: it is not there; ERR_NOT_TERMINAL: it has no such request. */
enum status policy_control(struct policy_devices devices, uint64_t device, uint32_t request);
