/*
 * Sleeping until a process or a thread has run for so long: clock_nanosleep(2).
 *
 * Whose tick it is looks for those who sleep by its clock. They look again themselves, also when
 * that clock has gone.
 */
#include "ps/process.h"

struct run_sleeper {
	struct list link; /* guarded by the lock of all */
	struct process_run_clock clock;
	uint64_t deadline_ns; /* of that clock */
	struct waiter *waiter;
};

struct run_sleepers {
	struct spinlock lock;
	struct list all; /* struct run_sleeper; guarded by lock */
	uint32_t count; /* atomic; of these */
};

static struct run_sleepers run_sleepers = {
        .lock = SPINLOCK_INIT(LOCK_WAIT),
        .all = {&run_sleepers.all, &run_sleepers.all},
};

static enum status run_clock_ns(const struct process_run_clock *clock, uint64_t *out_ns)
{
	return clock->tid ? process_thread_run_ns(clock->tid, out_ns)
	                  : process_run_ns(clock->pid, out_ns);
}

static void run_sleeper_add(struct run_sleeper *sleeper)
{
	spinlock_acquire(&run_sleepers.lock);
	list_push_back(&run_sleepers.all, &sleeper->link);
	__atomic_fetch_add(&run_sleepers.count, 1, __ATOMIC_RELAXED);
	spinlock_release(&run_sleepers.lock);
}

static void run_sleeper_remove(struct run_sleeper *sleeper)
{
	spinlock_acquire(&run_sleepers.lock);
	list_remove(&sleeper->link);
	__atomic_fetch_sub(&run_sleepers.count, 1, __ATOMIC_RELAXED);
	spinlock_release(&run_sleepers.lock);
}

enum status process_run_sleep(const struct process_run_clock *clock, uint64_t deadline_ns)
{
	struct task *self = task_current();
	struct run_sleeper sleeper = {
	        .clock = *clock, .deadline_ns = deadline_ns, .waiter = &self->waiter};
	if (!clock->tid && !clock->pid)
		sleeper.clock.pid = self->process->pid;
	uint64_t now = 0;
	run_sleeper_add(&sleeper);
	enum status status;
	do {
		waiter_begin(&self->waiter);
		status = run_clock_ns(clock, &now);
		if (status != OK || now >= deadline_ns)
			break;
		status = task_sleep(0);
	} while (status == OK);
	run_sleeper_remove(&sleeper);
	return status;
}

/* Those whose clock it is, a thread's or its process's, and shows so much: all ones when it is
 * gone. */
static void run_sleepers_wake(struct process_run_clock whose, uint64_t process_ns,
                              uint64_t thread_ns)
{
	spinlock_acquire(&run_sleepers.lock);
	list_for_each(link, &run_sleepers.all) {
		const struct run_sleeper *each = container_of(link, struct run_sleeper, link);
		const struct process_run_clock *clock = &each->clock;
		bool is_due = clock->tid
		                      ? clock->tid == whose.tid && thread_ns >= each->deadline_ns
		                      : clock->pid == whose.pid && process_ns >= each->deadline_ns;
		if (is_due)
			waiter_wake(each->waiter);
	}
	spinlock_release(&run_sleepers.lock);
}

void process_run_sleepers_ticked(const struct task *task)
{
	if (__builtin_expect(!__atomic_load_n(&run_sleepers.count, __ATOMIC_RELAXED), 1))
		return;
	const struct process_run_clock whose = {.pid = task->process->pid, .tid = task->tid};
	run_sleepers_wake(whose, process_time(task->process).run_ns, thread_run_ns(task->thread));
}

void process_run_clock_gone(const struct process_run_clock *whose)
{
	if (__atomic_load_n(&run_sleepers.count, __ATOMIC_RELAXED))
		run_sleepers_wake(*whose, UINT64_MAX, UINT64_MAX);
}
