/* Sending signals, and what becomes of them. */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>

enum { SIGNAL_ENTRIES_MAX = 1024 }; /* pending with their info, of one queue */

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

/* Its threads ask, when they wait for messages, whether there is something to hear. */
static void signal_set_watchful(struct process *process, bool is_watchful)
{
	list_for_each(link, &process->tasks) {
		struct task *task = container_of(link, struct task, link);
		__atomic_store_n(&task->thread->is_watchful, is_watchful, __ATOMIC_SEQ_CST);
		if (is_watchful)
			thread_wake_awaiting(task->thread);
	}
}

/* process->lock is held. */
static bool signal_hear(struct process *process, uint32_t signal)
{
	if (!(process->listened_signals & signal_bit(signal)))
		return false;
	__atomic_fetch_or(&process->heard_signals, (uint32_t)signal_bit(signal), __ATOMIC_SEQ_CST);
	signal_set_watchful(process, true);
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
	struct process *self = process_current();
	spinlock_acquire(&self->lock);
	uint32_t heard = __atomic_exchange_n(&self->heard_signals, 0, __ATOMIC_SEQ_CST);
	if (heard)
		signal_set_watchful(self, self->spawner_pid == 0);
	spinlock_release(&self->lock);
	return heard;
}

/* True: entry was taken. task NULL: any of the process. process->lock is held. */
static bool signal_post(struct process *process, struct task *task, const struct signal_info *info,
                        struct signal_entry *entry)
{
	uint32_t signal = info->signal;
	if (process->exiting || list_empty(&process->tasks))
		return false;
	if (signal == SIGNAL_KILL) {
		process_begin_exit(process, 0, SIGNAL_KILL);
		return false;
	}
	if (!task && signal_hear(process, signal))
		return false;
	if (signal == SIGNAL_CONT)
		signal_continue(process);
	if (signal_bit(signal) & SIGNALS_STOPPING)
		signals_drop(process, signal_bit(SIGNAL_CONT));
	struct task *target = task ? task : signal_choose_task(process, signal);
	if (!target)
		return false;
	bool is_blocked = target->blocked & signal_bit(signal);
	bool is_kept = is_blocked || (target->awaited & signal_bit(signal));
	if (!is_kept && signal_is_ignored(process, signal))
		return false;
	struct signal_queue *queue = task ? &task->signals : &process->signals;
	if (entry && queue->count >= SIGNAL_ENTRIES_MAX)
		return false;
	if (entry)
		entry->info = *info;
	bool taken = signal_queue_add(queue, signal, entry) && entry;
	signal_files_tell(process);
	if (!is_blocked)
		task_kick(target);
	return taken;
}

void signal_post_process(struct process *process, const struct signal_info *info,
                         struct signal_entry *entry)
{
	if (process->spawner_pid == 0) {
		process_note_signal(info->signal);
		heap_free(entry, sizeof *entry);
		return;
	}
	spinlock_acquire(&process->lock);
	bool taken = signal_post(process, NULL, info, entry);
	bool continued = process->told_continue && info->signal == SIGNAL_CONT;
	spinlock_release(&process->lock);
	if (!taken)
		heap_free(entry, sizeof *entry);
	if (continued)
		family_tell_change(process, SIGNAL_CHILD_CONTINUED, SIGNAL_CONT);
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
	struct process *process = process_find(pid);
	bool may = process && signal_may_send(process, info);
	if (may && info->signal)
		signal_post_process(process, info, TAKE(entry));
	spinlock_release(process_table_lock());
	heap_free(entry, sizeof *entry);
	if (!process)
		return ERR_NO_PROCESS;
	return may ? OK : ERR_NOT_PERMITTED;
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

/* To every living process of the circle. */
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
	spinlock_release(process_table_lock());
	return status;
}

enum status signal_send_group(uint64_t group, const struct signal_info *info)
{
	return group ? signal_send_each(SIGNAL_TO_GROUP, group, info) : ERR_NO_PROCESS;
}

enum status signal_send_all(const struct signal_info *info)
{
	return signal_send_each(SIGNAL_TO_OTHERS, 0, info);
}

enum status signal_send_programs(const struct signal_info *info)
{
	return signal_send_each(SIGNAL_TO_PROGRAMS, 0, info);
}

