/*
 * Threads that are ready to run on one CPU, first in first out.
 *
 * Inside kernel/sched only. A thread is in at most one queue, by its link.
 */
#pragma once

#include "sched/api.h"

struct run_queue {
	struct spinlock lock;
	/* guarded by lock */
	struct list ready; /* struct thread, next to run first */
};

void run_queue_init(struct run_queue *queue);
/* Makes the thread ready and puts it at the end. */
void run_queue_put(struct run_queue *queue, struct thread *thread);
/* Removes the first thread; NULL when empty. Its state stays THREAD_READY. */
struct thread *run_queue_take(struct run_queue *queue);

/* The calling CPU's queue. */
struct run_queue *run_queue_current(void);
/* Gives the CPU to the next ready thread, or to the boot thread. The current one's state is set. */
void sched_switch(void);
/* The same to next, which is in no queue. */
void sched_switch_to(struct thread *next);
/* What the thread switched to must call first. */
void sched_switch_done(void);
