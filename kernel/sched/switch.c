/*
 * The switch between threads, and the boot thread's loop.
 *
 * Everything below runs with interrupts off. A thread that has exited can't free the stack it
 * stands on: whoever runs next on that CPU does.
 */
#include "core/api.h"
#include "sched/run_queue.h"

/* One per CPU once there are more. */
struct sched_cpu {
	struct run_queue queue;
	struct thread boot; /* runs when no other thread is ready */
	struct thread *previous; /* whom the last switch left */
};

static struct sched_cpu sched_cpus[1];

static struct sched_cpu *sched_cpu(void)
{
	return &sched_cpus[cpu_current()->index];
}

struct run_queue *run_queue_current(void)
{
	return &sched_cpu()->queue;
}

void sched_init(void)
{
	struct sched_cpu *cpu = sched_cpu();
	run_queue_init(&cpu->queue);
	cpu->boot = (struct thread){.state = THREAD_RUNNING, .on_cpu = true};
	list_init(&cpu->boot.link);
	cpu_current()->thread = &cpu->boot;
}

/* What follows on every switch, in the thread switched to. */
void sched_switch_done(void)
{
	struct thread *previous = sched_cpu()->previous;
	bool dead = previous->state == THREAD_DEAD;
	__atomic_store_n(&previous->on_cpu, false, __ATOMIC_RELEASE);
	if (dead)
		thread_destroy(previous);
}

static void sched_load(struct thread *next)
{
	/* woken on another CPU before it was switched out there */
	while (__atomic_load_n(&next->on_cpu, __ATOMIC_ACQUIRE))
		cpu_pause();
	next->on_cpu = true;
	next->state = THREAD_RUNNING;
	cpu_current()->thread = next;
	address_space_activate(next->space);
	if (next->stack)
		cpu_set_kernel_stack((uintptr_t)kernel_stack_top(next->stack));
	if (next->fpu)
		fpu_state_load(next->fpu);
}

void sched_switch(void)
{
	struct sched_cpu *cpu = sched_cpu();
	struct thread *next = run_queue_take(&cpu->queue);
	sched_switch_to(next ? next : &cpu->boot);
}

void sched_switch_to(struct thread *next)
{
	struct sched_cpu *cpu = sched_cpu();
	struct thread *self = thread_current();
	if (next == self) {
		self->state = THREAD_RUNNING;
		return;
	}
	if (self->fpu)
		fpu_state_save(self->fpu);
	cpu->previous = self;
	sched_load(next);
	context_switch(&self->context, next->context);
	sched_switch_done();
}

void thread_yield(void)
{
	struct thread *self = thread_current();
	struct run_queue *queue = run_queue_current();
	if (self == &sched_cpu()->boot)
		self->state = THREAD_READY;
	else
		run_queue_put(queue, self);
	sched_switch();
}

void thread_exit(void)
{
	thread_current()->state = THREAD_DEAD;
	sched_switch();
	PANIC("a dead thread was resumed");
}

void sched_run(void)
{
	for (;;) {
		if (list_empty(&run_queue_current()->ready))
			PANIC("no thread can run any more");
		thread_yield();
	}
}