bool signal_post_within(struct process *process, uint64_t tid, const struct signal_info *info,
                        struct signal_entry *entry)
{
	struct task *task = tid ? task_find(process, tid) : NULL;
	return (!tid || task) && signal_post(process, task, info, entry);
}

enum status signal_send_task(uint64_t pid, uint64_t tid, const struct signal_info *info)
{
	struct signal_entry *entry = HEAP_NEW(struct signal_entry);
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
		if (may && info->signal && signal_post(each, task, info, entry))
			entry = NULL;
		spinlock_release(&each->lock);
	}
	spinlock_release(process_table_lock());
	heap_free(entry, sizeof *entry);
	if (!found)
		return ERR_NO_PROCESS;
	return may ? OK : ERR_NOT_PERMITTED;
}

void signal_force(const struct signal_info *info)
{
	struct task *self = task_current();
	struct process *process = self->process;
	struct signal_entry *entry = HEAP_NEW(struct signal_entry);
	spinlock_acquire(&process->lock);
	struct signal_action *action = &process->handlers.actions[info->signal - 1];
	/* a fault cannot be put off: where it is not wanted it ends the program */
	if ((self->blocked & signal_bit(info->signal)) || action->handler == SIGNAL_IGNORE) {
		action->handler = SIGNAL_DEFAULT;
		self->blocked &= ~signal_bit(info->signal);
	}
	if (signal_post(process, self, info, entry))
		entry = NULL;
	spinlock_release(&process->lock);
	heap_free(entry, sizeof *entry);
}

bool signal_is_handled(uint32_t signal)
{
	const struct task *self = task_current();
	const struct process *process = self->process;
	return process->handlers.actions[signal - 1].handler > SIGNAL_IGNORE &&
	       !(self->blocked & signal_bit(signal));
}

bool signal_is_shunned(uint32_t signal)
{
	const struct task *self = task_current();
	return (self->blocked & signal_bit(signal)) ||
	       self->process->handlers.actions[signal - 1].handler == SIGNAL_IGNORE;
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
	}
	spinlock_release(&process->lock);
	return OK;
}

/* Pending signals that are not blocked any more must be seen. process->lock is held. */
static void signal_look_again(struct task *self)
{
	uint64_t pending = self->signals.pending | self->process->signals.pending;
	if (pending & ~self->blocked)
		task_set_work(self, true);
}

static uint64_t signal_change_mask(uint64_t mask, uint64_t awaited)
{
	struct task *self = task_current();
	spinlock_acquire(&self->process->lock);
	uint64_t old = self->blocked;
	self->blocked = mask & ~SIGNALS_UNBLOCKABLE;
	self->awaited = awaited;
	signal_look_again(self);
	spinlock_release(&self->process->lock);
	return old;
}

uint64_t signal_set_mask(uint64_t mask)
{
	return signal_change_mask(mask, 0);
}

uint64_t signal_await(uint64_t wanted)
{
	return signal_change_mask(task_current()->blocked & ~wanted, wanted);
}

void signal_wait_with_mask(uint64_t mask)
{
	struct task *self = task_current();
	self->saved_blocked = signal_set_mask(mask);
	self->has_saved_blocked = true;
}

uint64_t signal_pending(void)
{
	struct task *self = task_current();
	spinlock_acquire(&self->process->lock);
	uint64_t pending = self->signals.pending | self->process->signals.pending;
	spinlock_release(&self->process->lock);
	return pending;
}

bool signal_take(uint64_t wanted, struct signal_info *out_info)
{
	struct task *self = task_current();
	struct process *process = self->process;
	struct signal_entry *entry = NULL;
	spinlock_acquire(&process->lock);
	bool found = signal_queue_take(&self->signals, wanted, out_info, &entry) ||
	             signal_queue_take(&process->signals, wanted, out_info, &entry);
	if (found)
		signal_files_tell(process);
	spinlock_release(&process->lock);
	heap_free(entry, sizeof *entry);
	return found;
}

static void signal_stop(struct task *self, uint32_t signal)
{
	struct process *process = self->process;
	spinlock_acquire(process_table_lock());
	spinlock_acquire(&process->lock);
	bool is_first = !process->stop_signal && !process->exiting;
	if (is_first) {
		process->stop_signal = signal;
		process->told_stop = true;
		list_for_each(link, &process->tasks)
			task_kick(container_of(link, struct task, link));
	}
	spinlock_release(&process->lock);
	if (is_first)
		family_tell_change(process, SIGNAL_CHILD_STOPPED, (int32_t)signal);
	spinlock_release(process_table_lock());
}

