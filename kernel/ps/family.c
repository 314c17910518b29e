/* Parents and children: who hears of whose end, and who waits for it. */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>

void family_tell_group(struct process *process)
{
	spinlock_acquire(&process->lock);
	list_for_each(link, &process->tasks)
		thread_set_crowd(container_of(link, struct task, link)->thread,
		                 process->groups.group, process->credentials.uid);
	spinlock_release(&process->lock);
}

void family_add_child(struct process *parent, struct process *child)
{
	child->parent = parent;
	/* a copy has its parent's */
	if (!child->groups.version)
		child->groups = (struct process_group_slot){.version = PROCESS_SLOT_VERSION,
		                                            .group = child->pid,
		                                            .session = child->pid};
	family_tell_group(child);
	if (parent)
		list_push_back(&parent->children, &child->siblings);
}

static struct process *family_dead_child(const struct process *parent, const struct list *after)
{
	for (struct list *link = after->next; link != &parent->children; link = link->next) {
		struct process *child = container_of(link, struct process, siblings);
		if (child->state == PROCESS_DEAD)
			return child;
	}
	return NULL;
}

struct process *process_next_dead(const struct process *dead)
{
	const struct process *parent = dead ? dead->parent : NULL;
	struct process *found = dead ? family_dead_child(parent, &dead->siblings) : NULL;
	while (!found && (parent = process_next_living(parent)))
		found = family_dead_child(parent, &parent->children);
	return found;
}

struct process *process_find_unreaped(uint64_t pid)
{
	struct process *living = process_find(pid), *dead = NULL;
	if (living)
		return living;
	while ((dead = process_next_dead(dead)) && dead->pid != pid)
		;
	return dead;
}

static bool process_is_first(const struct process *process)
{
	return process->spawner_pid == 0;
}

/* Nobody can wait for it any more. It is freed when its exit event was read, too. */
static void family_reap(struct process *process)
{
	list_remove(&process->siblings);
	if (process->parent) {
		process_time_add(&process->parent->children_time, process->ended_time);
		process_time_add(&process->parent->children_time, process->children_time);
	}
	process->parent = NULL;
	process->state = PROCESS_REAPED;
	if (process->event_taken)
		process_destroy(process);
}

static void family_post_child(struct process *child, int32_t code, int32_t status)
{
	const struct signal_info info = {
	        .signal = SIGNAL_CHLD,
	        .code = code,
	        .pid = child->pid,
	        .status = status,
	};
	signal_post_process(child->parent, &info, HEAP_NEW(struct signal_entry));
	readiness_set(&child->parent->changes, READY_IN, READY_IN);
}

void family_tell_change(struct process *process, int32_t code, int32_t status)
{
	if (!process->parent)
		return;
	const struct signal_action *action = &process->parent->handlers.actions[SIGNAL_CHLD - 1];
	if (action->flags & SIGNAL_NO_CHILD_STOP)
		readiness_set(&process->parent->changes, READY_IN, READY_IN);
	else
		family_post_child(process, code, status);
}

void family_release_vfork(struct process *process)
{
	struct vfork_wait *wait = TAKE(process->vfork_wait);
	if (!wait)
		return;
	wait->done = true;
	waiter_wake(wait->waiter);
}

/* The first process takes over; those that are dead already need only their event read. */
static void family_adopt(struct process *orphan)
{
	struct process *first = process_find(1);
	list_remove(&orphan->siblings);
	orphan->parent = first;
	if (first)
		list_push_back(&first->children, &orphan->siblings);
	if (orphan->state == PROCESS_DEAD && orphan->event_taken)
		family_reap(orphan);
}

enum status process_adopt(uint64_t pid)
{
	struct process *self = process_current();
	spinlock_acquire(process_table_lock());
	struct process *orphan = process_find(pid);
	/* what the first one has started itself is no orphan */
	bool may = orphan && orphan != self && orphan->spawner_pid > 1 && orphan->parent &&
	           orphan->parent == process_find(1);
	if (may) {
		list_remove(&orphan->siblings);
		orphan->parent = self;
		list_push_back(&self->children, &orphan->siblings);
	}
	spinlock_release(process_table_lock());
	return may ? OK : ERR_NO_PROCESS;
}

