/* Sending signals, and what becomes of them. */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>

enum { SIGNAL_ENTRIES_MAX = 1024 }; /* real-time ones that were sent, of one queue */

void signals_free(struct signal_queue *queue)
{
	struct signal_entry *entry;
	while ((entry = signal_queue_drop(queue, UINT64_MAX)))
		heap_free(entry, sizeof *entry);
}

static void signals_drop(struct process *process, uint64_t signals)
{
	struct signal_entry *entry;
	while ((entry = signal_queue_drop(&process->signals, signals)))
		heap_free(entry, sizeof *entry);
	list_for_each(link, &process->tasks) {
		struct task *task = container_of(link, struct task, link);
		while ((entry = signal_queue_drop(&task->signals, signals)))
			heap_free(entry, sizeof *entry);
	}
	process_timers_taken(process, signals, NULL);
	signal_files_tell(process);
}

static bool signal_is_ignored(const struct process *process, uint32_t signal)
{
	uintptr_t handler = process->handlers.actions[signal - 1].handler;
	if (handler == SIGNAL_DEFAULT)
		return signal_default(signal) == SIGNAL_IS_IGNORED;
	return handler == SIGNAL_IGNORE;
}

/* Someone who would take it; the first task when all block it. */
static struct task *signal_choose_task(const struct process *process, uint32_t signal)
{
	list_for_each(link, &process->tasks) {
		struct task *task = container_of(link, struct task, link);
		if (!(task->blocked & signal_bit(signal)))
			return task;
	}
	return list_empty(&process->tasks) ? NULL
	                                   : container_of(process->tasks.next, struct task, link);
}

void signals_hand_on_pending(struct process *process, const struct task *from, uint64_t signals)
{
	uint64_t left = process->signals.pending & signals;
	list_for_each(link, &process->tasks) {
		struct task *task = container_of(link, struct task, link);
		if (task == from || !(left & ~task->blocked))
			continue;
		task_kick(task);
		left &= task->blocked;
	}
}

static void signal_continue(struct process *process)
{
	signals_drop(process, SIGNALS_STOPPING);
	if (!process->stop_signal)
		return;
	process->stop_signal = 0;
	process->told_continue = true;
	list_for_each(link, &process->tasks)
		task_kick(container_of(link, struct task, link));
}

/* process->lock is held. Each thread asks for itself, when it waits for messages. */
static bool signal_hear(struct process *process, uint32_t signal)
{
	uint32_t bit = (uint32_t)signal_bit(signal);
	if (!(process->listened_signals & bit))
		return false;
	process->heard_signals |= bit;
	list_for_each(link, &process->tasks) {
		struct task *task = container_of(link, struct task, link);
		__atomic_fetch_or(&task->heard_signals, bit, __ATOMIC_SEQ_CST);
		__atomic_store_n(&task->thread->is_watchful, true, __ATOMIC_SEQ_CST);
		thread_wake_awaiting(task->thread);
	}
	return true;
}

enum status signal_listen(uint32_t signals)
{
	struct process *self = process_current();
	if (signals & ~(uint32_t)SIGNALS_TO_LISTEN_TO)
		return ERR_INVALID_ARGS;
	spinlock_acquire(&self->lock);
	self->listened_signals = signals;
	spinlock_release(&self->lock);
	return OK;
}

uint32_t signal_heard(void)
{
	struct task *self = task_current();
	struct process *process = self->process;
	spinlock_acquire(&process->lock);
	uint32_t heard = __atomic_exchange_n(&self->heard_signals, 0, __ATOMIC_SEQ_CST);
	if (heard)
		__atomic_store_n(&self->thread->is_watchful, process->spawner_pid == 0,
		                 __ATOMIC_SEQ_CST);
	spinlock_release(&process->lock);
	return heard;
}

/* Of others at most one is pending: a standard signal, or that of a timer. */
static bool signal_has_room(const struct signal_queue *queue, const struct signal_info *info)
{
	return info->signal < SIGNAL_REAL_TIME || info->code == SIGNAL_FROM_TIMER ||
	       queue->count < SIGNAL_ENTRIES_MAX;
}

/* kill(2) does not fail for lack of room: then less is told. NULL in *entry: it was taken. */
static enum status signal_add(struct signal_queue *queue, const struct signal_info *info,
                              struct signal_entry **entry)
{
	struct signal_entry *own = signal_has_room(queue, info) ? *entry : NULL;
	if (!own && info->signal >= SIGNAL_REAL_TIME && info->code != SIGNAL_FROM_USER)
		return ERR_TRY_AGAIN;
	if (own)
		own->info = *info;
	if (signal_queue_add(queue, info->signal, own) && own)
		*entry = NULL;
	return OK;
}

