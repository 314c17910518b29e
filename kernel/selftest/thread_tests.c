/* Memory alone limits how many threads there are. */
#include "selftest/suite.h"

enum { MANY_THREADS = 10000 };

/* All of them are alive at once before the first may go. */
struct crowd {
	struct selftest_crew crew;
	struct spinlock lock;
	struct wait_queue gate;
	bool open; /* guarded by lock */
	size_t arrived;
	struct wait_queue all_arrived;
};

static void crowd_member(void *argument)
{
	struct crowd *crowd = argument;
	spinlock_acquire(&crowd->lock);
	crowd->arrived++;
	wait_queue_wake_all(&crowd->all_arrived);
	while (!crowd->open)
		wait_queue_sleep(&crowd->gate, &crowd->lock);
	spinlock_release(&crowd->lock);
	selftest_crew_leave(&crowd->crew);
}

static size_t crowd_gather(struct crowd *crowd)
{
	const struct thread_request request = {.entry = crowd_member, .argument = crowd};
	size_t started = 0;
	while (started < MANY_THREADS && selftest_crew_start(&crowd->crew, &request))
		started++;
	spinlock_acquire(&crowd->lock);
	while (crowd->arrived < started)
		wait_queue_sleep(&crowd->all_arrived, &crowd->lock);
	crowd->open = true;
	wait_queue_wake_all(&crowd->gate);
	spinlock_release(&crowd->lock);
	selftest_crew_wait(&crowd->crew);
	return started;
}

void selftest_threads(struct selftest *test)
{
	struct crowd crowd = {.lock = SPINLOCK_INIT(LOCK_PROCESS)};
	selftest_crew_init(&crowd.crew);
	wait_queue_init(&crowd.gate);
	wait_queue_init(&crowd.all_arrived);
	uint64_t start = clock_ns();
	size_t started = crowd_gather(&crowd);
	selftest_check(test, started == MANY_THREADS && crowd.arrived == started,
	               "%zu threads lived at once and have gone, in %lu ms", started,
	               (clock_ns() - start) / 1000000);
}
