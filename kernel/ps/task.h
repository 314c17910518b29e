/*
 * What ps keeps for one thread of a process. Inside kernel/ps, and for its face.
 */
#pragma once

#include "ps/wait.h"

struct process;

struct task {
	struct list link; /* in process->tasks; guarded by process->lock */
	struct process *process; /* lives longer */
	struct thread *thread;
	uint64_t tid; /* of the first task: the pid */
	struct trap_frame start; /* registers it begins with */
	struct waiter waiter; /* wakes when there is work, and for whatever it waits for */

	/* only used by the task itself */
	uintptr_t clear_tid; /* written with 0, and woken, when it ends; 0: nothing */
	uintptr_t robust_list; /* of futexes; 0: none */
};

/* NULL in a kernel thread. */
struct task *task_current(void);
uint64_t task_id(const struct task *task);
/* Is there something to do before it goes on in ring 3: a signal, or its end? */
bool task_has_work(const struct task *task);

/*
 * Sleeps until one of events is set. OK also when it may be; look again. ERR_INTERRUPTED: there
 * is other work for the task; ERR_TIMED_OUT: deadline_ns of clock_ns passed (0: none).
 */
enum status task_wait(struct readiness *readiness, uint32_t events, uint64_t deadline_ns);

/* Does that work; frame is what ring 3 goes on with. Does not return when the task ends. */
void task_do_work(struct trap_frame *frame);

/* A task of process that begins with these registers; not yet started. ERR_NO_MEMORY. */
enum status task_create(struct process *process, const struct trap_frame *start,
                        struct task **out_task);
/* Takes it. */
void task_start(struct task *task);
/* One that was never started. Accepts NULL. */
void task_destroy(struct task *task);
/* Ends the calling thread, and with the last one the process. */
[[gnu::noreturn]] void task_exit(void);
/* The same; status is that of the process if this is its last thread. */
[[gnu::noreturn]] void task_exit_with(int32_t status);
