/* Another program in place of the running one. */
#include "core/api.h"
#include "ps/process.h"
#include "ps/script.h"
#include <base/cleanup.h>

/* The calling task is the only one left. ERR_INTERRUPTED: the process ends, or another one is
 * first.
 */
static enum status exec_end_others(struct task *self)
{
	struct process *process = self->process;
	spinlock_acquire(&process->lock);
	bool is_late = process->exiting || process->exec_task;
	if (!is_late) {
		__atomic_store_n(&process->exec_task, self, __ATOMIC_RELEASE);
		process->alone_waiter = &self->waiter;
		list_for_each(link, &process->tasks) {
			struct task *task = container_of(link, struct task, link);
			if (task != self)
				task_kick(task);
		}
	}
	spinlock_release(&process->lock);
	if (is_late)
		return ERR_INTERRUPTED;
	for (;;) {
		waiter_begin(&self->waiter);
		spinlock_acquire(&process->lock);
		bool alone = process->task_count == 1;
		if (alone)
			process->alone_waiter = NULL;
		spinlock_release(&process->lock);
		if (alone)
			return OK;
		(void)waiter_sleep(&self->waiter, 0);
	}
}

/* Handlers point into the old program. */
static void exec_reset_signals(struct task *self)
{
	struct process *process = self->process;
	spinlock_acquire(&process->lock);
	for (size_t i = 0; i < SIGNAL_MAX; i++) {
		struct signal_action *action = &process->handlers.actions[i];
		uintptr_t handler =
		        action->handler == SIGNAL_IGNORE ? SIGNAL_IGNORE : SIGNAL_DEFAULT;
		*action = (struct signal_action){.handler = handler};
	}
	__atomic_store_n(&process->exec_task, NULL, __ATOMIC_RELEASE);
	spinlock_release(&process->lock);
	self->signal_stack = 0;
	self->signal_stack_bytes = 0;
}

static void exec_replace_space(struct task *self, struct vm_space *space,
                               const struct program *program)
{
	struct process *process = self->process;
	struct vm_space *old = process->space;
	thread_leave_space();
	spinlock_acquire(process_table_lock());
	process->space = space;
	spinlock_release(process_table_lock());
	process->ipc.space = vm_space_tables(space);
	process_memory_init(&process->memory, program->image_end);
	thread_current()->space = vm_space_tables(space);
	address_space_activate(vm_space_tables(space));
	vm_space_destroy(old);
}

static enum status exec_load(const struct process_request *request, struct vm_space **out_space,
                             struct program *out_program)
{
	struct memory_account *account;
	struct vm_space *space;
	TRY(process_new_account(&account));
	enum status status = vm_space_create(account, &space);
	memory_account_unref(account);
	TRY(status);
	status = program_load(space, process_setup(), request, out_program);
	if (status != OK)
		vm_space_destroy(space);
	else
		*out_space = space;
	return status;
}

static enum status exec_opened(const struct process_request *request, struct trap_frame *out_frame)
{
	struct task *self = task_current();
	struct program program;
	struct vm_space *space;
	TRY(exec_load(request, &space, &program));
	enum status status = exec_end_others(self);
	if (status != OK) {
		vm_space_destroy(space);
		return status;
	}
	futex_task_exit(self);
	self->robust_list = 0;
	/* the program goes on under its process's number */
	self->tid = self->process->pid;
	exec_replace_space(self, space, &program);
	exec_reset_signals(self);
	process_timers_end(self->process);
	handle_table_close_marked(&self->process->ipc.handles, HANDLE_CLOSE_ON_EXEC);
	spinlock_acquire(process_table_lock());
	process_set_program(self->process, request->path, &program);
	process_keep_arguments(self->process, request);
	family_release_vfork(self->process);
	spinlock_release(process_table_lock());
	fpu_state_init(thread_current()->fpu);
	fpu_state_load(thread_current()->fpu);
	places_set_program(self->process, file_ref(request->program));
	*out_frame = trap_frame_start(program.entry, program.stack_pointer);
	return OK;
}

enum status process_exec(const struct process_request *request, struct trap_frame *out_frame)
{
	struct program_opened *opened;
	TRY(program_open(request, &opened));
	enum status status = exec_opened(&opened->request, out_frame);
	program_close(opened);
	return status;
}
