/* How much and where threads run, asked by their numbers. */
#include "core/api.h"
#include "ps/process.h"

typedef void task_visit(struct task *task, void *context);

/* One of process, or all when tid is 0. process->lock is held. */
static bool priority_visit_tasks(struct process *process, uint64_t tid, task_visit *visit,
                                 void *context)
{
	bool found = false;
	list_for_each(link, &process->tasks) {
		struct task *task = container_of(link, struct task, link);
		if (tid && task->tid != tid)
			continue;
		visit(task, context);
		found = true;
	}
	return found;
}

/* tid 0: the caller. */
static enum status priority_visit(uint64_t tid, task_visit *visit, void *context)
{
	bool found = false;
	if (!tid) {
		visit(task_current(), context);
		return OK;
	}
	spinlock_acquire(process_table_lock());
	for (struct process *each = process_next_living(NULL); each && !found;
	     each = process_next_living(each)) {
		spinlock_acquire(&each->lock);
		found = priority_visit_tasks(each, tid, visit, context);
		spinlock_release(&each->lock);
	}
	spinlock_release(process_table_lock());
	return found ? OK : ERR_NO_PROCESS;
}

/* It does what was asked on its way to ring 3; when it sleeps, once it wakes. */
static void priority_tell(struct task *task)
{
	if (task == task_current())
		return;
	task_set_work(task, true);
	cpu_send_reschedule(__atomic_load_n(&task->thread->cpu, __ATOMIC_RELAXED));
}

struct priority_mask {
	uint64_t mask;
	enum status status;
};

static void priority_put_mask(struct task *task, void *context)
{
	struct priority_mask *mask = context;
	mask->status = thread_ask_affinity(task->thread, mask->mask);
	priority_tell(task);
}

enum status task_set_affinity(uint64_t tid, uint64_t mask)
{
	struct priority_mask change = {.mask = mask};
	TRY(priority_visit(tid, priority_put_mask, &change));
	thread_settle();
	return change.status;
}

static void priority_get_mask(struct task *task, void *context)
{
	*(uint64_t *)context = thread_affinity(task->thread);
}

enum status task_get_affinity(uint64_t tid, uint64_t *out_mask)
{
	return priority_visit(tid, priority_get_mask, out_mask);
}

static void priority_put(struct task *task, void *context)
{
	const struct task_priority *priority = context;
	task->priority = *priority;
	/* a thread that is only to run when nobody else wants to has the least share there is */
	thread_ask_share(task->thread, task->process->weight_micros,
	                 priority->is_idle ? TASK_NICE_MAX : priority->nice);
	priority_tell(task);
}

static void priority_get(struct task *task, void *context)
{
	*(struct task_priority *)context = task->priority;
}

enum status task_set_priority(uint64_t tid, const struct task_priority *priority)
{
	struct task_priority change = *priority;
	TRY(priority_visit(tid, priority_put, &change));
	thread_settle();
	return OK;
}

enum status task_get_priority(uint64_t tid, struct task_priority *out_priority)
{
	return priority_visit(tid, priority_get, out_priority);
}

/* Of every member; for each the context is as it was. */
static enum status priority_visit_group(uint64_t group, task_visit *visit, void *context)
{
	bool found = false;
	if (!group)
		group = process_current()->groups.group;
	spinlock_acquire(process_table_lock());
	for (struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each)) {
		if (each->groups.group != group)
			continue;
		spinlock_acquire(&each->lock);
		found |= priority_visit_tasks(each, 0, visit, context);
		spinlock_release(&each->lock);
	}
	spinlock_release(process_table_lock());
	return found ? OK : ERR_NO_PROCESS;
}

static void priority_put_nice(struct task *task, void *context)
{
	struct task_priority priority = task->priority;
	priority.nice = *(const int32_t *)context;
	priority_put(task, &priority);
}

static void priority_get_least(struct task *task, void *context)
{
	int32_t *least = context;
	if (task->priority.nice < *least)
		*least = task->priority.nice;
}

enum status task_set_group_nice(uint64_t group, int32_t nice)
{
	TRY(priority_visit_group(group, priority_put_nice, &nice));
	thread_settle();
	return OK;
}

enum status task_get_group_nice(uint64_t group, int32_t *out_nice)
{
	*out_nice = TASK_NICE_MAX;
	return priority_visit_group(group, priority_get_least, out_nice);
}

static void priority_put_share(struct task *task, void *context)
{
	(void)context;
	struct task_priority priority = task->priority;
	priority_put(task, &priority);
}

enum status process_set_weight(uint64_t pid, uint64_t weight_micros)
{
	spinlock_acquire(process_table_lock());
	struct process *child = process_find(pid);
	bool is_ours = child && child->parent == process_current();
	if (is_ours) {
		spinlock_acquire(&child->lock);
		/* new threads read it without a lock */
		__atomic_store_n(&child->weight_micros, weight_micros, __ATOMIC_RELAXED);
		(void)priority_visit_tasks(child, 0, priority_put_share, NULL);
		spinlock_release(&child->lock);
	}
	spinlock_release(process_table_lock());
	return is_ours ? OK : ERR_NO_CHILD;
}
