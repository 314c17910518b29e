/*
 * Process groups and sessions, under the table's lock: whose child somebody is, whether a group is
 * there and where it belongs hold together. POSIX.1-2017, setpgid() and setsid().
 */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>

static bool group_has(const struct process *process, uint64_t group, uint64_t session)
{
	return process->groups.group == group && (!session || process->groups.session == session);
}

/* session 0: any. The dead that nobody has waited for still count: a shell joins their group. */
static bool group_is_there(uint64_t group, uint64_t session)
{
	for (const struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each))
		if (group_has(each, group, session))
			return true;
	for (const struct process *each = process_next_dead(NULL); each;
	     each = process_next_dead(each))
		if (group_has(each, group, session))
			return true;
	return false;
}

bool process_group_exists(uint64_t group)
{
	spinlock_acquire(process_table_lock());
	bool exists = group_is_there(group, 0);
	spinlock_release(process_table_lock());
	return exists;
}

/* A child only until it runs a program of its own. */
static enum status group_may_set(const struct process *self, const struct process *target)
{
	if (!target || (target != self && target->parent != self))
		return ERR_NO_PROCESS;
	if (target->groups.session != self->groups.session)
		return ERR_NOT_PERMITTED;
	if (target != self && (target->has_executed || target->is_spawned))
		return ERR_ACCESS_DENIED;
	return target->groups.session == target->pid ? ERR_NOT_PERMITTED : OK;
}

/* The table's lock is held. */
static enum status group_set(const struct process *self, uint64_t pid, uint64_t group)
{
	struct process *target = process_find(pid ? pid : self->pid);
	TRY(group_may_set(self, target));
	group = group ? group : target->pid;
	if (group != target->pid && !group_is_there(group, self->groups.session))
		return ERR_NOT_PERMITTED;
	target->groups.group = group;
	family_tell_group(target);
	return OK;
}

/* The table's lock is held. */
static enum status group_read(const struct process *process, uint64_t *out_group,
                              uint64_t *out_session)
{
	if (!process)
		return ERR_NO_PROCESS;
	*out_group = process->groups.group;
	*out_session = process->groups.session;
	return OK;
}

enum status process_set_group(uint64_t pid, uint64_t group)
{
	spinlock_acquire(process_table_lock());
	enum status status = group_set(process_current(), pid, group);
	spinlock_release(process_table_lock());
	return status;
}

enum status process_groups(uint64_t pid, uint64_t *out_group, uint64_t *out_session)
{
	spinlock_acquire(process_table_lock());
	const struct process *process = pid ? process_find(pid) : process_current();
	enum status status = group_read(process, out_group, out_session);
	spinlock_release(process_table_lock());
	return status;
}

enum status process_new_session(uint64_t *out_session)
{
	struct process *self = process_current();
	spinlock_acquire(process_table_lock());
	/* who leads a group would leave it without its leader */
	enum status status = group_is_there(self->pid, 0) ? ERR_NOT_PERMITTED : OK;
	if (status == OK) {
		*out_session = self->groups.group = self->groups.session = self->pid;
		family_tell_group(self);
	}
	spinlock_release(process_table_lock());
	return status;
}

/* ---- in the name of another, who waits ---- */

static enum status group_change(const struct process *self,
                                const struct process_group_change *change, uint64_t *out_result)
{
	uint64_t group = 0, session = 0;
	switch (change->op) {
	case PROC_GROUP_SET:
		return group_set(self, change->target, change->group);
	case PROC_GROUP_READ:
	case PROC_GROUP_READ_SESSION:
		TRY(group_read(change->target ? process_find(change->target) : self, &group,
		               &session));
		*out_result = change->op == PROC_GROUP_READ ? group : session;
		return OK;
	}
	return ERR_INVALID_ARGS;
}

enum status process_change_group_for(const struct process_thread *which,
                                     const struct process_group_change *change,
                                     uint64_t *out_result)
{
	*out_result = 0;
	spinlock_acquire(process_table_lock());
	struct process *self = process_find(which->pid);
	enum status status = ERR_NO_PROCESS;
	if (self && process_thread_waits(self, which))
		status = group_change(self, change, out_result);
	spinlock_release(process_table_lock());
	return status;
}
