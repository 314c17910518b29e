/*
 * Processes that are started: with a program of the boot archive, bytes that were handed over, or
 * an image that loaderd built.
 */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>

static void process_release(struct process **process)
{
	process_destroy(*process);
}

/* Descriptors 0, 1 and 2. */
static enum status process_open_console(struct process *process)
{
	struct file *console;
	const struct process_setup *setup = process_setup();
	if (!setup->open_console)
		return OK;
	TRY(setup->open_console(process->console_session ? process->pid : 0, &console));
	enum status status = OK;
	for (uint32_t i = 0; i < HANDLE_FIRST_NATIVE && status == OK; i++) {
		const struct handle_request request = {
		        .object = &console->object, .rights = RIGHTS_ALL, .first = i};
		int32_t handle;
		status = handle_table_add(&process->ipc.handles, &request, &handle);
	}
	file_unref(console);
	return status;
}

/* The space keeps the account, which lives as long as anything is charged to it. */
static enum status process_create_space(struct process *process)
{
	struct memory_account *account;
	TRY(process_new_account(&account));
	enum status status = vm_space_create(account, &process->space);
	memory_account_unref(account);
	return status;
}

static struct process *process_new_spawned(const struct process_request *request)
{
	struct process *process = process_new();
	if (!process)
		return NULL;
	process->is_spawned = true;
	process->flags = request->flags;
	process->console_session = request->console_session;
	process->weight_micros = request->weight_micros;
	return process;
}

/* Its program is loaded: what else it begins with. */
static enum status process_prepare(struct process *process, const struct process_request *request,
                                   const struct program *program, struct task **out_task)
{
	process_set_program(process, request->path, program);
	process->texts = program->texts;
	process_memory_init(&process->memory, program->image_end);
	struct trap_frame start = trap_frame_start(program->entry, program->stack_pointer);
	struct task *task;
	TRY(task_create(process, &start, &task));
	const struct ipc_grant grant = {
	        .space = vm_space_tables(process->space),
	        .capabilities = request->capabilities,
	        .may_register = request->may_register,
	        .may_look_up = request->may_look_up,
	};
	vm_space_tables(process->space)->uses_reserve =
	        process_is_kept(process->flags, request->may_register);
	ipc_process_init(&process->ipc, &grant);
	enum status status = process_open_console(process);
	if (status != OK) {
		ipc_process_exit(&process->ipc);
		task_destroy(task);
		return status;
	}
	*out_task = task;
	return OK;
}

/* It is known, and the task's from now on. */
static void process_go(struct process *process, struct task *task, uint64_t *out_pid)
{
	*out_pid = process->pid;
	LOG_INFO(LOG_PROCESS, "process started pid=%lu parent=%lu path=%s", process->pid,
	         process->spawner_pid, process->path);
	task_start(task);
}

static enum status process_spawn_bytes(const struct process_request *request, uint64_t *out_pid)
{
	AUTO(process_release) struct process *process = process_new_spawned(request);
	if (!process)
		return ERR_NO_MEMORY;
	struct program program;
	struct task *task;
	TRY(process_create_space(process));
	TRY(program_load(process->space, process_setup(), request, &program));
	TRY(process_prepare(process, request, &program, &task));
	process_publish(process, task);
	process_go(TAKE(process), task, out_pid);
	return OK;
}

enum status process_spawn(const struct process_request *request, uint64_t *out_pid)
{
	/* as if there were no memory for one more */
	if (fault_fires(FAULT_PROCESS_SPAWN))
		return ERR_NO_MEMORY;
	return process_spawn_bytes(request, out_pid);
}

/* built's space is the process's meanwhile, and its own again when this fails. */
static enum status process_spawn_into(struct process *process, struct program_built *built,
                                      const struct process_request *request, uint64_t parent,
                                      struct task **out_task)
{
	struct program program;
	struct task *task;
	TRY(program_start(built, process_setup(), request, &program));
	TRY(process_prepare(process, request, &program, &task));
	enum status status = request->ticket ? process_publish_by_ticket(request, process, task)
	                                     : process_publish_for(parent, process, task);
	if (status == OK) {
		*out_task = task;
		return OK;
	}
	ipc_process_exit(&process->ipc);
	task_destroy(task);
	return status;
}

enum status process_spawn_built(struct program_built *built, const struct process_request *request,
                                uint64_t parent, uint64_t *out_pid)
{
	struct task *task;
	if (fault_fires(FAULT_PROCESS_SPAWN))
		return ERR_NO_MEMORY;
	AUTO(process_release) struct process *process = process_new_spawned(request);
	if (!process)
		return ERR_NO_MEMORY;
	process->space = built->space;
	struct file *running = built->program;
	enum status status = file_begin_run(running);
	if (status == OK) {
		status = process_spawn_into(process, built, request, parent, &task);
		if (status != OK)
			file_end_run(running);
	}
	if (status != OK) {
		process->space = NULL;
		return status;
	}
	built->space = NULL;
	places_set_program(process, TAKE(built->program));
	process_go(TAKE(process), task, out_pid);
	program_built_destroy(built);
	return OK;
}
