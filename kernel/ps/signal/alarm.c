/*
 * The timer of a process that ends in SIGALRM: alarm(2), setitimer(2). It outlives exec, a copy has
 * none.
 */
#include "core/api.h"
#include "ps/process.h"

static void alarm_fire(struct timer *timer)
{
	struct process_alarm *alarm = container_of(timer, struct process_alarm, timer);
	struct process *process = container_of(alarm, struct process, alarm);
	const struct signal_info info = {.signal = SIGNAL_ALRM, .code = SIGNAL_FROM_KERNEL};
	spinlock_acquire(&process->lock);
	alarm->deadline_ns = 0;
	if (alarm->interval_ns) {
		/* what was missed is not made up for: one is pending at a time */
		uint64_t missed = (clock_ns() - timer->deadline_ns) / alarm->interval_ns;
		timer->deadline_ns += (missed + 1) * alarm->interval_ns;
		alarm->deadline_ns = timer->deadline_ns;
		timer_set(timer);
	}
	spinlock_release(&process->lock);
	signal_post_process(process, &info, NULL);
}

void process_alarm_init(struct process *process)
{
	process->alarm.timer.fire = alarm_fire;
	sleep_lock_init(&process->alarm.setting);
}

void process_alarm_stop(struct process *process)
{
	struct process_alarm *alarm = &process->alarm;
	spinlock_acquire(&process->lock);
	alarm->interval_ns = 0; /* it does not set itself again */
	alarm->deadline_ns = 0;
	bool was_set = alarm->was_set;
	spinlock_release(&process->lock);
	if (was_set)
		timer_cancel(&alarm->timer);
}

void process_alarm_get(uint64_t *out_deadline_ns, uint64_t *out_interval_ns)
{
	struct process *self = process_current();
	spinlock_acquire(&self->lock);
	*out_deadline_ns = self->alarm.deadline_ns;
	*out_interval_ns = self->alarm.interval_ns;
	spinlock_release(&self->lock);
}

void process_alarm_set(uint64_t deadline_ns, uint64_t interval_ns)
{
	struct process *self = process_current();
	struct process_alarm *alarm = &self->alarm;
	sleep_lock_acquire(&alarm->setting);
	process_alarm_stop(self);
	spinlock_acquire(&self->lock);
	if (deadline_ns) {
		alarm->deadline_ns = alarm->timer.deadline_ns = deadline_ns;
		alarm->interval_ns = interval_ns;
		alarm->was_set = true;
		timer_set(&alarm->timer);
	}
	spinlock_release(&self->lock);
	sleep_lock_release(&alarm->setting);
}