void family_leave(struct process *process)
{
	family_release_vfork(process);
	job_leave(process);
	while (!list_empty(&process->children))
		family_adopt(container_of(process->children.next, struct process, siblings));
	process->state = PROCESS_DEAD;
	if (!process->parent)
		return;
	const struct signal_action *action = &process->parent->handlers.actions[SIGNAL_CHLD - 1];
	bool nobody_waits =
	        !process_is_first(process->parent) &&
	        (action->handler == SIGNAL_IGNORE || (action->flags & SIGNAL_NO_CHILD_WAIT));
	family_post_child(process, process->exit_signal ? SIGNAL_CHILD_KILLED : SIGNAL_CHILD_EXITED,
	                  process->exit_signal ? (int32_t)process->exit_signal
	                                       : process->exit_code);
	if (nobody_waits)
		family_reap(process);
}

void family_event_taken(struct process *process)
{
	process->event_taken = true;
	bool ours = process->parent && process_is_first(process->parent);
	if (process->state == PROCESS_REAPED)
		process_destroy(process);
	else if (ours || !process->parent)
		family_reap(process);
}

static bool family_wait_matches(const struct process *child, const struct process *self,
                                int64_t who)
{
	if (who > 0)
		return child->pid == (uint64_t)who;
	if (who == 0)
		return child->groups.group == self->groups.group;
	return who == -1 || child->groups.group == (uint64_t)-who;
}

enum { WAIT_STATUS_CONTINUED = 0xffff, WAIT_STATUS_STOPPED = 0x7f };

/* True: *out_change is filled in, and taken unless the caller only looks. */
static bool family_take_change(struct process *child, uint32_t kinds,
                               struct child_change *out_change)
{
	bool keep = kinds & WAIT_KEEP;
	*out_change = (struct child_change){
	        .pid = child->pid,
	        .uid = child->credentials.uid,
	        .time = child->ended_time,
	};
	process_time_add(&out_change->time, child->children_time);
	if (child->state == PROCESS_DEAD && (kinds & WAIT_ENDED)) {
		out_change->code = child->exit_signal ? SIGNAL_CHILD_KILLED : SIGNAL_CHILD_EXITED;
		out_change->status =
		        child->exit_signal ? (int32_t)child->exit_signal : child->exit_code;
		if (!keep)
			family_reap(child);
		return true;
	}
	if (child->told_stop && child->stop_signal && (kinds & WAIT_STOPPED)) {
		out_change->code = SIGNAL_CHILD_STOPPED;
		out_change->status = (int32_t)child->stop_signal;
		child->told_stop = keep;
		return true;
	}
	if (child->told_continue && (kinds & WAIT_CONTINUED)) {
		out_change->code = SIGNAL_CHILD_CONTINUED;
		out_change->status = SIGNAL_CONT;
		child->told_continue = keep;
		return true;
	}
	return false;
}

static enum status family_look(struct process *self, int64_t who, uint32_t kinds,
                               struct child_change *out_change)
{
	enum status status = ERR_NO_CHILD;
	spinlock_acquire(process_table_lock());
	readiness_set(&self->changes, 0, 0);
	list_for_each(link, &self->children) {
		struct process *child = container_of(link, struct process, siblings);
		if (!family_wait_matches(child, self, who))
			continue;
		status = ERR_TRY_AGAIN;
		if (family_take_change(child, kinds, out_change)) {
			status = OK;
			break;
		}
	}
	spinlock_release(process_table_lock());
	return status;
}

enum status process_wait_child(int64_t who, uint32_t kinds, struct child_change *out_change)
{
	struct process *self = process_current();
	for (;;) {
		enum status status = family_look(self, who, kinds, out_change);
		if (status != ERR_TRY_AGAIN)
			return status;
		if (kinds & WAIT_NO_WAIT) {
			*out_change = (struct child_change){};
			return OK;
		}
		TRY(task_wait(&self->changes, READY_IN, 0));
	}
}

int32_t child_change_wait_status(const struct child_change *change)
{
	switch (change->code) {
	case SIGNAL_CHILD_EXITED:
		return (change->status & 0xff) << 8;
	case SIGNAL_CHILD_STOPPED:
		return (change->status << 8) | WAIT_STATUS_STOPPED;
	case SIGNAL_CHILD_CONTINUED:
		return WAIT_STATUS_CONTINUED;
	default:
		return change->status;
	}
}

void process_report_waiting(void)
{
	spinlock_acquire(process_table_lock());
	for (struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each))
		if (each->spawner_pid)
			LOG_WARN(LOG_PROCESS, "nothing will wake pid=%lu name=%s", each->pid,
			         each->name);
	spinlock_release(process_table_lock());
}
