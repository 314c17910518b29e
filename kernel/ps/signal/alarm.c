/*
 * The timer of a process that ends in SIGALRM: alarm(2), setitimer(2). It outlives exec, a copy has
 * none. One with an interval goes on once its signal is taken: what was missed is not made up for.
 */
#include "core/api.h"
#include "ps/process.h"

static void alarm_fire(struct timer *timer)
{
	struct process_alarm *alarm = container_of(timer, struct process_alarm, timer);
	struct process *process = container_of(alarm, struct process, alarm);
	const struct signal_info info = {.signal = SIGNAL_ALRM, .code = SIGNAL_FROM_KERNEL};
	struct signal_entry *none = NULL;
	spinlock_acquire(&process->lock);
	alarm->waits = alarm->interval_ns != 0;
	process->timers_wait |= alarm->waits;
	if (!alarm->waits)
		alarm->deadline_ns = 0;
	if (process->spawner_pid != 0)
		(void)!signal_post_within(process, 0, &info, &none); /* a standard one */
	else
		process_alarm_go_on(process); /* for it the signal is an event */
	spinlock_release(&process->lock);
	if (process->spawner_pid == 0)
		process_note_signal(SIGNAL_ALRM);
}

void process_alarm_go_on(struct process *process)
{
	struct process_alarm *alarm = &process->alarm;
	if (!alarm->waits)
		return;
	alarm->waits = false;
	(void)timer_catch_up(&alarm->deadline_ns, alarm->interval_ns, clock_ns());
	timer_set_again(&alarm->timer, alarm->deadline_ns);
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
	alarm->waits = false;
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
	if (self->alarm.waits)
		(void)timer_catch_up(out_deadline_ns, *out_interval_ns, clock_ns());
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
