/* The table of processes: from a program in the boot archive to the exit event. */
#include "ps/process.h"
#include "core/api.h"
#include "ps/futex.h"
#include "ps/script.h"
#include <string.h>

struct process_table {
	struct process_setup setup; /* set at start, then constant */

	struct spinlock lock;
	/* guarded by lock */
	struct list living; /* struct process, oldest first */
	size_t living_count;
	uint64_t last_pid; /* of processes and threads; atomic */
	uint64_t ended_run_ns; /* of processes that are gone */
};

static struct process_table process_table = {.lock = SPINLOCK_INIT(LOCK_PROCESS)};

void ps_init(const struct process_setup *setup)
{
	process_table = (struct process_table){.setup = *setup};
	list_init(&process_table.living);
	events_init();
	futexes_init();
}

struct spinlock *process_table_lock(void)
{
	return &process_table.lock;
}

const struct process_setup *process_setup(void)
{
	return &process_table.setup;
}

size_t process_living_count(void)
{
	return process_table.living_count;
}

struct process *process_next_living(const struct process *process)
{
	struct list *next = process ? process->link.next : process_table.living.next;
	return next == &process_table.living ? NULL : container_of(next, struct process, link);
}

/* By pid, though one that took long to make comes behind younger ones. The table is locked. */
static void process_insert(struct process *process)
{
	struct list *before = process_table.living.prev;
	while (before != &process_table.living &&
	       container_of(before, struct process, link)->pid > process->pid)
		before = before->prev;
	list_insert_after(before, &process->link);
}

struct process *process_find(uint64_t pid)
{
	for (struct process *each = process_next_living(NULL); each;
	     each = process_next_living(each))
		if (each->pid == pid)
			return each;
	return NULL;
}

uint64_t process_new_pid(void)
{
	return __atomic_add_fetch(&process_table.last_pid, 1, __ATOMIC_RELAXED);
}

struct process *process_current(void)
{
	const struct task *task = task_current();
	return task ? task->process : NULL;
}

uint64_t process_id(const struct process *process)
{
	return process->pid;
}

uint64_t process_parent_id(const struct process *process)
{
	spinlock_acquire(&process_table.lock);
	uint64_t pid = process->parent ? process->parent->pid : 0;
	spinlock_release(&process_table.lock);
	return pid;
}

struct str process_name(const struct process *process)
{
	return str_from_c(process->name);
}

struct ipc_process *process_ipc(struct process *process)
{
	return &process->ipc;
}

uint32_t process_umask(void)
{
	return __atomic_load_n(&process_current()->identity.umask, __ATOMIC_RELAXED);
}

uint32_t process_set_umask(uint32_t umask)
{
	return __atomic_exchange_n(&process_current()->identity.umask, umask, __ATOMIC_RELAXED);
}

bool process_has_capability(unsigned bit)
{
	const struct process *self = process_current();
	if (!self)
		return false;
	uint64_t held = __atomic_load_n(&self->ipc.capabilities, __ATOMIC_RELAXED);
	if (bit < 64 && (held >> bit & 1))
		return true;
	audit_append(AUDIT_CAPABILITY_REFUSED, self->pid, bit, ERR_ACCESS_DENIED);
	return false;
}

void process_name_from_path(struct process *process, struct str path)
{
	struct str name = str_contains(path, '/') ? str_cut_last(path, '/').rest : path;
	size_t len = name.len < PROCESS_NAME_MAX ? name.len : PROCESS_NAME_MAX - 1;
	memset(process->name, 0, sizeof process->name);
	memcpy(process->name, name.ptr, len);
}

void process_set_program(struct process *process, struct str path, const struct program *program)
{
	size_t len = path.len < sizeof process->path ? path.len : sizeof process->path - 1;
	process_name_from_path(process, path);
	memset(process->path, 0, sizeof process->path);
	memcpy(process->path, path.ptr, len);
	process->image_bias = program->image_bias;
}

