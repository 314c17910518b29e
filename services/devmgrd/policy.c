#include "policy.h"
#include <base/api.h>

/* Linux include/uapi/asm-generic/fcntl.h */
enum { POLICY_ACCESS = 3 };

/* Requests that change nothing for anybody else. */
static const struct {
	const char *name;
	uint32_t request;
} policy_requests[] = {
        {"input/event0", 0x80044501}, /* EVIOCGVERSION: Linux include/uapi/linux/input.h */
};

static const struct device_node *policy_find(struct policy_devices devices, uint64_t device)
{
	for (size_t i = 0; i < devices.count; i++)
		if (devices.nodes[i].rdev == device && devices.nodes[i].is_present)
			return &devices.nodes[i];
	return NULL;
}

enum status policy_open(struct policy_devices devices, uint64_t device, uint32_t flags)
{
	if (!policy_find(devices, device))
		return ERR_NO_DEVICE_ADDRESS;
	return (flags & POLICY_ACCESS) == POLICY_ACCESS ? ERR_INVALID_ARGS : OK;
}

enum status policy_control(struct policy_devices devices, uint64_t device, uint32_t request)
{
	const struct device_node *node = policy_find(devices, device);
	if (!node)
		return ERR_NO_DEVICE;
	struct str name = str_from_c((const char *)node->name);
	for (size_t i = 0; i < COUNT(policy_requests); i++)
		if (policy_requests[i].request == request &&
		    str_equal(name, str_from_c(policy_requests[i].name)))
			return OK;
	return ERR_NOT_TERMINAL;
}
