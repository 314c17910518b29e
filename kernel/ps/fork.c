/* Copies: of the calling task a thread, or a process; of another one a process. */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>
#include <string.h>

/* What a copy has of the calling task, whatever it is part of. */
static void task_inherit(struct task *task, const struct task_copy *copy)
{
	struct task *self = task_current();
	fpu_state_save(thread_current()->fpu);
	fpu_state_copy(task->thread->fpu, thread_current()->fpu);
	if (copy->has_tls)
		task->thread->fpu->fs_base = copy->tls;
	task->blocked = self->blocked;
	task->priority = self->priority;
	thread_inherit(task->thread, thread_current());
	task->clear_tid = copy->clear_tid;
}

static void task_write_tid(uintptr_t address, uint64_t tid)
{
	uint32_t word = (uint32_t)tid;
	if (address)
		/* the caller asked for it; a bad address is its own loss, as on Linux */
		(void)!user_copy_out((struct user_out){address, sizeof word}, &word);
}

enum status task_clone(const struct task_copy *copy, uint64_t *out_tid)
{
	struct process *process = task_current()->process;
	struct task *task;
	/* who can have no more threads is told as if there were too many */
	if (task_create(process, &copy->frame, &task) != OK)
		return ERR_TRY_AGAIN;
	task_inherit(task, copy);
	task->tid = *out_tid = process_new_pid();
	task_write_tid(copy->parent_tid_out, task->tid);
	task_write_tid(copy->tid_out, task->tid);

	spinlock_acquire(&process->lock);
	bool ends = process->exiting || process->exec_task;
	if (!ends) {
		list_push_back(&process->tasks, &task->link);
		process->task_count++;
		task->heard_signals = process->heard_signals;
		task->thread->is_watchful |= task->heard_signals != 0;
	}
	spinlock_release(&process->lock);
	if (ends) {
		task_destroy(task);
		return ERR_INTERRUPTED;
	}
	task_start(task);
	return OK;
}

static void process_inherit(struct process *child, struct process *self)
{
	child->flags = self->flags & ~(uint32_t)SPAWN_EXEC_CORE;
	child->console_session = self->console_session;
	child->weight_micros = __atomic_load_n(&self->weight_micros, __ATOMIC_RELAXED);
	child->memory = self->memory;
	slots_inherit(child, self);
	child->groups = self->groups;
	child->texts = self->texts;
	child->handlers = self->handlers;
	memcpy(child->name, self->name, sizeof child->name);
	memcpy(child->path, self->path, sizeof child->path);
	child->image_bias = self->image_bias;
	places_inherit(child, self);
	const struct ipc_grant grant = {.space = vm_space_tables(child->space)};
	ipc_process_init(&child->ipc, &grant);
	ipc_limits_inherit(&child->ipc, &self->ipc);
	slots_apply_limits(child);
}

/* A limit that was lowered holds for copies: else whoever has one would leave it with a fork. */
static enum status process_copy_space(struct process *child, struct process *self)
{
	struct memory_account *account;
	struct memory_usage usage = memory_account_usage(vm_space_account(self->space));
	TRY(memory_account_create(usage.limit_bytes, &account));
	enum status status = vm_space_duplicate(self->space, account, &child->space);
	memory_account_unref(account);
	return status;
}

static void process_drop(struct process **process)
{
	process_destroy(*process);
}

/* The child's memory, where it wants to find its own id. */
static void process_write_tid(struct process *child, uintptr_t address, uint64_t tid)
{
	uint32_t word = (uint32_t)tid;
	if (address)
		(void)!vm_space_write(child->space, address, &word, sizeof word);
}

/* Or the one that waits is to end: then the child does not know it any more. */
static bool vfork_is_over(struct vfork_wait *wait)
{
	spinlock_acquire(process_table_lock());
	bool done = wait->done;
	if (!done && task_is_ending()) {
		wait->child->vfork_wait = NULL; /* it is there: it has not said that it is done */
		done = true;
	}
	spinlock_release(process_table_lock());
	return done;
}

