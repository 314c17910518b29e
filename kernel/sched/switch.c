/*
 * The switch between threads, and the idle threads.
 *
 * Everything below runs with interrupts off. A thread that has exited can't free the stack it
 * stands on: it is freed on the stack of whoever runs next on that CPU. A thread on its way out of
 * a CPU (on_cpu) is only ever taken by that CPU, so no CPU waits for another one here.
 */
#include "core/api.h"
#include "sched/cpu_state.h"

static struct sched_cpu sched_cpus[CPU_MAX];
static struct fair_crowds sched_crowds;

struct sched_cpu *sched_cpu(void)
{
	return cpu_sched();
}

struct sched_cpu *sched_cpu_at(uint32_t index)
{
	return &sched_cpus[index];
}

void sched_init_cpu(uint32_t index)
{
	struct sched_cpu *cpu = &sched_cpus[index];
	run_queue_init(&cpu->queue, index, &sched_crowds);
	__atomic_fetch_add(&sched_crowds.cpus, 1, __ATOMIC_RELAXED);
	timer_queue_init(&cpu->timers);
	cpu->timer_lock = (struct spinlock)SPINLOCK_INIT(LOCK_TIMERS);
	cpu->timer_set_ns = UINT64_MAX;
	cpu->idle = (struct thread){.state = THREAD_RUNNING, .on_cpu = true, .cpu = index};
	list_init(&cpu->idle.link);
	fair_entity_init(&cpu->idle.fair, FAIR_WEIGHT_NICE_0);
}

void sched_enter_cpu(void)
{
	struct cpu *self = cpu_current();
	struct sched_cpu *cpu = &sched_cpus[self->index];
	self->sched = cpu;
	self->thread = &cpu->idle;
}

void sched_init(void)
{
	sched_init_cpu(cpu_current()->index);
	sched_enter_cpu();
}

/* What follows on every switch, in the thread switched to. */
void sched_switch_done(struct context **left)
{
	struct thread *previous = container_of(left, struct thread, context);
	__atomic_store_n(&previous->on_cpu, false, __ATOMIC_RELEASE);
}

/* On the stack of the thread that runs next. */
static void sched_bury(void *dead)
{
	thread_destroy(dead);
}

/* The clock of slices starts when the CPU stops being idle. */
[[gnu::noinline]] static void sched_start_ticks(struct sched_cpu *cpu)
{
	cpu->next_tick_ns = clock_ns() + FAIR_TICK_NS;
	sched_timer_update();
}

/* are_users: both have registers of ring 3, and self goes on some time. */
[[gnu::always_inline]] static inline void sched_load_as(struct sched_cpu *cpu, struct thread *self,
                                                        struct thread *next, bool are_users)
{
	if (!are_users && self->fpu && self->state != THREAD_DEAD)
		fpu_state_save(self->fpu);
	cpu->switches++;
	__atomic_store_n(&next->on_cpu, true, __ATOMIC_RELAXED);
	next->state = THREAD_RUNNING;
	cpu_set_thread(next);
	if (are_users)
		address_space_load(next->space);
	else
		address_space_activate(next->space);
	if (are_users || next->stack)
		cpu_set_kernel_stack(next->stack_top);
	if (are_users)
		fpu_state_switch(self->fpu, next->fpu);
	else if (next->fpu)
		fpu_state_load(next->fpu);
	if (!are_users && __builtin_expect(self == &cpu->idle, 0))
		sched_start_ticks(cpu);
	if (!are_users && self->state == THREAD_DEAD)
		context_leave(next->context, sched_bury, self, &cpu->nobody.context);
	sched_switch_done(context_switch(&self->context, next->context));
}

static void sched_check_can_switch(void)
{
	if (CONFIG_DEBUG_ASSERTIONS)
		spinlock_check_sleep();
}

