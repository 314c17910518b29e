/* Signals that one process sends to another by way of a service. */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>

bool process_thread_waits(struct process *process, const struct process_thread *which)
{
	spinlock_acquire(&process->lock);
	const struct task *task = task_find(process, which->tid);
	bool waits = task && task->thread->id == which->thread;
	spinlock_release(&process->lock);
	return waits;
}

/* The table's lock is held. Takes entry. */
static enum status signal_post_to(struct process *target, uint64_t tid,
                                  const struct signal_info *info, struct signal_entry *entry)
{
	if (!tid)
		return signal_try_process(target, info, entry);
	spinlock_acquire(&target->lock);
	enum status status = signal_post_within(target, tid, info, &entry);
	spinlock_release(&target->lock);
	heap_free(entry, sizeof *entry);
	return status;
}

/* The table's lock is held. To the first process signals are events of the kernel's. */
static bool signal_may_pass(const struct process *sender, const struct process *target,
                            uint32_t signal)
{
	return target->spawner_pid != 0 && signal_may_reach(sender, target, signal);
}

/* The table's lock is held. To as many as may be reached. */
static enum status signal_send_into(const struct process *sender, uint64_t group,
                                    const struct signal_info *info)
{
	enum status status = ERR_NO_PROCESS;
	for (struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each)) {
		if (each->groups.group != group)
			continue;
		if (!signal_may_pass(sender, each, info->signal)) {
			status = status == OK ? OK : ERR_NOT_PERMITTED;
			continue;
		}
		status = OK;
		if (info->signal)
			signal_post_process(each, info, HEAP_NEW(struct signal_entry));
	}
	return status;
}

static enum status signal_send_between(const struct process_thread *from,
                                       const struct signal_target *to,
                                       const struct signal_info *info, struct signal_entry **entry)
{
	struct process *sender = process_find(from->pid), *target = process_find_unreaped(to->pid);
	if (!sender || (!target && !to->group) || !process_thread_waits(sender, from))
		return ERR_NO_PROCESS;
	struct signal_info told = *info;
	told.pid = sender->pid;
	told.uid = sender->credentials.uid;
	if (to->group)
		return signal_send_into(sender, to->group, &told);
	if (!signal_may_pass(sender, target, info->signal))
		return ERR_NOT_PERMITTED;
	if (info->signal)
		return signal_post_to(target, to->tid, &told, TAKE(*entry));
	spinlock_acquire(&target->lock);
	bool found = !to->tid || task_find(target, to->tid);
	spinlock_release(&target->lock);
	return found ? OK : ERR_NO_PROCESS;
}

enum status signal_send_for(const struct process_thread *from, const struct signal_target *to,
                            const struct signal_info *info)
{
	struct signal_entry *entry = HEAP_NEW(struct signal_entry);
	spinlock_acquire(process_table_lock());
	enum status status = signal_send_between(from, to, info, &entry);
	spinlock_release(process_table_lock());
	heap_free(entry, sizeof *entry);
	return status;
}
