/*
 * The state of one run of steps. scheduler.c judges what is ready and waits for what runs; start.c
 * starts an action, as a program, a forked copy or right here, or takes its outputs from the cache.
 */
#pragma once

#include "engine/cache/cache.h"
#include "engine/process/job.h"
#include "engine/schedule/estimate.h"
#include "engine/schedule/jobserver.h"
#include "engine/schedule/ready_queue.h"

struct scheduler {
	struct run *run;
	struct ready_queue ready;
	struct job *jobs; /* slots; child.pid 0: free */
	size_t job_count; /* slots */
	size_t running;
	struct paces paces;
	struct jobserver server;
	char **environment; /* of children: the run's, and where the job server is */
	int signal_fd;
	uint64_t *body_us; /* of each slot, in memory shared with forked copies */
	struct pollfd *fds; /* two for each slot, one for signals, one for the job server */
	int64_t ticked_ns; /* what the kernel's clock has moved on from */
	int64_t newest_change_ns; /* 0: not asked for yet */
	bool stopping; /* nothing new is started */
	unsigned judged;
};

/* Starts what is stale; a short action has ended when this returns. */
void step_start(struct scheduler *s, uint32_t index);
/* What depends on it may be ready now. */
void step_done(struct scheduler *s, uint32_t index);
/* The action came to its end by itself; problem is "" when all is well. */
void job_finish(struct scheduler *s, struct job *j, struct str problem, struct str said);
