/* What the commands share that boot: qemu, debug, trace. */
#pragma once

#include "cmd/pipeline.h"
#include "qemu/qemu.h"

extern const struct option options_qemu[];

/* The request that the options describe; it points into p. False after reporting. */
bool launch_prepare(struct invocation *in, struct pipeline *p, struct qemu_request *out_request);
/*
 * Boots it while its image stays as it is: builds leave a file alone that is held. False after
 * reporting that nothing was started.
 */
bool launch_boot(struct invocation *in, const struct qemu_request *request,
                 struct qemu_result *out_result);
