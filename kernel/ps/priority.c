/*
 * How much and where threads run, asked by their numbers. Who may change what: Linux kernel/sys.c
 * and kernel/sched/syscalls.c.
 */
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

/* May it have one of them? The table's lock is held. */
static bool priority_concerns(const struct process *process, const struct task_whose *whose)
{
	switch (whose->circle) {
	case TASKS_OF_GROUP:
		return process->groups.group == whose->id;
	case TASKS_OF_USER:
		return process->credentials.uid == whose->id;
	default:
		return true;
	}
}

/* ERR_NO_PROCESS: nobody was visited. */
static enum status priority_visit(const struct task_whose *whose, task_visit *visit, void *context)
{
	bool found = false, is_one = whose->circle == TASKS_ONE;
	spinlock_acquire(process_table_lock());
	for (struct process *each = process_next_living(NULL); each && !(found && is_one);
	     each = process_next_living(each)) {
		if (!priority_concerns(each, whose))
			continue;
		spinlock_acquire(&each->lock);
		found |= priority_visit_tasks(each, is_one ? whose->id : 0, visit, context);
		spinlock_release(&each->lock);
	}
	spinlock_release(process_table_lock());
	return found ? OK : ERR_NO_PROCESS;
}

/* 0: the caller, its group. */
static struct task_whose priority_resolve(const struct task_whose *whose)
{
	struct task_whose resolved = *whose;
	if (!whose->id && whose->circle == TASKS_ONE)
		resolved.id = task_current()->tid;
	if (!whose->id && whose->circle == TASKS_OF_GROUP)
		resolved.id = process_current()->groups.group;
	return resolved;
}

/* A change, of which the status tells the last that was refused. */
static enum status priority_change(const struct task_whose *whose, task_visit *visit, void *context,
                                   const enum status *result)
{
	struct task_whose resolved = priority_resolve(whose);
	TRY(priority_visit(&resolved, visit, context));
	thread_settle();
	return *result;
}

/* Is the caller the superuser, or whoever the process belongs to? */
static bool priority_may_change(const struct process *process)
{
	const struct credentials_slot *to = &process->credentials;
	uint32_t self = process_credentials()->euid;
	return self == 0 || self == to->uid || self == to->euid;
}

/* As nice, or what its limit lets a process ask for: 20 - nice, as getpriority tells it. */
static bool priority_may_be(const struct process *process, int32_t nice)
{
	return process_is_privileged() ||
	       (uint64_t)(TASK_NICE_MAX + 1 - nice) <= process->limits.limits[LIMIT_NICE].current;
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
	if (!priority_may_change(task->process)) {
		mask->status = ERR_NOT_PERMITTED;
		return;
	}
	mask->status = thread_ask_affinity(task->thread, mask->mask);
	priority_tell(task);
}

enum status task_set_affinity(uint64_t tid, uint64_t mask)
{
	struct priority_mask change = {.mask = mask};
	const struct task_whose whose = {TASKS_ONE, tid};
	return priority_change(&whose, priority_put_mask, &change, &change.status);
}

static void priority_get_mask(struct task *task, void *context)
{
	*(uint64_t *)context = thread_affinity(task->thread);
}

enum status task_get_affinity(uint64_t tid, uint64_t *out_mask)
{
	const struct task_whose whose = priority_resolve(&(struct task_whose){TASKS_ONE, tid});
	return priority_visit(&whose, priority_get_mask, out_mask);
}

static void priority_put(struct task *task, const struct task_priority *priority)
{
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

enum status task_get_priority(uint64_t tid, struct task_priority *out_priority)
{
	const struct task_whose whose = priority_resolve(&(struct task_whose){TASKS_ONE, tid});
	return priority_visit(&whose, priority_get, out_priority);
}

struct priority_policy {
	bool is_idle, is_batch;
	enum status status;
};

/* Idle is nicer than any niceness. */
static void priority_put_policy(struct task *task, void *context)
{
	struct priority_policy *policy = context;
	struct task_priority priority = task->priority;
	bool rises = priority.is_idle && !policy->is_idle;
	if (!priority_may_change(task->process) ||
	    (rises && !priority_may_be(task->process, priority.nice))) {
		policy->status = ERR_NOT_PERMITTED;
		return;
	}
	priority.is_idle = policy->is_idle;
	priority.is_batch = policy->is_batch;
	priority_put(task, &priority);
}

enum status task_set_policy(uint64_t tid, bool is_idle, bool is_batch)
{
	struct priority_policy change = {.is_idle = is_idle, .is_batch = is_batch};
	const struct task_whose whose = {TASKS_ONE, tid};
	return priority_change(&whose, priority_put_policy, &change, &change.status);
}

struct priority_nice {
	int32_t nice;
	enum status status;
};

static void priority_put_nice(struct task *task, void *context)
{
	struct priority_nice *change = context;
	struct task_priority priority = task->priority;
	if (!priority_may_change(task->process)) {
		change->status = ERR_NOT_PERMITTED;
		return;
	}
	if (change->nice < priority.nice && !priority_may_be(task->process, change->nice)) {
		change->status = ERR_ACCESS_DENIED;
		return;
	}
	priority.nice = change->nice;
	priority_put(task, &priority);
}

enum status task_set_nice(const struct task_whose *whose, int32_t nice)
{
	struct priority_nice change = {.nice = nice};
	return priority_change(whose, priority_put_nice, &change, &change.status);
}

static void priority_get_least(struct task *task, void *context)
{
	int32_t *least = context;
	if (task->priority.nice < *least)
		*least = task->priority.nice;
}

enum status task_get_nice(const struct task_whose *whose, int32_t *out_nice)
{
	const struct task_whose resolved = priority_resolve(whose);
	*out_nice = TASK_NICE_MAX;
	return priority_visit(&resolved, priority_get_least, out_nice);
}

static void priority_put_share(struct task *task, void *context)
{
	(void)context;
	const struct task_priority priority = task->priority;
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