/*
 * ERR_TRY_AGAIN: no room for it. NULL in *entry: it was taken. task NULL: any of the process.
 * process->lock is held.
 */
static enum status signal_post(struct process *process, struct task *task,
                               const struct signal_info *info, struct signal_entry **entry)
{
	uint32_t signal = info->signal;
	if (process->exiting || list_empty(&process->tasks))
		return OK;
	if (signal == SIGNAL_KILL) {
		process_begin_exit(process, 0, SIGNAL_KILL);
		return OK;
	}
	if (!task && signal_hear(process, signal))
		return OK;
	if (signal == SIGNAL_CONT)
		signal_continue(process);
	if (signal_bit(signal) & SIGNALS_STOPPING)
		signals_drop(process, signal_bit(SIGNAL_CONT));
	struct task *target = task ? task : signal_choose_task(process, signal);
	if (!target)
		return OK;
	bool is_blocked = target->blocked & signal_bit(signal);
	bool is_kept = is_blocked || (target->awaited & signal_bit(signal));
	if (!is_kept && signal_is_ignored(process, signal))
		return OK;
	TRY(signal_add(task ? &task->signals : &process->signals, info, entry));
	signal_files_tell(process);
	if (!is_blocked)
		task_kick(target);
	return OK;
}

enum status signal_try_process(struct process *process, const struct signal_info *info,
                               struct signal_entry *entry)
{
	if (process->spawner_pid == 0) {
		process_note_signal(info->signal);
		heap_free(entry, sizeof *entry);
		return OK;
	}
	spinlock_acquire(&process->lock);
	enum status status = signal_post(process, NULL, info, &entry);
	bool continued = process->told_continue && info->signal == SIGNAL_CONT;
	spinlock_release(&process->lock);
	heap_free(entry, sizeof *entry);
	if (continued)
		family_tell_change(process, SIGNAL_CHILD_CONTINUED, SIGNAL_CONT);
	return status;
}

void signal_post_process(struct process *process, const struct signal_info *info,
                         struct signal_entry *entry)
{
	(void)!signal_try_process(process, info, entry); /* the kernel sends standard ones */
}

bool signal_may_reach(const struct process *self, const struct process *target, uint32_t signal)
{
	const struct credentials_slot *from = &self->credentials, *to = &target->credentials;
	if (from->euid == 0 || target == self)
		return true;
	return from->euid == to->uid || from->euid == to->suid || from->uid == to->uid ||
	       from->uid == to->suid ||
	       (signal == SIGNAL_CONT && self->groups.session == target->groups.session);
}

/* The same of the caller. What the kernel itself says goes anywhere. */
static bool signal_may_send(const struct process *target, const struct signal_info *info)
{
	const struct process *self = process_current();
	if (!self || (info->code != SIGNAL_FROM_USER && info->code != SIGNAL_FROM_THREAD))
		return true;
	return signal_may_reach(self, target, info->signal);
}

enum status signal_send(uint64_t pid, const struct signal_info *info)
{
	struct signal_entry *entry = HEAP_NEW(struct signal_entry);
	spinlock_acquire(process_table_lock());
	struct process *process = process_find_unreaped(pid);
	bool may = process && signal_may_send(process, info);
	enum status status = may ? OK : process ? ERR_NOT_PERMITTED : ERR_NO_PROCESS;
	if (may && info->signal)
		status = signal_try_process(process, info, TAKE(entry));
	spinlock_release(process_table_lock());
	heap_free(entry, sizeof *entry);
	return status;
}

enum signal_circle { SIGNAL_TO_GROUP, SIGNAL_TO_OTHERS, SIGNAL_TO_PROGRAMS };

static bool signal_circle_has(const struct process *process, enum signal_circle circle,
                              uint64_t group, const struct process *self)
{
	if (circle == SIGNAL_TO_GROUP)
		return process->groups.group == group;
	bool other = process != self && process->spawner_pid != 0;
	return other && (circle == SIGNAL_TO_OTHERS || !process->ipc.may_register);
}

/* To every process of the circle; the dead are found, and hear nothing. */
static enum status signal_send_each(enum signal_circle circle, uint64_t group,
                                    const struct signal_info *info)
{
	const struct process *self = process_current();
	enum status status = ERR_NO_PROCESS;
	spinlock_acquire(process_table_lock());
	for (struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each)) {
		if (!signal_circle_has(each, circle, group, self))
			continue;
		if (!signal_may_send(each, info)) {
			status = status == OK ? OK : ERR_NOT_PERMITTED;
			continue;
		}
		status = OK;
		if (info->signal)
			signal_post_process(each, info, HEAP_NEW(struct signal_entry));
	}
	for (const struct process *dead = process_next_dead(NULL); dead && status != OK;
	     dead = process_next_dead(dead))
		if (signal_circle_has(dead, circle, group, self))
			status = signal_may_send(dead, info) ? OK : ERR_NOT_PERMITTED;
	spinlock_release(process_table_lock());
	return status;
}

