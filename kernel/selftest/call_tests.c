/* Calls between CPUs, from all of them at once, and what must not be, done on purpose. */
#include "ps/api.h"
#include "selftest/suite.h"

enum { CALL_ROUNDS = 100 };

struct caller {
	struct selftest_crew *crew;
	uint64_t *answered; /* atomic */
};

static void selftest_count_call(void *argument)
{
	__atomic_fetch_add((uint64_t *)argument, 1, __ATOMIC_RELAXED);
}

static void selftest_call_all(void *argument)
{
	const struct caller *caller = argument;
	for (int i = 0; i < CALL_ROUNDS; i++)
		cpu_call(UINT64_MAX, selftest_count_call, caller->answered);
	selftest_crew_leave(caller->crew);
}

void selftest_calls(struct selftest *test)
{
	struct selftest_crew crew;
	uint64_t answered = 0, started = 0;
	struct caller caller = {&crew, &answered};
	selftest_crew_init(&crew);
	for (uint64_t rest = cpu_online(); rest; rest &= rest - 1) {
		const struct thread_request request = {
		        .entry = selftest_call_all,
		        .argument = &caller,
		        .affinity = rest & -rest,
		};
		started += selftest_crew_start(&crew, &request);
	}
	selftest_crew_wait(&crew);
	uint64_t wanted = started * CALL_ROUNDS * selftest_cpu_count();
	selftest_check(test, started == selftest_cpu_count() && answered == wanted,
	               "%lu calls of every CPU to every CPU were answered, expected %lu", answered,
	               wanted);
}

void selftest_lock_order(struct selftest *test)
{
	struct spinlock inner = SPINLOCK_INIT(LOCK_FRAMES);
	spinlock_acquire(&inner);
	(void)process_group_exists(0); /* takes the lock of the table of processes */
	spinlock_release(&inner);
	selftest_check(test, !CONFIG_DEBUG_ASSERTIONS, "locks out of order are not noticed");
}

void selftest_lock_sleep(struct selftest *test)
{
	struct spinlock lock = SPINLOCK_INIT(LOCK_PROCESS);
	spinlock_acquire(&lock);
	thread_yield();
	spinlock_release(&lock);
	selftest_check(test, !CONFIG_DEBUG_ASSERTIONS, "a sleep with a lock held is not noticed");
}

/* Longer than the kernel ever should, and then on. */
void selftest_slow(struct selftest *test)
{
	const uint64_t long_ns = 700000000;
	uint64_t end = clock_ns() + long_ns;
	while (clock_ns() < end)
		;
	selftest_check(test, true, "a CPU that is slow goes on");
}

void selftest_hang(struct selftest *)
{
	for (;;)
		cpu_pause();
}
