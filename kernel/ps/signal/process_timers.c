/*
 * Timers of a process that end in signals: timer_create(2). A copy has none, and exec ends them.
 *
 * A timer has one signal pending at a time; when that is taken, what else ran out meanwhile is
 * counted, and the timer goes on.
 */
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>

struct process_timer {
	struct list link; /* in process->timers */
	struct process *process;
	struct timer timer;
	struct process_timer_setup setup;
	int32_t id;

	/* guarded by process->lock */
	uint64_t deadline_ns; /* of its clock; 0: off; see process_timer_arm */
	uint64_t interval_ns; /* 0: once */
	uint32_t overrun; /* of the signal that was last taken */
	bool waits; /* it has run out, and goes on when its signal is taken */
	bool has_entry; /* the signal is its own, not one that was pending or is ignored */
	bool was_set; /* the timer, ever */
};

/* By its clock; of a thread that is gone 0. process->lock is held. */
static uint64_t process_timer_now(const struct process_timer *self)
{
	const struct task *task;
	switch (self->setup.clock) {
	case PROCESS_TIMER_RUN:
		return process_time_within(self->process).run_ns;
	case PROCESS_TIMER_THREAD:
		task = task_find(self->process, self->setup.clock_tid);
		return task ? thread_run_ns(task->thread) : 0;
	case PROCESS_TIMER_TIME:
		break;
	}
	return clock_ns();
}

static void timer_set_at(struct timer *timer, uint64_t deadline_ns)
{
	timer->deadline_ns = deadline_ns;
	timer_set(timer);
}

/* The time of its clock, 0: off; for its timer, how that is set. process->lock is held. */
static void process_timer_arm(struct process_timer *self, uint64_t deadline_ns,
                              void (*set)(struct timer *timer, uint64_t deadline_ns))
{
	uint32_t armed = self->process->run_timers_set;
	if (self->setup.clock != PROCESS_TIMER_TIME) {
		armed += (deadline_ns != 0) - (self->deadline_ns != 0);
		__atomic_store_n(&self->process->run_timers_set, armed, __ATOMIC_RELAXED);
	} else if (deadline_ns) {
		self->was_set = true;
		set(&self->timer, deadline_ns);
	}
	self->deadline_ns = deadline_ns;
}

/* The timer's signal that nobody has taken yet; NULL: none. */
static struct signal_entry *process_timer_entry(struct process_timer *self,
                                                struct signal_queue *queue)
{
	list_for_each(link, &queue->entries) {
		struct signal_entry *entry = container_of(link, struct signal_entry, link);
		if (entry->info.signal == self->setup.signal &&
		    entry->info.code == SIGNAL_FROM_TIMER && entry->info.pid == (uint64_t)self->id)
			return entry;
	}
	return NULL;
}

static struct signal_entry *process_timer_pending(struct process_timer *self)
{
	struct process *process = self->process;
	struct signal_entry *entry = process_timer_entry(self, &process->signals);
	list_for_each(link, &process->tasks) {
		if (entry)
			break;
		entry = process_timer_entry(self, &container_of(link, struct task, link)->signals);
	}
	return entry;
}

/* Sets the next time. process->lock is held. */
static void process_timer_go_on(struct process_timer *self)
{
	uint64_t next = self->deadline_ns;
	uint64_t times = timer_catch_up(&next, self->interval_ns, process_timer_now(self));
	self->waits = false;
	self->overrun = times <= INT32_MAX ? (uint32_t)times - 1 : INT32_MAX;
	process_timer_arm(self, next, timer_set_again);
}

static bool process_timer_was_taken(const struct process_timer *self, uint64_t signals,
                                    const struct signal_info *taken)
{
	if (!self->waits || !self->setup.signal || !(signals & signal_bit(self->setup.signal)))
		return false;
	return !taken || !self->has_entry ||
	       (taken->code == SIGNAL_FROM_TIMER && taken->pid == (uint64_t)self->id);
}

