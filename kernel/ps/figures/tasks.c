/* What /proc shows of threads. Everything is read under the locks of the table and the process. */
#include "ps/figures/tasks.h"
#include "sched/api.h"
#include <string.h>

/* One whose call is being answered runs, by somebody else's hands. */
static bool figures_task_runs(const struct thread *thread)
{
	enum thread_state state = __atomic_load_n(&thread->state, __ATOMIC_RELAXED);
	return state == THREAD_READY || state == THREAD_RUNNING ||
	       __atomic_load_n(&thread->lends, __ATOMIC_RELAXED);
}

struct figures_tasks figures_tasks_of(struct process *process)
{
	spinlock_acquire(&process->lock);
	struct figures_tasks sum = {.time = process->ended_time, .count = process->task_count};
	list_for_each(link, &process->tasks) {
		const struct thread *thread = container_of(link, struct task, link)->thread;
		process_time_add(&sum.time, thread_time(thread));
		sum.running += figures_task_runs(thread);
	}
	spinlock_release(&process->lock);
	return sum;
}

static struct task_figures figures_task(const struct process *process, const struct task *task)
{
	struct thread_time time = thread_time(task->thread);
	struct task_figures out = {
	        .tid = task->tid,
	        .user_ns = time.run_ns - time.system_ns,
	        .kernel_ns = time.system_ns,
	        .affinity = thread_affinity(task->thread),
	        .blocked = task->blocked >> 1,
	        .pending = task->signals.pending >> 1,
	        .nice = task->priority.nice,
	        .state = process->stop_signal              ? 'T'
	                 : figures_task_runs(task->thread) ? 'R'
	                                                   : 'S',
	};
	_Static_assert(sizeof out.name == TASK_NAME_MAX && sizeof process->name >= TASK_NAME_MAX);
	memcpy(out.name, task->name[0] ? task->name : process->name, sizeof out.name - 1);
	return out;
}

/* The one with the lowest number above `after`; NULL: none. The process's lock is held. */
static const struct task *figures_next_task(const struct process *process, uint64_t after)
{
	const struct task *next = NULL;
	list_for_each(link, &process->tasks) {
		const struct task *task = container_of(link, struct task, link);
		if (task->tid > after && (!next || task->tid < next->tid))
			next = task;
	}
	return next;
}

size_t figures_tasks(uint64_t pid, uint64_t after, struct task_figures *out, size_t capacity)
{
	size_t count = 0;
	spinlock_acquire(process_table_lock());
	struct process *process = process_find(pid);
	if (process)
		spinlock_acquire(&process->lock);
	while (process && count < capacity) {
		const struct task *task = figures_next_task(process, after);
		if (!task)
			break;
		after = task->tid;
		out[count++] = figures_task(process, task);
	}
	if (process)
		spinlock_release(&process->lock);
	spinlock_release(process_table_lock());
	return count;
}
