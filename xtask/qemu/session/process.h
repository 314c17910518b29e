/*
 * The QEMU process: started with a socket for each channel, in its own group,
 * killed by the kernel when this process dies.
 */
#pragma once

#include "os/text.h"
#include <base/api.h>
#include <sys/types.h>

/* Descriptors as QEMU sees them. */
enum {
	CHILD_FD_SERIAL = 3,
	CHILD_FD_DEBUGCON,
	CHILD_FD_MONITOR,
	CHILD_FD_EXIT_VALUE,
	CHILD_FD_AGENT, /* listens */
	CHILD_FD_MEMORY, /* a file that the guest sees as memory */
};

enum channel {
	CHANNEL_SERIAL,
	CHANNEL_DEBUGCON,
	CHANNEL_MONITOR,
	CHANNEL_EXIT_VALUE, /* used while a picture of the end is wanted */
	CHANNEL_ERRORS,
	CHANNEL_COUNT
};

struct qemu_process {
	pid_t pid; /* also its process group */
	int fds[CHANNEL_COUNT]; /* ours, non-blocking; -1 once closed */
};

/* What it gets as CHILD_FD_AGENT and CHILD_FD_MEMORY, which stay the caller's; -1: nothing. */
struct process_loans {
	int agent, memory;
};

/*
 * 0 or an errno value; nothing is left behind then. A program that can't be run ends with 126.
 */
[[nodiscard]] int process_start(struct arena *a, const struct strs *argv,
                                struct process_loans loans, struct qemu_process *out_process);
/* A signal to the whole group. */
void process_kill(const struct qemu_process *process, int number);
/* Closes what is open and kills what is left. Harmless when called again. */
void process_release(struct qemu_process *process);
