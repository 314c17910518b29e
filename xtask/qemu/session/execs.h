/* Commands that a run has the guest's agent do, one after another; then the guest is switched off.
 */
#pragma once

#include "guest/client.h"
#include "guest/input.h"
#include "qemu/qemu.h"

enum execs_tell { TELL_NOTHING, TELL_DUE, TELL_SENT, TELL_DONE };

struct execs {
	struct arena *arena;
	const struct qemu_request *request;
	struct guest_client client;
	struct guest_input input; /* of the first command */
	struct qemu_exec *list;
	size_t count, next; /* next: the one that runs, or is to */
	bool running; /* it was sent */
	bool ended; /* the guest was told to switch off */
	bool lost; /* the agent has died, and with it what is known of the running command */
	bool held; /* nothing is run yet */
	/* That the machine was resumed, with time and random numbers, before all else. */
	enum execs_tell tell;
	int32_t told; /* how that ended: 0 or -errno, of the guest */
	uint64_t read_due_ms; /* bytes come one by one: some are let gather before */
	struct text out, error; /* of the running one */
};

void execs_init(struct execs *execs, struct arena *a, const struct qemu_request *request);
/* QEMU listens at path; nothing to run and to tell: not connected. 0 or an errno value. */
[[nodiscard]] int execs_connect(struct execs *execs, const char *path);
/* What is to be done now. may_end: nothing else needs the guest. */
void execs_step(struct execs *execs, uint64_t now_ms, bool may_end);
/* What to poll for reading; -1: nothing now. */
int execs_poll_fd(const struct execs *execs, uint64_t now_ms);
void execs_read(struct execs *execs, uint64_t now_ms);
/* To poll for reading, for execs_pass_input; -1: nothing now. */
int execs_input_fd(const struct execs *execs);
void execs_pass_input(struct execs *execs);
bool execs_all_done(const struct execs *execs);
/* When execs_step is due at the latest; UINT64_MAX: not by time. */
uint64_t execs_due_ms(const struct execs *execs, uint64_t now_ms);
