/*
 * The face of kernel/sched: threads, fair scheduling on every CPU, wait queues,
 * timers, sleep.
 *
 * Each CPU has its own queue of ready threads behind its own lock; nothing on the way to run,
 * block or wake takes a lock that all CPUs share. User code is preempted; kernel code runs on
 * until it sleeps, returns to user code, or calls thread_offer_cpu.
 */
#pragma once

#include "hal/api.h"
#include "mm/api.h"
#include "sched/fair/fair_queue.h"
#include <abi/status.h>
#include <base/list.h>

enum thread_state {
	THREAD_READY,
	THREAD_RUNNING,
	THREAD_BLOCKED,
	THREAD_DEAD,
};

struct thread {
	struct context *context; /* only used by the thread itself and the switch; first */
	struct list link; /* in a wait queue; guarded by that queue's lock */
	enum thread_state state;
	bool awaits; /* atomic: sleeps in thread_await, and nobody has claimed it */
	bool on_cpu; /* atomic: its context is not saved yet */
	bool lends; /* others may run on its account, where it ran; written before it can be found
	             */
	union {
		struct {
			/* atomic; of the owner: something comes before it goes on in ring 3 */
			bool has_work;
			/* of the owner: asks await_request.stop also without work */
			bool is_watchful;
		};
		uint16_t asks; /* atomic; either */
	};
	uint32_t cpu; /* where it runs, is ready, or ran last; guarded by that CPU's queue */
	struct fair_entity fair; /* guarded by the queue of that CPU, or only the thread's own */

	uint64_t affinity; /* atomic; mask of the CPUs it may run on; see thread_settle */
	uint32_t wanted_weight; /* atomic; 0: the one it has */

	/* set at creation, then constant */
	uint64_t id; /* 0 for the idle threads */
	struct kernel_stack *stack; /* owned; NULL for the boot thread */
	uintptr_t stack_top;
	void (*entry)(void *argument);
	void *argument;
	void *owner; /* of ps: the process, NULL for kernel threads */
	struct call *call; /* of ipc: its call object, or NULL */

	/* only used by the thread itself and the switch */
	struct address_space *space; /* active while it runs; NULL: kernel only */
	struct fpu_state *fpu; /* owned; NULL for kernel threads */
	struct memory_account *account; /* counted; pays for it; NULL: the kernel */
};

struct thread_request {
	void (*entry)(void *argument); /* the thread exits when it returns */
	void *argument;
	void *owner;
	struct address_space *space;
	bool uses_fpu;
	uint64_t weight_micros; /* share of the CPU, as in spawn_exec; 0: the default */
	uint64_t affinity; /* mask of CPUs; 0: all */
	struct memory_account *account; /* that pays for it; NULL: the kernel */
};

/* What a thread costs whoever pays for it: its stack, and all that describes it. */
enum { THREAD_CHARGE = KERNEL_STACK_SIZE + PAGE_SIZE };

/* ---- bring-up, by the executive ---- */

/* Makes the running boot context the idle thread of this CPU. */
void sched_init(void);
/* Starts the machine's other CPUs: page is free RAM below 1 MiB. Fewer may come up. */
enum status sched_start_cpus(const struct acpi_machine *machine, paddr_t page);
/* The idle thread's life: runs the others; panics when no thread can ever run again, which is so
 * when all sleep, no timer is set, and no device is expected to wake one. */
[[gnu::noreturn]] void sched_run(void);
/* Devices can wake threads from now on: that all sleep does not mean the end. */
void sched_expect_devices(void);
/*
 * So many more answers are to come from devices (less when negative): a machine that waits for one
 * is not at rest. In any context.
 */
void sched_owe_answers(int32_t change);
/* Sleeps until only a device that nobody asked could wake another thread. For one thread at a time.
 */
void sched_await_rest(void);
/* For hal_ops. */
void sched_timer(bool over_user);
/* Each tick that comes over a thread with an owner; from the interrupt, with no lock held. */
void sched_on_tick(void (*ticked)(void *owner));

struct sched_figures {
	uint64_t switches; /* from thread to thread, on all CPUs */
	uint32_t load[3]; /* threads that want to run, in 1/65536: over 1, 5 and 15 minutes */
};

void sched_figures(struct sched_figures *out);
void sched_preempt(void);

/* ---- threads ---- */

/* A thread that does not run before thread_start. ERR_NO_MEMORY. */
enum status thread_create(const struct thread_request *request, struct thread **out_thread);
/* The calling one is paid for by this account from now on, if there is room in it. */
void thread_move_charge(struct memory_account *account);
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
 * Time that a thread has run; of another one than the caller, up to its last switch or tick. What
 * of it the kernel and services took is found by looking at every tick.
 */
struct thread_time {
	uint64_t run_ns;
	uint64_t system_ns; /* of these */
};

struct thread_time thread_time(const struct thread *thread);
static inline uint64_t thread_run_ns(const struct thread *thread)
{
	return thread_time(thread).run_ns;
}
/* What has run on a CPU that is there, up to its last switch or tick. */
struct thread_time sched_cpu_time(uint32_t index);