void process_keep_arguments(struct process *process, const struct process_request *request)
{
	size_t used = 0;
	for (size_t i = 0; i < request->argument_count && used < PROCESS_ARGUMENTS_KEPT; i++) {
		const struct str *argument = &request->arguments[i];
		size_t room = PROCESS_ARGUMENTS_KEPT - 1 - used;
		size_t len = argument->len < room ? argument->len : room;
		memcpy(process->arguments + used, argument->ptr, len);
		process->arguments[used + len] = '\0';
		used += len + 1;
	}
	process->arguments_len = (uint16_t)used;
}

uint64_t process_ended_run_ns(void)
{
	return process_table.ended_run_ns;
}

uint64_t process_last_pid(void)
{
	return __atomic_load_n(&process_table.last_pid, __ATOMIC_RELAXED);
}

size_t process_path(char *out, size_t capacity)
{
	spinlock_acquire(&process_table.lock);
	struct str path = str_from_c(task_current()->process->path);
	size_t len = path.len < capacity ? path.len : capacity;
	memcpy(out, path.ptr, len);
	spinlock_release(&process_table.lock);
	return len;
}

void process_rename(struct str name)
{
	spinlock_acquire(&process_table.lock);
	process_name_from_path(process_current(), name);
	spinlock_release(&process_table.lock);
}

void process_destroy(struct process *process)
{
	if (!process)
		return;
	places_release(process);
	vm_space_destroy(process->space);
	signals_free(&process->signals);
	heap_free(process, sizeof *process);
}

static void process_release(struct process **process)
{
	process_destroy(*process);
}

struct process *process_new(void)
{
	struct process *process = HEAP_NEW(struct process);
	if (!process)
		return NULL;
	process->pid = process_new_pid();
	list_init(&process->link);
	list_init(&process->tasks);
	list_init(&process->children);
	list_init(&process->siblings);
	readiness_init(&process->changes, 0);
	signal_queue_init(&process->signals);
	process_alarm_init(process);
	process->handlers.version = PROCESS_SLOT_VERSION;
	process->start_ns = clock_ns();
	process->identity = (struct process_identity_slot){PROCESS_SLOT_VERSION, 022};
	return process;
}

void process_publish(struct process *process, struct task *task)
{
	struct process *parent = process_current();
	list_push_back(&process->tasks, &task->link);
	process->task_count = 1;
	process->ipc.pid = task->tid = process->pid;
	process->spawner_pid = parent ? parent->pid : 0;
	spinlock_acquire(&process_table.lock);
	process_insert(process);
	process_table.living_count++;
	family_add_child(parent, process);
	spinlock_release(&process_table.lock);
}

