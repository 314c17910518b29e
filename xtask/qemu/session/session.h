/* One run: the event loop between a started QEMU, the terminal, the files and the marks. */
#pragma once

#include "qemu/qemu.h"

/*
 * Starts argv, waits for its end or brings it about, and fills the result. False
 * after reporting that logs could not be written or QEMU not be started.
 */
bool session_run(struct arena *a, const struct qemu_request *request, const struct strs *argv,
                 struct qemu_result *result, struct diag *d);
