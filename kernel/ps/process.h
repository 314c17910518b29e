/*
 * The process object. Inside kernel/ps only.
 */
#pragma once

#include "ps/api.h"
#include "ps/program.h"
#include "sched/api.h"
#include <base/list.h>

struct process {
	struct list link; /* among the living or the exited; guarded by the table's lock */

	/* set at creation, then constant */
	uint64_t pid; /* from 1; never reused */
	uint64_t parent_pid; /* 0: started by the kernel */
	char name[PROCESS_NAME_MAX]; /* the file's name, NUL-terminated, perhaps cut */
	uint32_t flags;
	uint32_t console_session;
	uint64_t weight_micros;

	struct vm_space *space; /* owned; NULL once exited */
	struct ipc_process ipc;
	struct program program; /* where its thread starts */
	int32_t exit_status; /* set when it exits */
};