static void process_wait_vfork(struct vfork_wait *wait)
{
	struct task *self = task_current();
	waiter_begin(&self->waiter);
	while (!vfork_is_over(wait)) {
		/* the child has its memory, or ends soon: no signal cuts this short but an end */
		(void)waiter_sleep(&self->waiter, 0);
		waiter_begin(&self->waiter);
	}
}

enum status process_fork(const struct task_copy *copy, uint64_t *out_pid)
{
	struct process *self = task_current()->process;
	if (fault_fires(FAULT_PROCESS_SPAWN))
		return ERR_NO_MEMORY;
	TRY(process_may_fork(self));
	AUTO(process_drop) struct process *child = process_new();
	if (!child)
		return ERR_NO_MEMORY;
	TRY(process_copy_space(child, self));
	process_inherit(child, self);
	struct task *task;
	TRY(task_create(child, &copy->frame, &task));
	enum status status = handle_table_copy(&child->ipc.handles, &self->ipc.handles);
	if (status != OK) {
		ipc_process_exit(&child->ipc);
		task_destroy(task);
		return status;
	}
	task_inherit(task, copy);
	task->signal_stack = task_current()->signal_stack;
	task->signal_stack_bytes = task_current()->signal_stack_bytes;
	struct vfork_wait wait = {.waiter = &task_current()->waiter, .child = child};
	child->vfork_wait = copy->waits ? &wait : NULL;
	process_publish(child, task);
	*out_pid = child->pid;
	process_write_tid(child, copy->tid_out, child->pid);
	task_write_tid(copy->parent_tid_out, child->pid);
	child = NULL; /* now the task's */
	task_start(task);
	if (copy->waits)
		process_wait_vfork(&wait);
	return OK;
}

/* ---- of another process ---- */

/*
 * What the copy's task has of the one that waits. The state of its arithmetic is in the CPU on
 * which it runs perhaps still, so the copy begins with that of a new program.
 */
static enum status task_inherit_from(struct task *task, struct process *source,
                                     const struct process_thread *which,
                                     const struct task_copy *copy)
{
	spinlock_acquire(&source->lock);
	const struct task *from = task_find(source, which->tid);
	bool waits = from && from->thread->id == which->thread;
	if (waits) {
		task->thread->fpu->fs_base = copy->has_tls ? copy->tls : from->thread->fpu->fs_base;
		task->blocked = from->blocked;
		task->priority = from->priority;
		task->signal_stack = from->signal_stack;
		task->signal_stack_bytes = from->signal_stack_bytes;
		task->clear_tid = copy->clear_tid;
		thread_inherit(task->thread, from->thread);
	}
	spinlock_release(&source->lock);
	return waits ? OK : ERR_NO_PROCESS;
}

/* Everything of the copy but its memory. */
static enum status process_copy_rest(struct process *child, struct process *source,
                                     const struct process_thread *which,
                                     const struct task_copy *copy, struct task **out_task)
{
	struct task *task;
	process_inherit(child, source);
	TRY(task_create(child, &copy->frame, &task));
	enum status status = task_inherit_from(task, source, which, copy);
	if (status == OK)
		status = handle_table_copy(&child->ipc.handles, &source->ipc.handles);
	if (status == OK)
		status = process_publish_for(source->pid, child, task);
	if (status != OK) {
		ipc_process_exit(&child->ipc);
		task_destroy(task);
		return status;
	}
	*out_task = task;
	return OK;
}

enum status process_fork_other(const struct process_thread *which, const struct task_copy *copy,
                               uint64_t *out_pid)
{
	AUTO(process_let_go) struct process *source = NULL;
	struct task *task;
	if (fault_fires(FAULT_PROCESS_SPAWN))
		return ERR_NO_MEMORY;
	TRY(process_hold(which->pid, &source));
	TRY(process_may_fork(source));
	AUTO(process_drop) struct process *child = process_new();
	if (!child)
		return ERR_NO_MEMORY;
	TRY(process_copy_space(child, source));
	TRY(process_copy_rest(child, source, which, copy, &task));
	*out_pid = child->pid;
	process_write_tid(child, copy->tid_out, child->pid);
	process_write_tid(source, copy->parent_tid_out, child->pid);
	child = NULL; /* now the task's */
	task_start(task);
	return OK;
}
