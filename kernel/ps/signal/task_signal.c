/* What a thread does with its signals: masks, waits, stops, and handlers to enter. */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>

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

/* Pending signals that are not blocked any more must be seen, and a stop. process->lock is held. */
static void signal_look_again(struct task *self)
{
	uint64_t pending = self->signals.pending | self->process->signals.pending;
	if (pending & ~self->blocked || self->process->stop_signal)
		task_set_work(self, true);
}

/* process->lock is held. */
static void signal_block(struct task *self, uint64_t mask)
{
	uint64_t added = mask & ~self->blocked;
	self->blocked = mask;
	signals_hand_on(self->process, self, added);
}

static uint64_t signal_change_mask(uint64_t mask, uint64_t awaited)
{
	struct task *self = task_current();
	spinlock_acquire(&self->process->lock);
	uint64_t old = self->blocked;
	signal_block(self, mask & ~SIGNALS_UNBLOCKABLE);
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
	if (found) {
		process_timers_taken(process, signal_bit(out_info->signal), out_info);
		signal_files_tell(process);
	}
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
	/* one that comes right now is seen before this thread is back in ring 3 */
	while (__atomic_load_n(&process->stop_signal, __ATOMIC_RELAXED)) {
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
	uint64_t mask = self->blocked | action->mask;
	if (!(action->flags & SIGNAL_NO_DEFER))
		mask |= signal_bit(signal);
	signal_block(self, mask);
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
		process_timers_taken(process, signal_bit(out->info.signal), &out->info);
		signal_look_again(self);
		signal_files_tell(process);
	}
	spinlock_release(&process->lock);
	if (entry)
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
