/* One run: the event loop between a started QEMU, the terminal, the files and the marks. */
#pragma once

#include "qemu/pool/snapshot.h"
#include "qemu/qemu.h"

struct session_start {
	struct strs argv;
	struct snapshot *snapshot; /* NULL: none is to be taken or resumed */
};

/*
 * Starts QEMU, waits for its end or brings it about, and fills the result. False
 * after reporting that logs could not be written or QEMU not be started.
 */
bool session_run(struct arena *a, const struct qemu_request *request,
                 const struct session_start *start, struct qemu_result *result, struct diag *d);
