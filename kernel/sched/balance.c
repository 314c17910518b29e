/*
 * Threads and CPUs: where one that becomes ready runs, and what CPUs take from
 * each other.
 *
 * Virtual times of all CPUs are comparable. A CPU that is ahead takes the thread that is most
 * behind from another one, so that shares follow the weights over the whole machine.
 */
#include "sched/cpu_state.h"

struct sched_machine {
	uint64_t idle; /* atomic; mask of CPUs */
	uint64_t reference; /* atomic; never falls; raised at ticks only */
};

static struct sched_machine sched_machine;

uint64_t sched_idle_cpus(void)
{
	return __atomic_load_n(&sched_machine.idle, __ATOMIC_SEQ_CST);
}

void sched_set_idle(bool idle)
{
	uint64_t bit = (uint64_t)1 << cpu_current()->index;
	if (idle)
		__atomic_fetch_or(&sched_machine.idle, bit, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&sched_machine.idle, ~bit, __ATOMIC_SEQ_CST);
}

/* False when the CPU is not idle, or another has sent it work. */
static bool sched_claim_idle(uint32_t index)
{
	uint64_t bit = (uint64_t)1 << index;
	if (!(__atomic_load_n(&sched_machine.idle, __ATOMIC_RELAXED) & bit))
		return false;
	return __atomic_fetch_and(&sched_machine.idle, ~bit, __ATOMIC_SEQ_CST) & bit;
}

uint64_t sched_reference(void)
{
	return __atomic_load_n(&sched_machine.reference, __ATOMIC_RELAXED);
}

void sched_reference_raise(uint64_t vruntime)
{
	uint64_t seen = sched_reference();
	while (seen < vruntime &&
	       !__atomic_compare_exchange_n(&sched_machine.reference, &seen, vruntime, true,
	                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static uint64_t sched_allowed(const struct thread *thread)
{
	uint64_t allowed = __atomic_load_n(&thread->affinity, __ATOMIC_RELAXED) & cpu_online();
	/* a mask that names no CPU of this machine must not lose the thread */
	return allowed ? allowed : cpu_online();
}

static uint32_t sched_lightest(uint64_t allowed)
{
	uint32_t found = (uint32_t)__builtin_ctzll(allowed);
	uint64_t least = UINT64_MAX;
	for (; allowed; allowed &= allowed - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(allowed);
		uint64_t weight =
		        __atomic_load_n(&sched_cpu_at(index)->queue.weight, __ATOMIC_RELAXED);
		if (weight >= least)
			continue;
		least = weight;
		found = index;
	}
	return found;
}

static uint32_t sched_choose(const struct thread *thread, enum fair_arrival how)
{
	/* there its account may be in use */
	if (__atomic_load_n(&thread->on_cpu, __ATOMIC_ACQUIRE) || thread->lends)
		return thread->cpu;
	uint64_t allowed = sched_allowed(thread);
	if ((allowed >> thread->cpu & 1) && sched_claim_idle(thread->cpu))
		return thread->cpu;
	for (uint64_t idle = sched_idle_cpus() & allowed; idle; idle &= idle - 1)
		if (sched_claim_idle((uint32_t)__builtin_ctzll(idle)))
			return (uint32_t)__builtin_ctzll(idle);
	if (how == FAIR_NEW || !(allowed >> thread->cpu & 1))
		return sched_lightest(allowed);
	return thread->cpu;
}

void sched_place(struct thread *thread, enum fair_arrival how)
{
	uint32_t index = sched_choose(thread, how);
	struct run_queue *queue = &sched_cpu_at(index)->queue;
	if (how == FAIR_WOKEN && index != thread->cpu)
		how = FAIR_WOKEN_MOVED;
	const struct fair_time time = {.now = clock_ns(), .reference = sched_reference()};
	if (!run_queue_put(queue, thread, how, &time))
		return;
	if (index == cpu_current()->index)
		cpu_current()->reschedule = true;
	else
		cpu_send_reschedule(index);
}

void sched_call_idle(void)
{
	uint64_t idle = sched_idle_cpus();
	if (idle && sched_claim_idle((uint32_t)__builtin_ctzll(idle)))
		cpu_send_reschedule((uint32_t)__builtin_ctzll(idle));
}

/* The queues of the CPUs that run; returns their number. */
static size_t sched_queues(struct run_queue *queues[static CPU_MAX])
{
	size_t count = 0;
	for (uint64_t rest = cpu_online(); rest; rest &= rest - 1)
		queues[count++] = &sched_cpu_at((uint32_t)__builtin_ctzll(rest))->queue;
	return count;
}

static bool sched_pull_from(struct run_queue *from)
{
	struct run_queue *own = &sched_cpu()->queue;
	struct thread *thread = from ? run_queue_steal(from, own->index) : NULL;
	if (!thread)
		return false;
	const struct fair_time time = {.now = clock_ns(), .reference = sched_reference()};
	if (run_queue_put(own, thread, FAIR_MOVED, &time))
		cpu_current()->reschedule = true;
	return true;
}

bool sched_pull_idle(void)
{
	struct run_queue *queues[CPU_MAX];
	size_t count = sched_queues(queues);
	return sched_pull_from(run_queue_busiest(queues, count, &sched_cpu()->queue));
}

/* Does one that was taken before still run ahead of those that belong here? */
static bool sched_catches_up(const struct run_queue *own)
{
	uint64_t first = __atomic_load_n(&own->first_vruntime, __ATOMIC_RELAXED);
	uint64_t current = thread_current()->fair.vruntime;
	return (first < current ? first : current) + FAIR_TIE_NS < own->min_vruntime;
}

bool sched_pull_behind(void)
{
	if (sched_catches_up(&sched_cpu()->queue))
		return false; /* those that wait here would wait for both */
	struct run_queue *queues[CPU_MAX];
	size_t count = sched_queues(queues);
	struct run_queue *own = &sched_cpu()->queue;
	uint64_t lag = fair_balance_lag(&own->fair, &thread_current()->fair);
	return sched_pull_from(run_queue_behind(queues, count, own, lag));
}
