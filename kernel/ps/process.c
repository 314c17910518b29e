/* The table of processes: from a program in the boot archive to the exit event. */
#include "ps/process.h"
#include "core/api.h"
#include "ps/futex/futex.h"
#include <string.h>

struct process_table {
	struct process_setup setup; /* set at start, then constant */

	struct spinlock lock;
	/* guarded by lock */
	struct list living; /* struct process, oldest first */
	size_t living_count;
	uint64_t last_pid; /* of processes and threads; atomic */
	struct thread_time ended_time; /* of processes that are gone */

	uint64_t made; /* atomic; and not freed: those that nobody has waited for, too */
};

static struct process_table process_table;

void ps_init(const struct process_setup *setup)
{
	process_table = (struct process_table){
	        .setup = *setup,
	        .lock = SPINLOCK_INIT(LOCK_PROCESS),
	};
	list_init(&process_table.living);
	events_init();
	tickets_init();
	futexes_init();
	out_of_memory_init();
}

struct spinlock *process_table_lock(void)
{
	return &process_table.lock;
}

const struct process_setup *process_setup(void)
{
	return &process_table.setup;
}

bool process_has_room(void)
{
	enum { FRAMES_PART = 8 };
	uint64_t frames_each = (sizeof(struct process) + PAGE_SIZE - 1) / PAGE_SIZE;
	uint64_t made = __atomic_load_n(&process_table.made, __ATOMIC_RELAXED);
	return made * frames_each < frames_total() / FRAMES_PART;
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

struct thread_time process_ended_time(void)
{
	return process_table.ended_time;
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

void process_destroy(struct process *process)
{
	if (!process)
		return;
	places_release(process);
	vm_space_destroy(process->space);
	signals_free(&process->signals);
	heap_free(process, sizeof *process);
	__atomic_sub_fetch(&process_table.made, 1, __ATOMIC_RELAXED);
}

struct process *process_new(void)
{
	struct process *process = HEAP_NEW(struct process);
	if (!process)
		return NULL;
	__atomic_add_fetch(&process_table.made, 1, __ATOMIC_RELAXED);
	process->pid = process_new_pid();
	spinlock_set_rank(&process->lock, LOCK_TASKS);
	list_init(&process->link);
	list_init(&process->tasks);
	list_init(&process->children);
	list_init(&process->siblings);
	readiness_init(&process->changes, 0);
	signal_queue_init(&process->signals);
	process_alarm_init(process);
	list_init(&process->timers);
	list_init(&process->signal_files);
	process->handlers.version = PROCESS_SLOT_VERSION;
	process->start_ns = clock_ns();
	slots_begin(process);
	return process;
}

/* The table's lock is held. */
static void process_publish_below(struct process *parent, struct process *process,
                                  struct task *task)
{
	list_push_back(&process->tasks, &task->link);
	process->task_count = 1;
	process->ipc.pid = task->tid = process->pid;
	process->spawner_pid = parent ? parent->pid : 0;
	/* see task_is_interrupted */
	task->thread->is_watchful = !parent;
	process_insert(process);
	process_table.living_count++;
	family_add_child(parent, process);
}

void process_publish(struct process *process, struct task *task)
{
	spinlock_acquire(&process_table.lock);
	process_publish_below(process_current(), process, task);
	spinlock_release(&process_table.lock);
}

/* Nobody gives what he has not himself. */
static bool process_may_give(const struct process *parent, const struct process *child)
{
	return !(child->ipc.may_register & ~parent->ipc.may_register) &&
	       !(child->ipc.may_look_up & ~parent->ipc.may_look_up) &&
	       !(child->flags & ~parent->flags);
}

enum status process_publish_for(uint64_t parent_pid, struct process *process, struct task *task)
{
	enum status status = OK;
	spinlock_acquire(&process_table.lock);
	struct process *parent = process_find(parent_pid);
	if (!parent)
		status = ERR_NO_PROCESS;
	else if (!process_may_give(parent, process))
		status = ERR_NOT_PERMITTED;
	else
		process_publish_below(parent, process, task);
	spinlock_release(&process_table.lock);
	return status;
}

enum status process_publish_by_ticket(const struct process_request *request,
                                      struct process *process, struct task *task)
{
	enum status status = OK;
	spinlock_acquire(&process_table.lock);
	struct spawn_ticket *ticket = tickets_find(request->ticket, request->ticket_holder);
	struct process *maker = ticket ? process_find(ticket->maker) : NULL;
	if (maker) {
		process_publish_below(maker, process, task);
		ticket->pid = process->pid;
		events_add_start(ticket);
	} else {
		status = ERR_NO_PROCESS;
	}
	spinlock_release(&process_table.lock);
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
	/* it has not ended, it was broken: nobody starts, restarts or ends programs any more */
	if (self->exit_signal)
		PANIC("the first process, %s, has died of signal %u", self->name,
		      self->exit_signal);
	spinlock_acquire(&process_table.lock);
	while (events_take(&unread, 1))
		;
	tickets_drop();
	while (!list_empty(&self->children)) {
		struct process *child = container_of(self->children.next, struct process, siblings);
		child->parent = NULL;
		list_remove(&child->siblings);
	}
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
	process_refuse_copies(self);
	process_alarm_stop(self);
	process_timers_end(self);
	signal_files_leave(self);
	places_drop_locks(self);
	ipc_process_exit(&self->ipc);
	places_release(self);
	spinlock_acquire(&process_table.lock);
	struct vm_space *space = self->space;
	self->space = NULL;
	spinlock_release(&process_table.lock);
	vm_space_destroy(space);
	memory_was_freed();
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
	process_time_add(&process_table.ended_time, self->ended_time);
	family_leave(self);
	events_add_exit(self);
	spinlock_release(&process_table.lock);
}
