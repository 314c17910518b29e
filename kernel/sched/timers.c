/*
 * The timer interrupt: what is due, the tick, and what comes next.
 *
 * An idle CPU has no tick. A timer stays on the CPU that set it.
 */
#include "sched/cpu_state.h"

static void (*sched_ticked)(void *owner); /* set at bring-up */

void sched_on_tick(void (*ticked)(void *owner))
{
	sched_ticked = ticked;
}

void timer_set(struct timer *timer)
{
	struct sched_cpu *cpu = sched_cpu();
	spinlock_acquire(&cpu->timer_lock);
	timer->cpu = cpu->queue.index;
	__atomic_fetch_add(&cpu->timer_count, 1, __ATOMIC_RELAXED);
	timer_queue_add(&cpu->timers, timer);
	bool is_first = timer->deadline_ns < cpu->timer_set_ns;
	if (is_first) {
		cpu->timer_set_ns = timer->deadline_ns;
		timer_start(timer->deadline_ns);
	}
	spinlock_release(&cpu->timer_lock);
}

void timer_set_again(struct timer *timer, uint64_t deadline_ns)
{
	enum { TIMER_LEAST_NS = 100000 };
	uint64_t least = clock_ns() + TIMER_LEAST_NS;
	timer->deadline_ns = deadline_ns > least ? deadline_ns : least;
	timer_set(timer);
}

void timer_cancel(struct timer *timer)
{
	struct sched_cpu *cpu = sched_cpu_at(timer->cpu);
	for (;;) {
		spinlock_acquire(&cpu->timer_lock);
		bool was_pending = timer_queue_remove(&cpu->timers, timer);
		bool is_firing = cpu->timers.firing == timer;
		spinlock_release(&cpu->timer_lock);
		if (was_pending)
			__atomic_fetch_sub(&cpu->timer_count, 1, __ATOMIC_RELEASE);
		if (!is_firing)
			return;
		cpu_answer_calls();
		cpu_pause();
	}
}

void sched_timers_expire(uint64_t now)
{
	struct sched_cpu *cpu = sched_cpu();
	for (;;) {
		spinlock_acquire(&cpu->timer_lock);
		struct timer *timer = timer_queue_take(&cpu->timers, now);
		cpu->timers.firing = timer;
		spinlock_release(&cpu->timer_lock);
		if (!timer)
			return;
		timer->fire(timer); /* the storage may be gone after this */
		__atomic_fetch_sub(&cpu->timer_count, 1, __ATOMIC_RELEASE);
	}
}

void sched_timer_update(void)
{
	struct sched_cpu *cpu = sched_cpu();
	spinlock_acquire(&cpu->timer_lock);
	uint64_t next = timer_queue_next(&cpu->timers);
	if (thread_current() != &cpu->idle && cpu->next_tick_ns < next)
		next = cpu->next_tick_ns;
	if (cpu->queue.fair.slice_end < next)
		next = cpu->queue.fair.slice_end;
	if (next != cpu->timer_set_ns) {
		cpu->timer_set_ns = next;
		if (next != UINT64_MAX)
			timer_start(next);
	}
	spinlock_release(&cpu->timer_lock);
}

/* A thread that runs on another one's account, or on none. The queue's lock is held. */
static void sched_end_loan(struct sched_cpu *cpu, uint64_t now)
{
	struct fair_queue *fair = &cpu->queue.fair;
	struct thread *self = thread_current();
	if (fair->current == &self->fair)
		return;
	if (!fair->current || ++cpu->lent_ticks > FAIR_DONATION_NS / FAIR_TICK_NS)
		fair_hand_over(fair, &self->fair, now);
}

/* What the account in use gets until the next tick is as it was found at this one; when this one
 * was kept waiting, so is what ran meanwhile. The queue's lock is held. */
static bool sched_tick_account(struct sched_cpu *cpu, uint64_t now, bool over_user)
{
	struct fair_entity *account = cpu->queue.fair.current;
	bool is_own = account == &thread_current()->fair;
	uint64_t mask = over_user && is_own ? 0 : UINT64_MAX;
	if (account && now - cpu->next_tick_ns >= FAIR_TICK_NS)
		account->system_mask |= mask;
	bool reschedule = fair_tick(&cpu->queue.fair, now, sched_reference());
	if (account)
		account->system_mask = mask;
	return reschedule;
}

static void sched_tick(struct sched_cpu *cpu, uint64_t now, bool over_user)
{
	spinlock_acquire(&cpu->queue.lock);
	sched_end_loan(cpu, now);
	bool reschedule = sched_tick_account(cpu, now, over_user);
	run_queue_publish(&cpu->queue);
	uint64_t reached = cpu->queue.fair.min_vruntime;
	spinlock_release(&cpu->queue.lock);

	if (reschedule)
		cpu_current()->reschedule = true;
	if (sched_ticked && thread_current()->owner)
		sched_ticked(thread_current()->owner);
	sched_load_sample(now);
	sched_reference_raise(reached);
	if (cpu->queue.ready_count)
		sched_call_idle();
	/* not all CPUs in the same tick */
	if ((++cpu->ticks + cpu->queue.index) % FAIR_BALANCE_TICKS == 0)
		(void)sched_pull_behind(); /* nothing to take is fine */

	/* whole ticks, also when this one came late */
	uint64_t late = now - cpu->next_tick_ns;
	cpu->next_tick_ns += (late / FAIR_TICK_NS + 1) * FAIR_TICK_NS;
}

static void sched_end_slice(struct sched_cpu *cpu, uint64_t now)
{
	spinlock_acquire(&cpu->queue.lock);
	bool ends = fair_end_slice(&cpu->queue.fair, now);
	run_queue_publish(&cpu->queue);
	spinlock_release(&cpu->queue.lock);
	if (ends)
		cpu_current()->reschedule = true;
}

void sched_timer(bool over_user)
{
	struct sched_cpu *cpu = sched_cpu();
	uint64_t now = clock_ns();
	cpu->timer_set_ns = UINT64_MAX; /* it has fired */
	sched_timers_expire(now);
	if (thread_current() != &cpu->idle && now >= cpu->next_tick_ns)
		sched_tick(cpu, now, over_user);
	if (now >= cpu->queue.fair.slice_end)
		sched_end_slice(cpu, now);
	sched_timer_update();
}
