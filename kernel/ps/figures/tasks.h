/* Inside the figures of processes: the threads of one, together. */
#pragma once

#include "ps/process.h"

struct figures_tasks {
	struct thread_time time;
	uint32_t count, running;
};

/* The table's lock is held. */
struct figures_tasks figures_tasks_of(struct process *process);
