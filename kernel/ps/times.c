/*
 * How long processes have run, and alarms by that. Of a call it is the caller's time that its
 * service takes: system time.
 */
#include "ps/process.h"

void process_time_add(struct thread_time *sum, struct thread_time time)
{
	sum->run_ns += time.run_ns;
	sum->system_ns += time.system_ns;
}

struct thread_time process_time_within(struct process *process)
{
	struct thread_time time = process->ended_time;
	list_for_each(link, &process->tasks)
		process_time_add(&time, thread_time(container_of(link, struct task, link)->thread));
	return time;
}

struct thread_time process_time(struct process *process)
{
	spinlock_acquire(&process->lock);
	struct thread_time time = process_time_within(process);
	spinlock_release(&process->lock);
	return time;
}

enum status process_run_ns(uint64_t pid, uint64_t *out_ns)
{
	spinlock_acquire(process_table_lock());
	struct process *process = pid ? process_find(pid) : process_current();
	if (process)
		*out_ns = process_time(process).run_ns;
	spinlock_release(process_table_lock());
	return process ? OK : ERR_NO_PROCESS;
}

enum status process_thread_run_ns(uint64_t tid, uint64_t *out_ns)
{
	struct process *self = process_current();
	spinlock_acquire(&self->lock);
	const struct task *task = task_find(self, tid);
	if (task)
		*out_ns = thread_run_ns(task->thread);
	spinlock_release(&self->lock);
	return task ? OK : ERR_NO_PROCESS;
}

void process_times(struct thread_time *out_own, struct thread_time *out_children)
{
	struct process *self = process_current();
	*out_own = process_time(self);
	spinlock_acquire(process_table_lock());
	*out_children = self->children_time;
	spinlock_release(process_table_lock());
}

static uint64_t process_clock_ns(struct thread_time time, enum process_clock clock)
{
	return clock == PROCESS_CLOCK_USER ? time.run_ns - time.system_ns : time.run_ns;
}

/* It has run out; sets the next time. process->lock is held. */
static bool process_clock_due(struct process_clock_alarm *alarm, uint64_t now)
{
	if (!alarm->deadline_ns || now < alarm->deadline_ns)
		return false;
	/* what was missed is not made up for: one is pending at a time */
	uint64_t missed = alarm->interval_ns ? (now - alarm->deadline_ns) / alarm->interval_ns : 0;
	alarm->deadline_ns += (missed + 1) * alarm->interval_ns;
	if (!alarm->interval_ns)
		alarm->deadline_ns = 0;
	return true;
}

/* process->lock is held. */
static void process_clock_note(struct process *process)
{
	uint32_t set = 0;
	for (size_t i = 0; i < PROCESS_CLOCKS; i++)
		set += process->clock_alarms[i].deadline_ns != 0;
	__atomic_store_n(&process->clock_alarms_set, set, __ATOMIC_RELAXED);
}

void process_ticked(void *owner)
{
	static const uint32_t signals[PROCESS_CLOCKS] = {SIGNAL_VTALRM, SIGNAL_PROF};
	struct process *process = ((struct task *)owner)->process;
	process_timers_ticked(process);
	process_run_sleepers_ticked(owner);
	if (!__atomic_load_n(&process->clock_alarms_set, __ATOMIC_RELAXED))
		return;
	spinlock_acquire(&process->lock);
	struct thread_time time = process_time_within(process);
	bool due[PROCESS_CLOCKS];
	for (size_t i = 0; i < PROCESS_CLOCKS; i++)
		due[i] = process_clock_due(&process->clock_alarms[i],
		                           process_clock_ns(time, (enum process_clock)i));
	process_clock_note(process);
	spinlock_release(&process->lock);
	for (size_t i = 0; i < PROCESS_CLOCKS; i++) {
		const struct signal_info info = {.signal = signals[i], .code = SIGNAL_FROM_KERNEL};
		if (due[i])
			signal_post_process(process, &info, NULL);
	}
}

struct process_clock_setting process_clock_alarm_get(enum process_clock clock)
{
	struct process *self = process_current();
	const struct process_clock_alarm *alarm = &self->clock_alarms[clock];
	spinlock_acquire(&self->lock);
	uint64_t now = process_clock_ns(process_time_within(self), clock);
	struct process_clock_setting setting = {.interval_ns = alarm->interval_ns};
	if (alarm->deadline_ns)
		/* the signal comes with the next tick: something is left */
		setting.left_ns = alarm->deadline_ns > now ? alarm->deadline_ns - now : 1;
	spinlock_release(&self->lock);
	return setting;
}

void process_clock_alarm_set(enum process_clock clock, struct process_clock_setting setting)
{
	struct process *self = process_current();
	spinlock_acquire(&self->lock);
	uint64_t now = process_clock_ns(process_time_within(self), clock);
	self->clock_alarms[clock] = (struct process_clock_alarm){
	        .deadline_ns = setting.left_ns ? now + setting.left_ns : 0,
	        .interval_ns = setting.left_ns ? setting.interval_ns : 0,
	};
	process_clock_note(self);
	spinlock_release(&self->lock);
}
