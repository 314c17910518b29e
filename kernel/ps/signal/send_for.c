/* Signals that one process sends to another by way of a service. */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>

/* The table's lock is held. */
static bool signal_thread_waits(struct process *process, const struct process_thread *which)
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
	if (!tid) {
		signal_post_process(target, info, entry);
		return OK;
	}
	spinlock_acquire(&target->lock);
	bool found = task_find(target, tid) != NULL;
	bool taken = found && signal_post_within(target, tid, info, entry);
	spinlock_release(&target->lock);
	if (!taken)
		heap_free(entry, sizeof *entry);
	return found ? OK : ERR_NO_PROCESS;
}

static enum status signal_send_between(const struct process_thread *from,
                                       const struct signal_target *to,
                                       const struct signal_info *info, struct signal_entry **entry)
{
	struct process *sender = process_find(from->pid), *target = process_find(to->pid);
	if (!sender || !target || !signal_thread_waits(sender, from))
		return ERR_NO_PROCESS;
	/* to the first process signals are events of the kernel's */
	if (target->spawner_pid == 0 || !signal_may_reach(sender, target, info->signal))
		return ERR_NOT_PERMITTED;
	struct signal_info told = *info;
	told.pid = sender->pid;
	told.uid = sender->credentials.uid;
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
