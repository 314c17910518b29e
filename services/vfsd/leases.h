/* What rootd tells of its leases. */
#pragma once

#include "vfsd.h"

/* context: the struct vfs_service. As `lease` of struct figures. */
enum status ask_lease(void *context, uint32_t index, struct lease_figures *out);