/* back: ready again, or NULL. In one piece with leaving, so that a thread is never nowhere. */
[[gnu::noinline]] static void sched_switch_from(struct thread *back, enum fair_arrival how)
{
	struct sched_cpu *cpu = sched_cpu();
	struct thread *self = thread_current();
	sched_check_can_switch();
	cpu_current()->reschedule = false;

	uint64_t now = clock_ns();
	spinlock_acquire(&cpu->queue.lock);
	/* it ran on another one's account, and its own stands where it fell asleep */
	if (cpu->queue.fair.current != &self->fair && how == FAIR_PREEMPTED)
		how = FAIR_WOKEN;
	fair_leave(&cpu->queue.fair, now);
	if (back) {
		back->state = THREAD_READY;
		fair_put(&cpu->queue.fair, &back->fair, how, now);
	}
	struct thread *next = thread_of_entity(fair_pick(&cpu->queue.fair, now));
	run_queue_publish(&cpu->queue);
	spinlock_release(&cpu->queue.lock);

	if (__builtin_expect(cpu->queue.fair.slice_end != UINT64_MAX, 0))
		sched_timer_update();
	if (!next)
		next = &cpu->idle;
	if (next == self)
		self->state = THREAD_RUNNING;
	else
		sched_load_as(cpu, self, next, false);
}

void sched_switch(void)
{
	sched_switch_from(NULL, FAIR_PREEMPTED);
}

static void sched_put_back(enum fair_arrival how)
{
	struct thread *self = thread_current();
	sched_switch_from(self == &sched_cpu()->idle ? NULL : self, how);
}

void thread_yield(void)
{
	struct sched_cpu *cpu = sched_cpu();
	sched_check_can_switch();
	/* who comes now sets reschedule again, or asks by interrupt */
	bool is_alone = thread_current() != &cpu->idle &&
	                !__atomic_load_n(&cpu->queue.ready_count, __ATOMIC_RELAXED);
	if (is_alone)
		cpu_current()->reschedule = false;
	else
		sched_put_back(FAIR_YIELDED);
}

void sched_preempt(void)
{
	sched_put_back(FAIR_PREEMPTED);
}

void thread_offer_cpu(void)
{
	off_time_window();
	if (cpu_current()->reschedule && thread_may_sleep())
		sched_preempt();
}

void thread_prepare_block(void)
{
	thread_current()->state = THREAD_BLOCKED;
}

void thread_block(void)
{
	sched_switch();
}

void thread_wake(struct thread *thread)
{
	sched_place(thread, FAIR_WOKEN);
}

/* Where next was put is this CPU's to change: it is blocked, and its account not in use elsewhere.
 */
static bool sched_can_run_here(const struct sched_cpu *cpu, const struct thread *next)
{
	uint32_t index = cpu->queue.index;
	/* it slept here: it has left this CPU, and what it may use is looked at when it goes on */
	if (next->cpu == index)
		return true;
	return (__atomic_load_n(&next->affinity, __ATOMIC_RELAXED) >> index & 1) &&
	       !__atomic_load_n(&next->on_cpu, __ATOMIC_ACQUIRE) && !next->lends;
}

/* On next's own account. */
static void sched_hand_over(struct sched_cpu *cpu, struct thread *next)
{
	spinlock_acquire(&cpu->queue.lock);
	if (next->cpu != cpu->queue.index)
		next->fair.vruntime = fair_moved(&cpu->queue.fair, &next->fair);
	/* woken again meanwhile: it is queued, and goes on when its turn comes */
	fair_hand_over(&cpu->queue.fair, &next->fair, clock_ns());
	next->cpu = cpu->queue.index;
	run_queue_publish(&cpu->queue);
	spinlock_release(&cpu->queue.lock);
}

/* Who pays: the thread that runs, as long as there is one, or next itself. */
static bool sched_pays(const struct sched_cpu *cpu, const struct thread *next, bool is_lent)
{
	const struct fair_entity *payer =
	        __atomic_load_n(&cpu->queue.fair.current, __ATOMIC_RELAXED);
	return is_lent ? payer != NULL : payer == &next->fair;
}

[[gnu::noinline]] static void sched_go_to(struct thread *next, bool is_lent)
{
	struct sched_cpu *cpu = sched_cpu();
	struct thread *self = thread_current();
	if (!sched_can_run_here(cpu, next) || self == &cpu->idle) {
		thread_wake(next);
		sched_switch();
		return;
	}
	sched_check_can_switch();
	if (is_lent)
		cpu->lent_ticks = 0;
	if (next->cpu != cpu->queue.index || !sched_pays(cpu, next, is_lent))
		sched_hand_over(cpu, next);
	sched_load_as(cpu, self, next, false);
}

