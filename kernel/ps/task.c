#include "ps/process.h"
#include <string.h>

struct task *task_current(void)
{
	return thread_current()->owner;
}

uint64_t task_id(const struct task *task)
{
	return task->tid;
}

void task_rename(const char name[TASK_NAME_MAX])
{
	struct task *self = task_current();
	bool is_first = self->tid == self->process->pid;
	char *out = is_first ? self->process->name : self->name;
	spinlock_acquire(process_table_lock());
	memcpy(out, name, TASK_NAME_MAX - 1);
	out[TASK_NAME_MAX - 1] = '\0';
	spinlock_release(process_table_lock());
}

void task_name(char out[TASK_NAME_MAX])
{
	const struct task *self = task_current();
	memcpy(out, self->name[0] ? self->name : self->process->name, TASK_NAME_MAX - 1);
	out[TASK_NAME_MAX - 1] = '\0';
}

bool task_is_interrupted(void)
{
	struct task *self = task_current();
	/* to the first process, what happens to others is what signals are to others */
	return task_has_work(self) || (self->process->spawner_pid == 0 && events_pending());
}

bool task_is_told(void)
{
	return task_is_interrupted() ||
	       __atomic_load_n(&task_current()->heard_signals, __ATOMIC_ACQUIRE);
}

bool task_is_ending(void)
{
	struct task *self = task_current();
	const struct task *alone = __atomic_load_n(&self->process->exec_task, __ATOMIC_ACQUIRE);
	return __atomic_load_n(&self->process->exiting, __ATOMIC_ACQUIRE) ||
	       (alone && alone != self);
}

enum status task_sleep(uint64_t deadline_ns)
{
	struct task *self = task_current();
	if (task_has_work(self))
		return ERR_INTERRUPTED;
	return waiter_sleep(&self->waiter, deadline_ns) ? OK : ERR_TIMED_OUT;
}

enum status task_wait(struct readiness *readiness, uint32_t events, uint64_t deadline_ns)
{
	struct task *self = task_current();
	struct waiter_watch watch;
	enum status status = OK;
	waiter_watch_init(&watch, &self->waiter, events);
	waiter_begin(&self->waiter);
	if (!(readiness_watch(readiness, &watch.watch) & events)) {
		status = task_sleep(deadline_ns);
		if (status == OK && !(readiness_word(readiness) & events) && task_has_work(self))
			status = ERR_INTERRUPTED;
	}
	readiness_unwatch(readiness, &watch.watch);
	return status;
}

enum status task_wait_told(struct readiness *readiness, struct sleep_lock *lock)
{
	struct task *self = task_current();
	struct waiter_watch watch;
	waiter_watch_init(&watch, &self->waiter, READY_IN);
	waiter_begin(&self->waiter);
	(void)readiness_watch(readiness, &watch.watch);
	sleep_lock_release(lock);
	enum status status = task_sleep(0);
	if (status == OK && task_has_work(self))
		status = ERR_INTERRUPTED;
	readiness_unwatch(readiness, &watch.watch);
	return status;
}

/* First code of a task's thread; this frame is gone at the first entry from ring 3. */
static void task_main(void *argument)
{
	const struct task *self = argument;
	struct trap_frame frame = self->start;
	off_time_end();
	user_resume(&frame);
}

enum status task_create(struct process *process, const struct trap_frame *start,
                        struct task **out_task)
{
	struct task *task = HEAP_NEW(struct task);
	if (!task)
		return ERR_NO_MEMORY;
	*task = (struct task){.process = process, .start = *start};
	list_init(&task->link);
	waiter_init(&task->waiter);
	signal_queue_init(&task->signals);
	const struct thread_request request = {
	        .entry = task_main,
	        .argument = task,
	        .owner = task,
	        .space = vm_space_tables(process->space),
	        .uses_fpu = true,
	        .account = vm_space_account(process->space),
	        .weight_micros = __atomic_load_n(&process->weight_micros, __ATOMIC_RELAXED),
	};
	enum status status = thread_create(&request, &task->thread);
	if (status != OK) {
		heap_free(task, sizeof *task);
		return status;
	}
	task->thread->is_watchful = process->spawner_pid == 0;
	*out_task = task;
	return OK;
}

void task_destroy(struct task *task)
{
	if (!task)
		return;
	thread_destroy(task->thread);
	heap_free(task, sizeof *task);
}

struct task *task_find(const struct process *process, uint64_t tid)
{
	list_for_each(link, &process->tasks) {
		struct task *task = container_of(link, struct task, link);
		if (task->tid == tid)
			return task;
	}
	return NULL;
}

void task_start(struct task *task)
{
	thread_start(task->thread);
}

void task_kick(struct task *task)
{
	task_set_work(task, true);
	waiter_wake(&task->waiter);
	thread_wake_awaiting(task->thread);
	if (task->thread != thread_current())
		cpu_send_reschedule(__atomic_load_n(&task->thread->cpu, __ATOMIC_RELAXED));
}

void task_exit_with(int32_t status)
{
	struct process *process = task_current()->process;
	spinlock_acquire(&process->lock);
	if (process->task_count == 1 && !process->exiting)
		process->exit_code = status;
	spinlock_release(&process->lock);
	task_exit();
}

void task_exit(void)
{
	struct task *self = task_current();
	struct process *process = self->process;
	futex_task_exit(self);
	ipc_thread_exit();
	thread_leave_space();
	thread_current()->owner = NULL;
	spinlock_acquire(&process->lock);
	list_remove(&self->link);
	process_timers_task_gone(process, self->tid);
	signals_hand_on(process, self, ~self->blocked);
	process_time_add(&process->ended_time, thread_time(thread_current()));
	bool is_last = --process->task_count == 0;
	/* whoever waits to be alone */
	if (process->alone_waiter)
		waiter_wake(process->alone_waiter);
	spinlock_release(&process->lock);
	const struct process_run_clock gone = {.pid = is_last ? process->pid : 0, .tid = self->tid};
	signals_free(&self->signals);
	heap_free(self, sizeof *self);
	if (is_last)
		process_finish(process);
	process_run_clock_gone(&gone);
	thread_exit();
}
