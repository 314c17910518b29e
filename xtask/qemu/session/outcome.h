/* From how QEMU ended and what the machine said to one outcome. */
#pragma once

#include "qemu/session/marks.h"
#include "qemu/session/monitor.h"

enum stop_cause {
	STOP_NONE, /* QEMU ended by itself */
	STOP_MARKS_SEEN,
	STOP_HIT, /* a mark decided against the run */
	STOP_PLANNED, /* stop_after */
	STOP_TIMEOUT,
	STOP_PERSON, /* Ctrl-A X */
	STOP_SIGNAL, /* to this process */
	STOP_AGENT, /* what ran the commands in the guest has died */
	STOP_SNAPSHOT, /* it did not go on from its snapshot */
	STOP_GUEST, /* the guest has ended; QEMU still stood, for the picture */
};

struct ending {
	enum stop_cause cause;
	int wait_status; /* of waitpid */
	int exit_value; /* of STOP_GUEST: what came to the exit port, -1: nothing */
	enum shutdown_reason shutdown;
	struct str errors; /* what QEMU printed */
	const struct qemu_answer *unanswered; /* the first whose mark did not come; NULL: none */
};

/* Fills outcome, success, guest_status, detail and missing. */
void outcome_decide(struct arena *a, const struct qemu_request *request, const struct marks *marks,
                    const struct ending *ending, struct qemu_result *result);