/* Two threads of programs on one CPU whose accounts stay as they are: all that most calls need. */
[[gnu::always_inline]] static inline void sched_pass_to(struct thread *next, bool is_lent)
{
	struct sched_cpu *cpu = sched_cpu();
	struct thread *self = thread_current();
	bool is_plain = next->cpu == cpu->queue.index && self->fpu && next->fpu &&
	                sched_pays(cpu, next, is_lent);
	if (__builtin_expect(!is_plain, 0)) {
		sched_go_to(next, is_lent);
		return;
	}
	sched_check_can_switch();
	if (is_lent)
		cpu->lent_ticks = 0;
	sched_load_as(cpu, self, next, true);
}

void thread_block_to(struct thread *next)
{
	sched_pass_to(next, false);
}

void thread_call_to(struct thread *next)
{
	sched_pass_to(next, true);
}

void thread_exit(void)
{
	thread_current()->state = THREAD_DEAD;
	sched_switch();
	PANIC("a dead thread was resumed");
}

static bool sched_has_devices; /* atomic */
static struct thread *sched_rest_waiter; /* atomic; blocked */
static int32_t sched_answers; /* atomic */

void sched_expect_devices(void)
{
	__atomic_store_n(&sched_has_devices, true, __ATOMIC_RELAXED);
}

void sched_owe_answers(int32_t change)
{
	(void)__atomic_add_fetch(&sched_answers, change,
	                         __ATOMIC_SEQ_CST); /* looked at when idle */
}

void sched_await_rest(void)
{
	thread_prepare_block();
	__atomic_store_n(&sched_rest_waiter, thread_current(), __ATOMIC_RELEASE);
	thread_block();
}

/*
 * Nothing runs, nothing is ready, no timer is pending and no device owes an answer, anywhere: but
 * for a device that nobody asked, for ever.
 */
static bool sched_is_at_rest(void)
{
	uint64_t online = cpu_online();
	if (sched_idle_cpus() != online || __atomic_load_n(&sched_answers, __ATOMIC_SEQ_CST))
		return false;
	for (uint64_t rest = online; rest; rest &= rest - 1) {
		struct sched_cpu *cpu = sched_cpu_at((uint32_t)__builtin_ctzll(rest));
		if (__atomic_load_n(&cpu->queue.ready_count, __ATOMIC_SEQ_CST) ||
		    __atomic_load_n(&cpu->timer_count, __ATOMIC_SEQ_CST))
			return false;
	}
	return sched_idle_cpus() == online;
}

static void sched_check_rest(void)
{
	bool asks = __atomic_load_n(&sched_rest_waiter, __ATOMIC_RELAXED);
	bool has_devices = __atomic_load_n(&sched_has_devices, __ATOMIC_RELAXED);
	if ((has_devices && !asks) || !sched_is_at_rest())
		return;
	struct thread *waiter = __atomic_exchange_n(&sched_rest_waiter, NULL, __ATOMIC_ACQ_REL);
	if (waiter)
		thread_wake(waiter);
	else if (!has_devices)
		PANIC("no thread can run any more");
}

static void sched_wait_for_interrupt(void)
{
	off_time_end();
	cpu_wait_for_interrupt();
	off_time_begin();
}

static void sched_idle(struct sched_cpu *cpu)
{
	if (sched_pull_idle())
		return;
	sched_set_idle(true);
	if (!__atomic_load_n(&cpu->queue.ready_count, __ATOMIC_SEQ_CST)) {
		sched_check_rest();
		/* what a page fault would otherwise have to do */
		if (!__atomic_load_n(&cpu->queue.ready_count, __ATOMIC_SEQ_CST) &&
		    !frames_clean_one())
			sched_wait_for_interrupt();
	}
	sched_set_idle(false);
}

void sched_run(void)
{
	struct sched_cpu *cpu = sched_cpu();
	for (;;) {
		if (__atomic_load_n(&cpu->queue.ready_count, __ATOMIC_RELAXED))
			sched_switch();
		else
			sched_idle(cpu);
	}
}