/*
 * What somebody asks of a thread; its own thread_settle does it. ERR_INVALID_ARGS: none of these
 * CPUs is there. nice: -20 to 19, of the share that weight_micros gives.
 */
enum status thread_ask_affinity(struct thread *thread, uint64_t mask);
void thread_ask_share(struct thread *thread, uint64_t weight_micros, int32_t nice);
/* CPUs that are there. */
uint64_t thread_affinity(const struct thread *thread);
/* Goes to where the caller may run, with the share that was asked for. No lock may be held. */
void thread_settle(void);
/* Threads with the same number, not 0, share what one of them would get, and so do crowds of the
 * same owner, not 0; from when it is ready next. */
void thread_set_crowd(struct thread *thread, uint64_t crowd, uint64_t owner);
/* What another one has, for one that was not started. */
void thread_inherit(struct thread *to, const struct thread *from);

/*
 * For long paths, where no lock is held: lets interrupts in, and another thread run
 * when one should.
 */
void thread_offer_cpu(void);
/* Is this a place where a thread may sleep? Not in an idle thread, and not with a lock held. */
bool thread_may_sleep(void);
void thread_sleep_ns(uint64_t ns);

/*
 * Blocking by hand, for what wait queues cannot do. The waker must be able to find the thread
 * from thread_prepare_block on; a wake before thread_block is not lost. No lock may be held at
 * thread_block.
 */
void thread_prepare_block(void);
void thread_block(void);
/* Makes a blocked thread ready; the caller alone may wake it. */
void thread_wake(struct thread *thread);

/*
 * For calls between threads. thread_block_to is thread_block, except that next, which is blocked
 * and which the caller alone may wake, runs at once on this CPU for the rest of the caller's slice.
 * thread_call_to is the same, and what next runs is charged to the caller, up to FAIR_DONATION_NS:
 * until next blocks or is preempted, or the caller is woken. A caller sets its lends before it can
 * be found, and clears it afterwards.
 */
void thread_block_to(struct thread *next);
void thread_call_to(struct thread *next);

/* ---- timers ---- */

/*
 * Calls fire(timer) once, at the deadline, with interrupts off and no lock held: it may take
 * locks and wake threads, but not sleep. The storage is the caller's.
 */
struct timer {
	struct ordered_node node;
	uint64_t deadline_ns; /* of clock_ns */
	void (*fire)(struct timer *timer);
	uint32_t cpu; /* constant while pending */
	bool pending; /* guarded by that CPU's timer lock */
};

/* Takes the timer, with deadline_ns and fire set, until it fired or was cancelled. */
void timer_set(struct timer *timer);
/* After this fire does not run and will not. Not from fire itself, nor with a lock held that fire
 * takes. Fine for one that fired; not for one that was never set. */
void timer_cancel(struct timer *timer);
/*
 * How often what was due at *deadline_ns, and every interval_ns since, has run out by now_ns: at
 * least once. *deadline_ns becomes the first time after that.
 */
uint64_t timer_catch_up(uint64_t *deadline_ns, uint64_t interval_ns, uint64_t now_ns);
/*
 * timer_set of one that goes on, once whoever it is for has taken what it brought: until then it
 * stays off, so that its owner pays for each time. Not so soon that nothing else would run.
 */
void timer_set_again(struct timer *timer, uint64_t deadline_ns);

/*
 * Waiting for one of several, none of which has a queue: an answer, the end of its time. Who wants
 * to wake such a thread claims it first, so that exactly one does.
 *
 * Sleeps until somebody claims and wakes this thread. lock guards the reason; it is released, and
 * not held on return. next, which the caller has claimed, runs at once in the caller's place, on
 * its account if it lends; NULL: whoever is ready. False: woken because deadline_ns of clock_ns
 * passed (0: none). stop may be NULL: a thread that has_work, or is_watchful, asks it once nothing
 * can be missed any more, and does not sleep when it is true.
 */
struct await_request {
	struct thread *next;
	struct spinlock *lock;
	uint64_t deadline_ns;
	bool (*stop)(void);
};

bool thread_await(const struct await_request *request);
/*
 * The same in steps, where there is a next and no deadline. thread_await_begin: not 0 when there is
 * reason to ask stop; then thread_await_undo instead of the last step, unless that returns false.
 * The last step returns when somebody has claimed and woken the thread.
 */
unsigned thread_await_begin(struct thread *self, struct spinlock *lock);
bool thread_await_undo(struct thread *self, struct thread *next);
/* next runs on the account of this thread, which lends, or on its own. */
void thread_await_call(struct thread *next);
void thread_await_answer(struct thread *next);
/* False when it does not sleep in thread_await, or another one has claimed it. */
bool thread_claim(struct thread *thread);
/* Claims and wakes it, unless somebody else did. */
void thread_wake_awaiting(struct thread *thread);

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
/* The same; false when nobody woke it before deadline_ns of clock_ns. */
bool wait_queue_sleep_until(struct wait_queue *queue, struct spinlock *lock, uint64_t deadline_ns);
/* The caller holds the lock that guards the queue. */
void wait_queue_wake_one(struct wait_queue *queue);
void wait_queue_wake_all(struct wait_queue *queue);
