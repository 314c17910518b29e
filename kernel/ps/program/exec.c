/* Another program in place of the running one. */
#include "core/api.h"
#include "ps/process.h"
#include "ps/program/loader.h"
#include <abi/vfs.h>
#include <base/cleanup.h>
#include <string.h>

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
	process->listened_signals = process->heard_signals = 0;
	__atomic_store_n(&process->exec_task, NULL, __ATOMIC_RELEASE);
	spinlock_release(&process->lock);
	(void)signal_heard(); /* the new program never asks */
	self->signal_stack = 0;
	self->signal_stack_bytes = 0;
}

/* The image was built under the limit of a new process; its own process's may be lower. */
static void exec_keep_limit(const struct process *process, struct vm_space *space)
{
	struct memory_usage old = memory_account_usage(vm_space_account(process->space));
	memory_account_set_limit(vm_space_account(space), old.limit_bytes);
}

/* ERR_NO_MEMORY: the program is larger than its process may be. */
static enum status exec_check_limit(const struct process *process, struct vm_space *space)
{
	exec_keep_limit(process, space);
	struct memory_usage usage = memory_account_usage(vm_space_account(space));
	return usage.bytes <= usage.limit_bytes ? OK : ERR_NO_MEMORY;
}

/* Destroys the old space; what the process keeps, as what lies in its pipes, goes on to count. */
static void exec_keep_charges(struct vm_space *old, struct vm_space *space)
{
	struct memory_account *former = memory_account_ref(vm_space_account(old));
	thread_move_charge(vm_space_account(space));
	vm_space_destroy(old);
	memory_account_follow(vm_space_account(space), former);
	memory_account_unref(former);
}

static void exec_replace_space(struct task *self, struct vm_space *space,
                               const struct program *program)
{
	struct process *process = self->process;
	struct vm_space *old = process->space;
	/* alone now: nobody lowers it any more */
	exec_keep_limit(process, space);
	process_refuse_copies(process);
	thread_leave_space();
	spinlock_acquire(process_table_lock());
	process->space = space;
	process->texts = program->texts;
	process->has_executed = true;
	spinlock_release(process_table_lock());
	process->ipc.space = vm_space_tables(space);
	process->ipc.space->uses_reserve =
	        process_is_kept(process->flags, process->ipc.may_register);
	process_memory_init(&process->memory, program->image_end);
	thread_current()->space = vm_space_tables(space);
	address_space_activate(vm_space_tables(space));
	process_allow_copies(process);
	exec_keep_charges(old, space);
}

/* Strings of the program that takes over, as scripts change them. */
struct exec_arguments {
	struct process_request request;
	struct str *texts; /* owned; NULL: the request's own */
	size_t text_count;
	char *path; /* owned; as /proc will show it */
	size_t path_size;
};

static enum status exec_put_leading(struct exec_arguments *arguments,
                                    const struct program_built *built)
{
	struct process_request *request = &arguments->request;
	size_t dropped = request->argument_count ? 1 : 0;
	size_t kept = request->argument_count - dropped, count = kept + built->leading_count;
	if (!built->leading_count)
		return OK;
	struct str *texts = heap_alloc(count * sizeof *texts);
	if (!texts)
		return ERR_NO_MEMORY;
	memcpy(texts, built->leading, built->leading_count * sizeof *texts);
	if (kept)
		memcpy(texts + built->leading_count, request->arguments + dropped,
		       kept * sizeof *texts);
	request->arguments = arguments->texts = texts;
	request->argument_count = arguments->text_count = count;
	return OK;
}

static void exec_arguments_drop(struct exec_arguments *arguments)
{
	heap_free(arguments->texts, arguments->text_count * sizeof arguments->texts[0]);
	heap_free(arguments->path, arguments->path_size);
}

static enum status exec_arguments_make(struct exec_arguments *arguments,
                                       const struct program_built *built)
{
	size_t len;
	arguments->path_size =
	        str_starts_with(built->path, STR("/")) ? built->path.len : VFS_PATH_MAX;
	arguments->path = heap_alloc(arguments->path_size);
	if (!arguments->path)
		return ERR_NO_MEMORY;
	TRY(process_setup()->names->whole_path(built->path, arguments->path, arguments->path_size,
	                                       &len));
	arguments->request.path = (struct str){arguments->path, len};
	return exec_put_leading(arguments, built);
}

/* The saved ids are those that the program begins with. */
static void exec_keep_ids(struct process *process, const struct program_built *built)
{
	struct credentials_slot *slot = &process->credentials;
	spinlock_acquire(&process->lock);
	if (built->has_ids) {
		slot->euid = built->euid;
		slot->egid = built->egid;
	}
	slot->suid = slot->fsuid = slot->euid;
	slot->sgid = slot->fsgid = slot->egid;
	spinlock_release(&process->lock);
}

/* Nothing fails any more. */
static void exec_take_over(struct task *self, struct program_built *built,
                           const struct process_request *request, const struct program *program)
{
	futex_task_exit(self);
	self->robust_list = 0;
	/* the program goes on under its process's number */
	self->tid = self->process->pid;
	exec_replace_space(self, TAKE(built->space), program);
	exec_reset_signals(self);
	process_timers_end(self->process);
	handle_table_close_marked(&self->process->ipc.handles, HANDLE_CLOSE_ON_EXEC);
	/* what the thread calls with belongs to the space that is gone */
	ipc_thread_exit();
	spinlock_acquire(process_table_lock());
	process_set_program(self->process, request->path, program);
	family_release_vfork(self->process);
	spinlock_release(process_table_lock());
	fpu_state_init(thread_current()->fpu);
	fpu_state_load(thread_current()->fpu);
	places_set_program(self->process, TAKE(built->program));
	exec_keep_ids(self->process, built);
}

/* Its frame is large, and not to be added to its caller's. */
[[gnu::noinline]] static enum status exec_built(struct program_built *built,
                                                const struct process_request *request,
                                                struct trap_frame *out_frame)
{
	struct exec_arguments arguments = {.request = *request};
	struct program program;
	struct file *running = built->program; /* until it is taken over */
	TRY(file_begin_run(running));
	enum status status = exec_arguments_make(&arguments, built);
	if (status == OK)
		status = exec_check_limit(process_current(), built->space);
	if (status == OK)
		status = program_start(built, process_setup(), &arguments.request, &program);
	if (status == OK)
		status = exec_end_others(task_current());
	if (status == OK) {
		exec_take_over(task_current(), built, &arguments.request, &program);
		*out_frame = trap_frame_start(program.entry, program.stack_pointer);
	} else {
		file_end_run(running);
	}
	exec_arguments_drop(&arguments);
	return status;
}

/* A program of the boot archive that starts itself has no file, but a name. */
static struct str exec_own_path(struct str path, char *room, size_t capacity)
{
	struct file *program = process_program();
	bool is_nameless = !program && str_equal(path, STR("/proc/self/exe"));
	file_unref(program);
	if (!is_nameless)
		return path;
	room[0] = '/';
	return (struct str){room, 1 + process_path(room + 1, capacity - 1)};
}

/* The same. */
[[gnu::noinline]] enum status process_exec(const struct process_request *request,
                                           struct trap_frame *out_frame)
{
	struct program_built *built;
	char own[SPAWN_EXEC_PATH_MAX];
	TRY(loader_build(exec_own_path(request->path, own, sizeof own), &built));
	enum status status = exec_built(built, request, out_frame);
	program_built_destroy(built);
	return status;
}