/* Descriptors 0, 1 and 2. */
static enum status process_open_console(struct process *process)
{
	struct file *console;
	if (!process_table.setup.open_console)
		return OK;
	TRY(process_table.setup.open_console(process->console_session ? process->pid : 0,
	                                     &console));
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

/*
 * What one process may hold: all but an eighth, so that one that takes whatever it gets leaves
 * enough to look at the machine and end it.
 */
enum status process_new_account(struct memory_account **out_account)
{
	uint64_t frames = frames_total();
	return memory_account_create((frames - frames / 8) * PAGE_SIZE, out_account);
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

static enum status process_prepare(struct process *process, const struct process_request *request,
                                   struct task **out_task)
{
	struct program program;
	TRY(program_load(process->space, &process_table.setup, request, &program));
	process_set_program(process, request->path, &program);
	places_set_program(process, request->program ? file_ref(request->program) : NULL);
	process_keep_arguments(process, request);
	process_memory_init(&process->memory, program.image_end);
	struct trap_frame start = trap_frame_start(program.entry, program.stack_pointer);
	struct task *task;
	TRY(task_create(process, &start, &task));
	const struct ipc_grant grant = {
	        .space = vm_space_tables(process->space),
	        .capabilities = request->capabilities,
	        .may_register = request->may_register,
	        .may_look_up = request->may_look_up,
	};
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

static enum status process_spawn_opened(const struct process_request *request, uint64_t *out_pid)
{
	AUTO(process_release) struct process *process = process_new();
	if (!process)
		return ERR_NO_MEMORY;
	process->is_spawned = true;
	process->flags = request->flags;
	process->console_session = request->console_session;
	process->weight_micros = request->weight_micros;
	TRY(process_create_space(process));
	struct task *task;
	TRY(process_prepare(process, request, &task));
	process_publish(process, task);
	*out_pid = process->pid;
	LOG_INFO(LOG_PROCESS, "process started pid=%lu parent=%lu path=%.*s", process->pid,
	         process->spawner_pid, STR_ARG(request->path));
	process = NULL; /* now the task's */
	task_start(task);
	return OK;
}

enum status process_spawn(const struct process_request *request, uint64_t *out_pid)
{
	struct program_opened *opened;
	/* as if there were no memory for one more */
	if (fault_fires(FAULT_PROCESS_SPAWN))
		return ERR_NO_MEMORY;
	if (request->image.len || !str_starts_with(request->path, STR("/")))
		return process_spawn_opened(request, out_pid);
	TRY(program_open(request, &opened));
	opened->request.is_lazy = true;
	enum status status = process_spawn_opened(&opened->request, out_pid);
	program_close(opened);
	return status;
}

void process_begin_exit(struct process *process, int32_t code, uint32_t signal)
{
	if (process->exiting)
		return;
	process->exit_code = code;
	process->exit_signal = signal;
	__atomic_store_n(&process->exiting, true, __ATOMIC_RELEASE);
	list_for_each(link, &process->tasks)
		task_kick(container_of(link, struct task, link));
}

static void process_end(int32_t code, uint32_t signal)
{
	struct process *self = task_current()->process;
	spinlock_acquire(&self->lock);
	process_begin_exit(self, code, signal);
	spinlock_release(&self->lock);
}

void process_exit(int32_t status)
{
	process_end(status, 0);
	task_exit();
}

void process_exit_by_signal(uint32_t signal)
{
	process_end(0, signal);
	task_exit();
}

int32_t process_event_status(const struct process *process)
{
	enum { EVENT_STATUS_SIGNAL = 128 };
	return process->exit_signal ? EVENT_STATUS_SIGNAL + (int32_t)process->exit_signal
	                            : process->exit_code;
}

/* Frees the first process and the events that it did not take: nobody will look at them. */
[[gnu::noreturn]] static void process_end_first(struct process *self)
{
	struct process_event unread;
	int32_t status = process_event_status(self);
	spinlock_acquire(&process_table.lock);
	while (events_take(&unread, 1))
		;
	while (!list_empty(&self->children))
		list_remove(self->children.next);
	list_remove(&self->link);
	process_table.living_count--;
	spinlock_release(&process_table.lock);
	process_destroy(self);
	process_table.setup.first_process_exited(status);
}

void process_finish(struct process *self)
{
	int32_t status = process_event_status(self);
	/* a shell makes copies all the time, and who wants to know waits for them */
	if (self->is_spawned)
		LOG_INFO(LOG_PROCESS, "process exited pid=%lu name=%s status=%d", self->pid,
		         self->name, status);
	else
		LOG_DEBUG(LOG_PROCESS, "copy exited pid=%lu name=%s status=%d", self->pid,
		          self->name, status);
	process_alarm_stop(self);
	places_drop_locks(self);
	ipc_process_exit(&self->ipc);
	places_release(self);
	spinlock_acquire(&process_table.lock);
	struct vm_space *space = self->space;
	self->space = NULL;
	spinlock_release(&process_table.lock);
	vm_space_destroy(space);
	signals_free(&self->signals);
	if (self->spawner_pid == 0)
		process_end_first(self);

	if (self->groups.session == self->pid && process_table.setup.session_ended)
		process_table.setup.session_ended(self->pid);

	/* whoever takes the event frees the process, on another CPU perhaps at once */
	thread_current()->owner = NULL;
	spinlock_acquire(&process_table.lock);
	list_remove(&self->link);
	process_table.living_count--;
	process_table.ended_run_ns += self->ended_run_ns;
	family_leave(self);
	events_add_exit(self);
	spinlock_release(&process_table.lock);
}