void process_timers_go_on(struct process *process, uint64_t signals, struct signal_info *taken)
{
	if (signals & signal_bit(SIGNAL_ALRM))
		process_alarm_go_on(process);
	process->timers_wait = process->alarm.waits;
	list_for_each(link, &process->timers) {
		struct process_timer *timer = container_of(link, struct process_timer, link);
		if (process_timer_was_taken(timer, signals, taken)) {
			process_timer_go_on(timer);
			if (taken && timer->has_entry)
				taken->uid = timer->overrun;
		}
		process->timers_wait |= timer->waits;
	}
}

void process_timers_task_gone(struct process *process, uint64_t tid)
{
	list_for_each(link, &process->timers) {
		struct process_timer *timer = container_of(link, struct process_timer, link);
		if (timer->waits && timer->setup.tid == tid)
			process_timer_go_on(timer);
	}
}

/*
 * It has run out. Returns entry unless that was needed for the signal. What is lost for lack of
 * memory is not waited for. process->lock is held.
 */
static struct signal_entry *process_timer_expire(struct process_timer *self,
                                                 struct signal_entry *entry)
{
	struct process *process = self->process;
	const struct signal_info info = {
	        .signal = self->setup.signal,
	        .code = SIGNAL_FROM_TIMER,
	        .pid = (uint64_t)self->id,
	        .value = self->setup.value,
	};
	bool is_lost = info.signal && !entry;
	self->waits = self->interval_ns != 0;
	bool is_pending = info.signal && process_timer_pending(self);
	struct signal_entry *left = entry;
	if (info.signal && !is_pending)
		(void)!signal_post_within(process, self->setup.tid, &info, &left); /* or lost */
	self->has_entry = is_pending || left != entry;
	process->timers_wait |= self->waits;
	if (!self->waits)
		process_timer_arm(self, 0, NULL);
	else if (is_lost && !is_pending)
		process_timer_go_on(self);
	return left;
}

static void process_timer_fire(struct timer *timer)
{
	struct process_timer *self = container_of(timer, struct process_timer, timer);
	struct process *process = self->process;
	struct signal_entry *entry = self->setup.signal ? HEAP_NEW(struct signal_entry) : NULL;
	spinlock_acquire(&process->lock);
	entry = process_timer_expire(self, entry);
	spinlock_release(&process->lock);
	heap_free(entry, sizeof *entry);
}

/* One that counts what the process runs, and has run out; NULL: none. process->lock is held. */
static struct process_timer *process_timer_due(const struct process *process)
{
	list_for_each(link, &process->timers) {
		struct process_timer *timer = container_of(link, struct process_timer, link);
		if (timer->setup.clock != PROCESS_TIMER_TIME && timer->deadline_ns &&
		    !timer->waits && process_timer_now(timer) >= timer->deadline_ns)
			return timer;
	}
	return NULL;
}

void process_timers_ticked(struct process *process)
{
	struct process_timer *due = NULL;
	/* one that runs out faster than it is looked at does not hold the tick up */
	for (int i = 0; i < PROCESS_TIMERS_MAX; i++) {
		if (!__atomic_load_n(&process->run_timers_set, __ATOMIC_RELAXED))
			return;
		struct signal_entry *entry = HEAP_NEW(struct signal_entry);
		spinlock_acquire(&process->lock);
		due = process_timer_due(process);
		if (due)
			entry = process_timer_expire(due, entry);
		spinlock_release(&process->lock);
		heap_free(entry, sizeof *entry);
		if (!due)
			return;
	}
}

/* It does not run afterwards. process->alarm.setting is held. */
static void process_timer_stop(struct process_timer *self)
{
	spinlock_acquire(&self->process->lock);
	self->interval_ns = 0; /* it does not set itself again */
	self->waits = false;
	process_timer_arm(self, 0, NULL);
	bool was_set = self->was_set;
	spinlock_release(&self->process->lock);
	if (was_set)
		timer_cancel(&self->timer);
}

static void process_timer_free(struct process_timer *self)
{
	process_timer_stop(self);
	spinlock_acquire(&self->process->lock);
	list_remove(&self->link);
	spinlock_release(&self->process->lock);
	heap_free(self, sizeof *self);
}

