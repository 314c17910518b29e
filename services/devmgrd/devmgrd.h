/* The state of devmgrd, and its parts. */
#pragma once

#include <abi/device.h>
#include <abi/status.h>
#include <abi/syscalls.h>
#include <base/api.h>
#include <service/client.h>

struct device_service {
	uint64_t endpoint; /* its own */
	struct service_client names; /* vfsd */
	struct device_node nodes[DEVICE_LIST_MAX]; /* as of the last look */
	size_t count;
};

extern const char device_name[];

/* ---- names.c ---- */

/* In vfsd: the folders before it too. It may be there already. */
enum status names_make(struct device_service *self, const struct device_node *node);
/* It may be gone already. */
enum status names_remove(struct device_service *self, const struct device_node *node);