enum status signal_send_group(uint64_t group, const struct signal_info *info)
{
	return group ? signal_send_each(SIGNAL_TO_GROUP, group, info) : ERR_NO_PROCESS;
}

enum status signal_send_all(const struct signal_info *info)
{
	enum status status = signal_send_each(SIGNAL_TO_OTHERS, 0, info);
	/* who may reach none of them is told nothing, as on Linux */
	return status == ERR_NOT_PERMITTED ? OK : status;
}

enum status signal_send_programs(const struct signal_info *info)
{
	return signal_send_each(SIGNAL_TO_PROGRAMS, 0, info);
}

enum status signal_post_within(struct process *process, uint64_t tid,
                               const struct signal_info *info, struct signal_entry **entry)
{
	struct task *task = tid ? task_find(process, tid) : NULL;
	return !tid || task ? signal_post(process, task, info, entry) : ERR_NO_PROCESS;
}

/* What others say to a thread of the first process it hears as a whole: an event. */
static bool signal_is_for_first(const struct process *process, const struct signal_info *info)
{
	return process->spawner_pid == 0 && info->signal && info->code != SIGNAL_FROM_KERNEL;
}

enum status signal_send_task(uint64_t pid, uint64_t tid, const struct signal_info *info)
{
	struct signal_entry *entry = HEAP_NEW(struct signal_entry);
	enum status status = OK;
	bool found = false, may = false;
	spinlock_acquire(process_table_lock());
	for (struct process *each = process_next_living(NULL); each && !found;
	     each = process_next_living(each)) {
		if (pid && each->pid != pid)
			continue;
		spinlock_acquire(&each->lock);
		struct task *task = task_find(each, tid);
		found = task != NULL;
		may = found && signal_may_send(each, info);
		bool for_first = may && signal_is_for_first(each, info);
		if (may && info->signal && !for_first)
			status = signal_post(each, task, info, &entry);
		spinlock_release(&each->lock);
		if (for_first)
			process_note_signal(info->signal);
	}
	const struct process *dead =
	        !found && (!pid || pid == tid) ? process_find_unreaped(tid) : NULL;
	if (dead && dead->state == PROCESS_DEAD) {
		found = true;
		may = signal_may_send(dead, info);
	}
	spinlock_release(process_table_lock());
	heap_free(entry, sizeof *entry);
	if (!found)
		return ERR_NO_PROCESS;
	return may ? status : ERR_NOT_PERMITTED;
}

void signal_force(const struct signal_info *info)
{
	struct task *self = task_current();
	struct process *process = self->process;
	struct signal_entry *entry = &self->fault;
	spinlock_acquire(&process->lock);
	struct signal_action *action = &process->handlers.actions[info->signal - 1];
	/* a fault cannot be put off: where it is not wanted it ends the program */
	if ((self->blocked & signal_bit(info->signal)) || action->handler == SIGNAL_IGNORE) {
		action->handler = SIGNAL_DEFAULT;
		self->blocked &= ~signal_bit(info->signal);
	}
	/* it comes before the next step of the program: there is none of it pending, nor another */
	if (!entry->is_lent) {
		entry->info = *info;
		entry->is_lent = signal_queue_add(&self->signals, info->signal, entry);
	}
	signal_files_tell(process);
	task_set_work(self, true);
	spinlock_release(&process->lock);
}

enum status signal_set_action(uint32_t signal, const struct signal_action *action,
                              struct signal_action *out_old)
{
	struct process *process = process_current();
	if (signal == 0 || signal > SIGNAL_MAX ||
	    (action && (signal_bit(signal) & SIGNALS_UNBLOCKABLE)))
		return ERR_INVALID_ARGS;
	spinlock_acquire(&process->lock);
	*out_old = process->handlers.actions[signal - 1];
	if (action) {
		process->handlers.actions[signal - 1] = *action;
		process->handlers.actions[signal - 1].mask &= ~SIGNALS_UNBLOCKABLE;
		if (signal_is_ignored(process, signal))
			signals_drop(process, signal_bit(signal));
		else
			process_timers_taken(process, signal_bit(signal), NULL);
	}
	spinlock_release(&process->lock);
	return OK;
}