void process_timers_end(struct process *process)
{
	sleep_lock_acquire(&process->alarm.setting);
	while (!list_empty(&process->timers))
		process_timer_free(container_of(process->timers.next, struct process_timer, link));
	sleep_lock_release(&process->alarm.setting);
}

/* process->alarm.setting is held. */
static struct process_timer *process_timer_find(const struct process *process, int32_t id)
{
	list_for_each(link, &process->timers) {
		struct process_timer *timer = container_of(link, struct process_timer, link);
		if (timer->id == id)
			return timer;
	}
	return NULL;
}

static bool process_has_task(struct process *process, uint64_t tid)
{
	bool found = false;
	spinlock_acquire(&process->lock);
	list_for_each(link, &process->tasks)
		found |= container_of(link, struct task, link)->tid == tid;
	spinlock_release(&process->lock);
	return found;
}

/* The lowest free number. process->alarm.setting is held. */
static enum status process_timer_number(const struct process *process, int32_t *out_id)
{
	for (int32_t id = 0; id < PROCESS_TIMERS_MAX; id++) {
		if (process_timer_find(process, id))
			continue;
		*out_id = id;
		return OK;
	}
	return ERR_TRY_AGAIN;
}

enum status process_timer_create(const struct process_timer_setup *setup, int32_t *out_id)
{
	struct process *process = process_current();
	if ((setup->tid && !process_has_task(process, setup->tid)) ||
	    (setup->clock_tid && !process_has_task(process, setup->clock_tid)))
		return ERR_INVALID_ARGS;
	struct process_timer *self = HEAP_NEW(struct process_timer);
	if (!self)
		return ERR_TRY_AGAIN;
	self->process = process;
	self->setup = *setup;
	self->timer.fire = process_timer_fire;
	sleep_lock_acquire(&process->alarm.setting);
	enum status status = process_timer_number(process, &self->id);
	if (status == OK) {
		if (setup->value_is_id)
			self->setup.value = (uint64_t)self->id;
		spinlock_acquire(&process->lock);
		list_push_back(&process->timers, &self->link);
		spinlock_release(&process->lock);
		*out_id = self->id;
	}
	sleep_lock_release(&process->alarm.setting);
	if (status != OK)
		heap_free(self, sizeof *self);
	return status;
}

enum status process_timer_get(int32_t id, struct process_timer_state *out_state)
{
	struct process *process = process_current();
	sleep_lock_acquire(&process->alarm.setting);
	struct process_timer *self = process_timer_find(process, id);
	if (self) {
		spinlock_acquire(&process->lock);
		*out_state = (struct process_timer_state){
		        .deadline_ns = self->deadline_ns,
		        .interval_ns = self->interval_ns,
		        .now_ns = process_timer_now(self),
		        .overrun = self->overrun,
		        .is_real = self->setup.is_real,
		        .clock = self->setup.clock,
		};
		if (self->waits)
			(void)timer_catch_up(&out_state->deadline_ns, self->interval_ns,
			                     out_state->now_ns);
		spinlock_release(&process->lock);
	}
	sleep_lock_release(&process->alarm.setting);
	return self ? OK : ERR_INVALID_ARGS;
}

enum status process_timer_set(int32_t id, uint64_t deadline_ns, uint64_t interval_ns)
{
	struct process *process = process_current();
	sleep_lock_acquire(&process->alarm.setting);
	struct process_timer *self = process_timer_find(process, id);
	if (self) {
		process_timer_stop(self);
		spinlock_acquire(&process->lock);
		self->overrun = 0;
		if (deadline_ns) {
			self->interval_ns = interval_ns;
			process_timer_arm(self, deadline_ns, timer_set_at);
		}
		spinlock_release(&process->lock);
	}
	sleep_lock_release(&process->alarm.setting);
	return self ? OK : ERR_INVALID_ARGS;
}

enum status process_timer_delete(int32_t id)
{
	struct process *process = process_current();
	sleep_lock_acquire(&process->alarm.setting);
	struct process_timer *self = process_timer_find(process, id);
	if (self)
		process_timer_free(self);
	sleep_lock_release(&process->alarm.setting);
	return self ? OK : ERR_INVALID_ARGS;
}
