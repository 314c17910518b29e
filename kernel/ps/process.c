#include "ps/process.h"
#include "core/api.h"
#include <string.h>

struct process_table {
	struct process_setup setup; /* set at start, then constant */

	struct spinlock lock;
	/* guarded by lock */
	struct list living; /* struct process, oldest first */
	struct list exited; /* exit events not taken yet, oldest first */
	uint64_t registered; /* bit per service id: registered, and the event not taken yet */
	uint64_t registered_by[IPC_SERVICE_ID_MAX + 1]; /* pid */
	struct wait_queue event_waiters;
	size_t living_count;
	uint64_t last_pid;
};

static struct process_table process_table = {.lock = SPINLOCK_INIT(LOCK_PROCESS)};

void ps_init(const struct process_setup *setup)
{
	process_table = (struct process_table){.setup = *setup};
	list_init(&process_table.living);
	list_init(&process_table.exited);
	wait_queue_init(&process_table.event_waiters);
}

struct process *process_current(void)
{
	return thread_current()->owner;
}

uint64_t process_id(const struct process *process)
{
	return process->pid;
}

struct str process_name(const struct process *process)
{
	return str_from_c(process->name);
}

struct ipc_process *process_ipc(struct process *process)
{
	return &process->ipc;
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

static void process_set_name(struct process *process, struct str path)
{
	struct str name = str_contains(path, '/') ? str_cut_last(path, '/').rest : path;
	size_t len = name.len < PROCESS_NAME_MAX ? name.len : PROCESS_NAME_MAX - 1;
	memcpy(process->name, name.ptr, len);
}

/* First code of a process's thread; the frame below is gone at the first system call. */
static void process_main(void *argument)
{
	const struct process *process = argument;
	user_enter(process->program.entry, process->program.stack_pointer);
}

/* Accepts NULL; one that no thread runs. */
static void process_destroy(struct process *process)
{
	if (!process)
		return;
	vm_space_destroy(process->space);
	heap_free(process, sizeof *process);
}

static void process_release(struct process **process)
{
	process_destroy(*process);
}

static void process_publish(struct process *process)
{
	spinlock_acquire(&process_table.lock);
	process->pid = process->ipc.pid = ++process_table.last_pid;
	list_push_back(&process_table.living, &process->link);
	process_table.living_count++;
	spinlock_release(&process_table.lock);
}

/*
 * What one process may hold: all but an eighth, so that one that takes whatever it gets leaves
 * enough to look at the machine and end it.
 */
static uint64_t process_memory_limit(void)
{
	uint64_t frames = frame_statistics().total_frames;
	return (frames - frames / 8) * PAGE_SIZE;
}

static struct process *process_new(const struct process_request *request)
{
	struct process *process = HEAP_NEW(struct process);
	if (!process)
		return NULL;
	const struct process *parent = process_current();
	process->parent_pid = parent ? parent->pid : 0;
	process->flags = request->flags;
	process->console_session = request->console_session;
	process->weight_micros = request->weight_micros;
	list_init(&process->link);
	process_set_name(process, request->path);
	return process;
}

/* The space keeps the account, which lives as long as anything is charged to it. */
static enum status process_create_space(struct process *process)
{
	struct memory_account *account;
	TRY(memory_account_create(process_memory_limit(), &account));
	enum status status = vm_space_create(account, &process->space);
	memory_account_unref(account);
	return status;
}

enum status process_spawn(const struct process_request *request, uint64_t *out_pid)
{
	/* as if there were no memory for one more */
	if (fault_fires(FAULT_PROCESS_SPAWN))
		return ERR_NO_MEMORY;
	AUTO(process_release) struct process *process = process_new(request);
	if (!process)
		return ERR_NO_MEMORY;
	TRY(process_create_space(process));
	TRY(program_load(process->space, &process_table.setup, request, &process->program));
	const struct ipc_grant grant = {
	        .space = vm_space_tables(process->space),
	        .capabilities = request->capabilities,
	        .may_register = request->may_register,
	        .may_look_up = request->may_look_up,
	};
	ipc_process_init(&process->ipc, &grant);

