/*
 * What ps keeps for one thread of a process.
 */
#pragma once

#include "ps/signal/signal.h"
#include "ps/wait.h"

struct process;

enum { TASK_NICE_MIN = -20, TASK_NICE_MAX = 19, TASK_NAME_MAX = 16 };

struct task_priority {
	int32_t nice;
	bool is_idle, is_batch; /* policies; the latter is only told */
};

struct task {
	struct list link; /* in process->tasks; guarded by process->lock */
	struct process *process; /* lives longer */
	struct thread *thread;
	uint64_t tid; /* of the first task: the pid */
	struct trap_frame start; /* registers it begins with */
	struct waiter waiter; /* wakes when there is work, and for whatever it waits for */

	/* guarded by process->lock */
	struct signal_queue signals;
	struct signal_entry fault; /* of the signal that it caused itself; lent to signals */
	uint64_t blocked; /* signals; written by the task itself only */
	struct task_priority priority;
	char name[TASK_NAME_MAX]; /* NUL-terminated; empty: as the process */
	uint64_t awaited; /* by the running call: kept although they would be ignored */
	uint32_t heard_signals; /* listened to, and not yet asked for; atomic for readers */

	/* only used by the task itself */
	uint64_t saved_blocked; /* what to go back to after a call that waits for signals */
	bool has_saved_blocked;
	bool call_restarts; /* the running call goes on after a handler with SIGNAL_RESTART */
	uintptr_t signal_stack; /* base; size 0: none */
	size_t signal_stack_bytes;
	uintptr_t clear_tid; /* written with 0, and woken, when it ends; 0: nothing */
	uintptr_t robust_list; /* of futexes; 0: none */
};

/* NULL in a kernel thread. */
struct task *task_current(void);
uint64_t task_id(const struct task *task);
/* The calling thread's, NUL-terminated; the first thread's is that of its process. */
void task_rename(const char name[TASK_NAME_MAX]);
void task_name(char out[TASK_NAME_MAX]);
/* Is there something to do before it goes on in ring 3: a signal, or its end? */
static inline bool task_has_work(const struct task *task)
{
	return __atomic_load_n(&task->thread->has_work, __ATOMIC_ACQUIRE);
}
static inline void task_set_work(struct task *task, bool has_work)
{
	__atomic_store_n(&task->thread->has_work, has_work, __ATOMIC_RELEASE);
}

/*
 * By a thread's number, 0: the caller's. It comes into force before that thread is in ring 3 again.
 * ERR_NO_PROCESS; ERR_INVALID_ARGS: none of these CPUs is there; ERR_NOT_PERMITTED: the caller is
 * neither the superuser nor, in effect, the user that the thread's process really or in effect is,
 * or wants more of the CPU than the process's limit of niceness allows.
 */
enum status task_set_affinity(uint64_t tid, uint64_t mask);
enum status task_get_affinity(uint64_t tid, uint64_t *out_mask);
enum status task_set_policy(uint64_t tid, bool is_idle, bool is_batch);
enum status task_get_priority(uint64_t tid, struct task_priority *out_priority);

enum task_circle { TASKS_ONE, TASKS_OF_GROUP, TASKS_OF_USER };

/* A thread, or all of a process group, 0: the caller's; or all whose real user it is. */
struct task_whose {
	enum task_circle circle;
	uint64_t id;
};

/*
 * Changes those that the caller may change, and tells of the last that it may not:
 * ERR_NOT_PERMITTED as above, ERR_ACCESS_DENIED for less niceness than the limit allows.
 */
enum status task_set_nice(const struct task_whose *whose, int32_t nice);
/* The least that one of them has. */
enum status task_get_nice(const struct task_whose *whose, int32_t *out_nice);

/* Of the running task, for ipc_ops. */
bool task_is_interrupted(void);
/* Is it, or was its process sent signals that it listens to, and has not asked for? */
bool task_is_told(void);
/* Its process, or another of its tasks that execs, wants it to end. */
bool task_is_ending(void);

/*
 * Sleeps until one of events is set. OK also when it may be; look again. ERR_INTERRUPTED: there
 * is other work for the task; ERR_TIMED_OUT: deadline_ns of clock_ns passed (0: none).
 */
enum status task_wait(struct readiness *readiness, uint32_t events, uint64_t deadline_ns);
/*
 * Releases the lock, and sleeps until READY_IN is told by who holds it; results as above. For what
 * has no word to look at.
 */
enum status task_wait_told(struct readiness *readiness, struct sleep_lock *lock);
/* Sleeps until waiter_wake since waiter_begin on its own waiter; results as above. */
enum status task_sleep(uint64_t deadline_ns);

struct signal_delivery {
	struct signal_info info;
	struct signal_action action;
};

/*
 * The work: takes signals and does what needs no handler. True: a handler must be entered; its mask
 * is set already and *out_mask is what it goes back to. Does not return when the task ends.
 */
bool task_next_signal(struct signal_delivery *out, uint64_t *out_mask);
/* Does the work without entering handlers is over: puts the mask of a waiting call back. */
void task_end_work(void);

/* A task of process that begins with these registers; not yet started. ERR_NO_MEMORY. */
enum status task_create(struct process *process, const struct trap_frame *start,
                        struct task **out_task);
/* Takes it. */
void task_start(struct task *task);
/* One that was never started. Accepts NULL. */
void task_destroy(struct task *task);
/* By its number; process->lock is held. NULL: none. */
struct task *task_find(const struct process *process, uint64_t tid);
/* Makes it look for work, wherever it is. process->lock is held. */
void task_kick(struct task *task);
/* Ends the calling thread, and with the last one the process. */
[[gnu::noreturn]] void task_exit(void);
/* The same; status is that of the process if this is its last thread. */
[[gnu::noreturn]] void task_exit_with(int32_t status);
