/*
 * Orphaned process groups: those with nobody outside, in their session, who could bring a stopped
 * member back. POSIX.1-2017, 3.264 and _exit().
 */
#include "core/api.h"
#include "ps/process.h"

/* Its parent belongs to the same session, but to another group. */
static bool job_is_minded(const struct process *process, const struct process *leaving)
{
	const struct process *parent = process->parent;
	return parent && parent != leaving && parent->groups.group != process->groups.group &&
	       parent->groups.session == process->groups.session;
}

bool job_is_orphaned(uint64_t group, const struct process *leaving)
{
	for (struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each))
		if (each != leaving && each->groups.group == group && job_is_minded(each, leaving))
			return false;
	return true;
}

static bool job_is_stopped(uint64_t group, const struct process *leaving)
{
	for (struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each))
		if (each != leaving && each->groups.group == group && each->stop_signal)
			return true;
	return false;
}

static void job_send(uint64_t group, uint32_t signal)
{
	const struct signal_info info = {.signal = signal, .code = SIGNAL_FROM_KERNEL};
	for (struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each))
		if (each->groups.group == group)
			signal_post_process(each, &info, HEAP_NEW(struct signal_entry));
}

/* A group that minded, as told by was_minded, and whose members would stay stopped for ever. */
static void job_let_go(uint64_t group, bool was_minded, const struct process *leaving)
{
	if (!was_minded || !job_is_orphaned(group, leaving) || !job_is_stopped(group, leaving))
		return;
	job_send(group, SIGNAL_HUP);
	job_send(group, SIGNAL_CONT);
}

void job_leave(struct process *leaving)
{
	job_let_go(leaving->groups.group, job_is_minded(leaving, NULL), leaving);
	list_for_each(link, &leaving->children) {
		const struct process *child = container_of(link, struct process, siblings);
		job_let_go(child->groups.group, job_is_minded(child, NULL), leaving);
	}
}

bool process_group_is_orphaned(uint64_t group)
{
	spinlock_acquire(process_table_lock());
	bool orphaned = job_is_orphaned(group, NULL);
	spinlock_release(process_table_lock());
	return orphaned;
}

uint64_t process_group_session(uint64_t group)
{
	uint64_t session = 0;
	spinlock_acquire(process_table_lock());
	for (struct process *each = process_next_living(NULL); each && !session;
	     each = process_next_living(each))
		if (each->groups.group == group)
			session = each->groups.session;
	spinlock_release(process_table_lock());
	return session;
}
