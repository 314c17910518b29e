/*
 * The face of kernel/sched: threads, run queues, wait queues.
 *
 * Cooperative so far: a thread runs until it blocks, yields or exits. Each CPU has
 * its own run queue, first in first out.
 */
#pragma once

#include "hal/api.h"
#include "mm/api.h"
#include <abi/status.h>
#include <base/list.h>

enum thread_state {
	THREAD_READY,
	THREAD_RUNNING,
	THREAD_BLOCKED,
	THREAD_CLAIMED, /* blocked; who claimed it makes it run */
	THREAD_DEAD,
};

struct thread {
	struct list link; /* in a run queue or a wait queue; guarded by that queue's lock */
	enum thread_state state; /* atomic */
	bool on_cpu; /* atomic: its context is not saved yet */

	/* set at creation, then constant */
	uint64_t id; /* 0 for the boot thread */
	struct kernel_stack *stack; /* owned; NULL for the boot thread */
	void (*entry)(void *argument);
	void *argument;
	void *owner; /* of ps: the process, NULL for kernel threads */
	struct call *call; /* of ipc: its call object, or NULL */

	/* only used by the thread itself and the switch */
	struct context *context;
	struct address_space *space; /* active while it runs; NULL: kernel only */
	struct fpu_state *fpu; /* owned; NULL for kernel threads */
};

struct thread_request {
	void (*entry)(void *argument); /* the thread exits when it returns */
	void *argument;
	void *owner;
	struct address_space *space;
	bool uses_fpu;
};

/* Makes the running boot context the boot thread of this CPU. */
void sched_init(void);
/* The boot thread's life: runs the others; panics when no thread can ever run again. */
[[gnu::noreturn]] void sched_run(void);

/* A thread that does not run before thread_start. ERR_NO_MEMORY. */
enum status thread_create(const struct thread_request *request, struct thread **out_thread);
/* Takes the thread: it frees itself when it exits. */
void thread_start(struct thread *thread);
/* Only for one that was never started. Accepts NULL. */
void thread_destroy(struct thread *thread);

struct thread *thread_current(void);
void thread_yield(void);
[[gnu::noreturn]] void thread_exit(void);
/* Leaves its address space, so that the caller may destroy it. */
void thread_leave_space(void);

/*
 * Hand-over: blocking on one's own, without a queue. Who wants to wake such a thread claims it
 * first, so that of several (an answer, the end of its time) exactly one does.
 */

/*
 * Sleeps until somebody claims and runs this thread. lock guards the reason; it is released, and
 * not held on return. next, which the caller has claimed, runs at once in the caller's place;
 * NULL: whoever is ready. False: woken because deadline_ns of clock_ns passed (0: none).
 */
bool thread_block(struct thread *next, struct spinlock *lock, uint64_t deadline_ns);
/* False when it does not sleep in thread_block, or another one has claimed it. */
bool thread_claim(struct thread *thread);
/* Makes a claimed thread ready. */
void thread_run_claimed(struct thread *thread);
/* Both, unless somebody else did. */
void thread_wake(struct thread *thread);

/*
 * Threads waiting for a condition that some lock guards; the same lock guards
 * the queue:
 *
 *   spinlock_acquire(&lock);
 *   while (!condition)
 *           wait_queue_sleep(&queue, &lock);
 *   spinlock_release(&lock);
 *
 * Whoever makes the condition true holds the lock and calls a wake function, so no
 * wake is lost between the test and the sleep.
 */
struct wait_queue {
	struct list waiters; /* struct thread, longest waiting first */
};

void wait_queue_init(struct wait_queue *queue);
/* The caller holds lock, and holds it again on return. */
void wait_queue_sleep(struct wait_queue *queue, struct spinlock *lock);
/* The caller holds the lock that guards the queue. */
void wait_queue_wake_one(struct wait_queue *queue);
void wait_queue_wake_all(struct wait_queue *queue);
