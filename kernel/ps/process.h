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
	struct process_memory memory;
	struct ipc_process ipc;

	struct spinlock lock;
	/* guarded by lock */
	struct list tasks; /* struct task */
	uint32_t task_count;
	bool exiting; /* atomic for readers: every task is to end */
	int32_t exit_status; /* set when it begins to exit */
};

/* Its last task is gone, and the caller's thread no longer belongs to it. */
void process_finish(struct process *process);
