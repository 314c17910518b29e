/*
 * What the scheduler keeps for each CPU. Inside kernel/sched.
 */
#pragma once

#include "sched/run_queue.h"
#include "sched/timer_queue.h"

struct sched_cpu {
	struct run_queue queue;

	struct spinlock timer_lock;
	/* guarded by timer_lock */
	struct timer_queue timers;
	uint64_t timer_set_ns; /* what the CPU's timer is set to; UINT64_MAX: nothing */
	uint32_t timer_count; /* atomic; pending or firing */

	/* only used by the CPU itself */
	struct thread idle; /* runs when no other thread is ready */
	uint64_t next_tick_ns; /* while another than idle runs */
	uint64_t switches; /* read by all */
	uint32_t ticks;
	uint32_t lent_ticks; /* since a thread began to run on another one's account */
};

/* The calling CPU's. */
struct sched_cpu *sched_cpu(void);
struct sched_cpu *sched_cpu_at(uint32_t index);
/* Before that CPU runs. */
void sched_init_cpu(uint32_t index);
/* On that CPU: its idle thread runs. */
void sched_enter_cpu(void);

/* Gives the CPU to the next ready thread, or to the idle thread. The current one's state is set. */
void sched_switch(void);
/* What the thread switched to must call first; left: of whom it was switched from. */
void sched_switch_done(struct context **left);
/* Makes thread ready on the CPU that suits it best, and tells that CPU. */
void sched_place(struct thread *thread, enum fair_arrival how);

/* Timers of the calling CPU: those that are due; then sets the CPU's timer for what comes next. */
void sched_timers_expire(uint64_t now);
void sched_timer_update(void);

/* Looks how many threads want to run, when it is time to. */
void sched_load_sample(uint64_t now);

/* How far the CPU that is most ahead has come; an order of magnitude for CPUs that were idle. */
uint64_t sched_reference(void);
void sched_reference_raise(uint64_t vruntime);
/* Fetches a thread that waits on another CPU; false when there is none worth it. */
bool sched_pull_idle(void);
bool sched_pull_behind(void);
/* CPUs that have nothing to run and nobody has sent work to. */
uint64_t sched_idle_cpus(void);
void sched_set_idle(bool idle);
/* This CPU has more than it can run: an idle one should come and take it. */
void sched_call_idle(void);