static void signal_wait_while_stopped(struct task *self)
{
	struct process *process = self->process;
	for (;;) {
		waiter_begin(&self->waiter);
		spinlock_acquire(&process->lock);
		bool stopped = process->stop_signal && !process->exiting;
		spinlock_release(&process->lock);
		if (!stopped)
			return;
		(void)waiter_sleep(&self->waiter, 0);
	}
}

/* The handler's mask is set; what it goes back to comes out. process->lock is held. */
static void signal_enter(struct task *self, const struct signal_delivery *delivery,
                         uint64_t *out_mask)
{
	const struct signal_action *action = &delivery->action;
	uint32_t signal = delivery->info.signal;
	*out_mask = self->has_saved_blocked ? self->saved_blocked : self->blocked;
	self->has_saved_blocked = false;
	self->blocked |= action->mask;
	if (!(action->flags & SIGNAL_NO_DEFER))
		self->blocked |= signal_bit(signal);
	if (action->flags & (uint32_t)SIGNAL_RESET)
		self->process->handlers.actions[signal - 1].handler = SIGNAL_DEFAULT;
}

enum signal_fate { SIGNAL_FATE_NONE, SIGNAL_FATE_DEFAULT, SIGNAL_FATE_HANDLER };

static enum signal_fate signal_pick(struct task *self, struct signal_delivery *out,
                                    uint64_t *out_mask)
{
	struct process *process = self->process;
	struct signal_entry *entry = NULL;
	enum signal_fate fate = SIGNAL_FATE_NONE;
	spinlock_acquire(&process->lock);
	task_set_work(self, false);
	uint64_t wanted = ~self->blocked;
	if (!process->exiting &&
	    (signal_queue_take(&self->signals, wanted, &out->info, &entry) ||
	     signal_queue_take(&process->signals, wanted, &out->info, &entry))) {
		out->action = process->handlers.actions[out->info.signal - 1];
		fate = out->action.handler > SIGNAL_IGNORE ? SIGNAL_FATE_HANDLER
		                                           : SIGNAL_FATE_DEFAULT;
		if (fate == SIGNAL_FATE_HANDLER)
			signal_enter(self, out, out_mask);
		signal_look_again(self);
		signal_files_tell(process);
	}
	spinlock_release(&process->lock);
	heap_free(entry, sizeof *entry);
	return fate;
}

static void signal_act_by_default(struct task *self, const struct signal_delivery *delivery)
{
	uint32_t signal = delivery->info.signal;
	if (delivery->action.handler == SIGNAL_IGNORE)
		return;
	switch (signal_default(signal)) {
	case SIGNAL_IS_IGNORED:
	case SIGNAL_CONTINUES:
		return;
	case SIGNAL_STOPS:
		/* nobody would continue it */
		if (signal == SIGNAL_STOP ||
		    !process_group_is_orphaned(self->process->groups.group))
			signal_stop(self, signal);
		return;
	case SIGNAL_ENDS:
	case SIGNAL_DUMPS:
		process_exit_by_signal(signal);
	}
}

/* The process ends, or another task goes on alone with a new program. */
static bool task_must_end(const struct task *self)
{
	const struct task *only = __atomic_load_n(&self->process->exec_task, __ATOMIC_ACQUIRE);
	return __atomic_load_n(&self->process->exiting, __ATOMIC_ACQUIRE) || (only && only != self);
}

bool task_next_signal(struct signal_delivery *out, uint64_t *out_mask)
{
	struct task *self = task_current();
	for (;;) {
		signal_wait_while_stopped(self);
		enum signal_fate fate = signal_pick(self, out, out_mask);
		if (task_must_end(self))
			task_exit();
		if (fate == SIGNAL_FATE_HANDLER)
			return true;
		if (fate == SIGNAL_FATE_DEFAULT)
			signal_act_by_default(self, out);
		else if (!self->process->stop_signal)
			return false;
	}
}

void task_end_work(void)
{
	struct task *self = task_current();
	if (!self->has_saved_blocked)
		return;
	self->has_saved_blocked = false;
	(void)signal_set_mask(self->saved_blocked);
}
