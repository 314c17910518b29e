/*
 * How many threads want to run, on average over the last minutes.
 *
 * Looked at every five seconds, by whichever CPU has a tick first. Idle CPUs have none: when nobody
 * looked, nobody wanted to run.
 */
#include "sched/cpu_state.h"

enum {
	LOAD_ONE = 65536,
	LOAD_SPANS = 3,
	/* samples after which nothing is left of a load */
	LOAD_FORGOTTEN = 4096,
};

static const uint64_t load_every_ns = 5000000000;
/* What is left of an average after five seconds: e^(-5/60), e^(-5/300), e^(-5/900). */
static const uint32_t load_kept[LOAD_SPANS] = {60296, 64453, 65173};

struct sched_load {
	struct spinlock lock;
	uint64_t next_ns; /* atomic; written under lock */
	uint64_t averages[LOAD_SPANS]; /* guarded by lock; in 1/65536 */
};

static struct sched_load sched_load = {.lock = SPINLOCK_INIT(LOCK_RUN_QUEUE)};

static uint64_t load_now(void)
{
	uint64_t wanting = 0, idle = sched_idle_cpus();
	for (uint64_t rest = cpu_online(); rest; rest &= rest - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(rest);
		const uint32_t *ready = &sched_cpu_at(index)->queue.ready_count;
		wanting += __atomic_load_n(ready, __ATOMIC_RELAXED) + !(idle >> index & 1);
	}
	return wanting * LOAD_ONE;
}

static void load_add(uint64_t wanting)
{
	for (size_t i = 0; i < LOAD_SPANS; i++) {
		uint64_t sum =
		        sched_load.averages[i] * load_kept[i] + wanting * (LOAD_ONE - load_kept[i]);
		sched_load.averages[i] = sum / LOAD_ONE;
	}
}

/* The lock is held. */
static void load_catch_up(uint64_t now)
{
	if (now < sched_load.next_ns)
		return;
	uint64_t missed = (now - sched_load.next_ns) / load_every_ns;
	for (uint64_t i = 0; i < missed && i < LOAD_FORGOTTEN; i++)
		load_add(0);
	load_add(load_now());
	__atomic_store_n(&sched_load.next_ns, sched_load.next_ns + (missed + 1) * load_every_ns,
	                 __ATOMIC_RELAXED);
}

void sched_load_sample(uint64_t now)
{
	if (now < __atomic_load_n(&sched_load.next_ns, __ATOMIC_RELAXED))
		return;
	spinlock_acquire(&sched_load.lock);
	load_catch_up(now);
	spinlock_release(&sched_load.lock);
}

void sched_figures(struct sched_figures *out)
{
	*out = (struct sched_figures){};
	spinlock_acquire(&sched_load.lock);
	load_catch_up(clock_ns());
	for (size_t i = 0; i < LOAD_SPANS; i++)
		out->load[i] = (uint32_t)sched_load.averages[i];
	spinlock_release(&sched_load.lock);
	for (uint64_t rest = cpu_online(); rest; rest &= rest - 1) {
		const struct sched_cpu *cpu = sched_cpu_at((uint32_t)__builtin_ctzll(rest));
		out->switches += __atomic_load_n(&cpu->switches, __ATOMIC_RELAXED);
	}
}