	struct thread_request thread_request = {
	        .entry = process_main,
	        .argument = process,
	        .owner = process,
	        .space = vm_space_tables(process->space),
	        .uses_fpu = true,
	        .weight_micros = request->weight_micros,
	};
	struct thread *thread;
	TRY(thread_create(&thread_request, &thread));
	process_publish(process);
	*out_pid = process->pid;
	LOG_INFO(LOG_PROCESS, "process started pid=%lu parent=%lu path=%.*s", process->pid,
	         process->parent_pid, STR_ARG(request->path));
	process = NULL; /* now the thread's */
	thread_start(thread);
	return OK;
}

static size_t process_pop_events(struct process_event *out_events, size_t capacity);

/* Frees the first process and the events that it did not take: nobody will look at them. */
[[gnu::noreturn]] static void process_end_first(struct process *self)
{
	struct process_event unread;
	int32_t status = self->exit_status;
	spinlock_acquire(&process_table.lock);
	while (process_pop_events(&unread, 1))
		;
	list_remove(&self->link);
	process_table.living_count--;
	spinlock_release(&process_table.lock);
	thread_current()->owner = NULL;
	process_destroy(self);
	process_table.setup.first_process_exited(status);
}

void process_exit(int32_t status)
{
	struct process *self = process_current();
	LOG_INFO(LOG_PROCESS, "process exited pid=%lu name=%s status=%d", self->pid, self->name,
	         status);
	ipc_thread_exit();
	ipc_process_exit(&self->ipc);
	thread_leave_space();
	vm_space_destroy(self->space);
	self->space = NULL;
	self->exit_status = status;
	if (self->parent_pid == 0)
		process_end_first(self);

	/* whoever takes the event frees the process, on another CPU perhaps at once */
	thread_current()->owner = NULL;
	spinlock_acquire(&process_table.lock);
	list_remove(&self->link);
	list_push_back(&process_table.exited, &self->link);
	process_table.living_count--;
	/* also whom nobody can wake any more must look again */
	wait_queue_wake_all(&process_table.event_waiters);
	spinlock_release(&process_table.lock);
	thread_exit();
}

void process_service_registered(uint64_t service_id, uint64_t pid)
{
	spinlock_acquire(&process_table.lock);
	process_table.registered |= 1ULL << service_id;
	process_table.registered_by[service_id] = pid;
	wait_queue_wake_all(&process_table.event_waiters);
	spinlock_release(&process_table.lock);
}

/* Services first: who registered one and is gone already did both in this order. */
static size_t process_pop_events(struct process_event *out_events, size_t capacity)
{
	size_t count = 0;
	for (; process_table.registered && count < capacity; count++) {
		unsigned id = (unsigned)__builtin_ctzll(process_table.registered);
		process_table.registered &= process_table.registered - 1;
		out_events[count] = (struct process_event){
		        .event = LIFECYCLE_EVENT_SERVICE,
		        .pid = process_table.registered_by[id],
		        .status = (int32_t)id,
		};
	}
	while (count < capacity) {
		struct list *first = list_pop_front(&process_table.exited);
		if (!first)
			break;
		struct process *process = container_of(first, struct process, link);
		out_events[count++] = (struct process_event){
		        .event = LIFECYCLE_EVENT_EXIT,
		        .pid = process->pid,
		        .parent_pid = process->parent_pid,
		        .status = process->exit_status,
		};
		process_destroy(process);
	}
	return count;
}

enum status process_take_events(struct process_event *out_events, size_t capacity, bool wait,
                                size_t *out_count)
{
	enum status status = OK;
	spinlock_acquire(&process_table.lock);
	while (wait && list_empty(&process_table.exited) && !process_table.registered) {
		/* the caller itself lives */
		if (process_table.living_count <= 1) {
			status = ERR_NO_CHILD;
			break;
		}
		wait_queue_sleep(&process_table.event_waiters, &process_table.lock);
	}
	if (status == OK)
		*out_count = process_pop_events(out_events, capacity);
	spinlock_release(&process_table.lock);
	return status;
}
