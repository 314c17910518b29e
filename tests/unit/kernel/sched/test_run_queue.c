#include "../../test.h"
#include "sched/run_queue.h"
#include <stdlib.h>

enum { CPUS = 4, THREADS = 32 };

struct machine {
	struct fair_crowds crowds;
	struct run_queue queues[CPUS];
	struct run_queue *list[CPUS];
	struct thread threads[THREADS];
	uint64_t now;
};

static void machine_start(struct machine *machine)
{
	*machine = (struct machine){.now = 1000, .crowds.cpus = CPUS};
	for (uint32_t i = 0; i < CPUS; i++) {
		run_queue_init(&machine->queues[i], i, &machine->crowds);
		machine->list[i] = &machine->queues[i];
	}
	for (size_t i = 0; i < THREADS; i++) {
		struct thread *thread = &machine->threads[i];
		*thread = (struct thread){.affinity = UINT64_MAX};
		list_init(&thread->link);
		fair_entity_init(&thread->fair, 1024);
	}
}

static void machine_put(struct machine *machine, size_t thread, uint32_t cpu, enum fair_arrival how)
{
	const struct fair_time time = {.now = machine->now};
	(void)run_queue_put(&machine->queues[cpu], &machine->threads[thread], how, &time);
	assert_int_equal(machine->threads[thread].state, THREAD_READY);
	assert_int_equal(machine->threads[thread].cpu, cpu);
}

static void an_idle_cpu_takes_from_where_most_wait(void **)
{
	static struct machine machine;
	machine_start(&machine);
	assert_null(run_queue_busiest(machine.list, CPUS, &machine.queues[0]));
	machine_put(&machine, 0, 1, FAIR_NEW);
	machine_put(&machine, 1, 2, FAIR_NEW);
	machine_put(&machine, 2, 2, FAIR_NEW);
	assert_ptr_equal(run_queue_busiest(machine.list, CPUS, &machine.queues[0]),
	                 &machine.queues[2]);
	assert_ptr_equal(run_queue_busiest(machine.list, CPUS, &machine.queues[2]),
	                 &machine.queues[1]);
	assert_ptr_equal(run_queue_steal(&machine.queues[2], 0), &machine.threads[1]);
	assert_int_equal(machine.queues[2].ready_count, 1);
}

static void only_what_may_move_is_taken(void **)
{
	static struct machine machine;
	machine_start(&machine);
	machine.threads[0].affinity = 1 << 2;
	machine.threads[1].on_cpu = true;
	for (size_t i = 0; i < 3; i++)
		machine_put(&machine, i, 2, FAIR_NEW);
	assert_ptr_equal(run_queue_steal(&machine.queues[2], 0), &machine.threads[2]);
	assert_null(run_queue_steal(&machine.queues[2], 0));
	assert_ptr_equal(run_queue_steal(&machine.queues[2], 2), &machine.threads[0]);
}

static void a_cpu_that_is_ahead_takes_from_the_one_most_behind(void **)
{
	static struct machine machine;
	static const uint64_t lag = 4000000;
	machine_start(&machine);
	machine.threads[1].fair.vruntime = 90000000;
	machine.threads[2].fair.vruntime = 80000000;
	machine_put(&machine, 1, 1, FAIR_PREEMPTED);
	machine_put(&machine, 2, 2, FAIR_PREEMPTED);
	machine.queues[0].min_vruntime = 84000000;
	assert_null(run_queue_behind(machine.list, CPUS, &machine.queues[0], lag));
	machine.queues[0].min_vruntime = 84000001;
	assert_ptr_equal(run_queue_behind(machine.list, CPUS, &machine.queues[0], lag),
	                 &machine.queues[2]);
	/* at the very start nobody is behind */
	machine.queues[0].min_vruntime = 0;
	assert_null(run_queue_behind(machine.list, CPUS, &machine.queues[0], lag));
}

static void machine_reschedule(struct machine *machine, struct run_queue *queue)
{
	struct fair_entity *current = queue->fair.current;
	fair_leave(&queue->fair, machine->now);
	if (current)
		fair_put(&queue->fair, current, FAIR_PREEMPTED, machine->now);
	(void)fair_pick(&queue->fair, machine->now);
	run_queue_publish(queue);
}

static void machine_tick(struct machine *machine, uint32_t cpu, uint64_t step)
{
	struct run_queue *queue = &machine->queues[cpu];
	if (fair_tick(&queue->fair, machine->now, 0))
		machine_reschedule(machine, queue);
	run_queue_publish(queue);
	struct run_queue *from = NULL;
	if (!queue->fair.current)
		from = run_queue_busiest(machine->list, CPUS, queue);
	else if ((step + cpu) % 4 == 0)
		from = run_queue_behind(machine->list, CPUS, queue, 4000000);
	struct thread *thread = from ? run_queue_steal(from, cpu) : NULL;
	if (!thread)
		return;
	const struct fair_time time = {.now = machine->now};
	if (run_queue_put(queue, thread, FAIR_MOVED, &time))
		machine_reschedule(machine, queue);
}

/* Slices that end between ticks. */
static void machine_run_to(struct machine *machine, uint64_t tick)
{
	for (;;) {
		struct run_queue *next = &machine->queues[0];
		for (uint32_t cpu = 1; cpu < CPUS; cpu++)
			if (machine->queues[cpu].fair.slice_end < next->fair.slice_end)
				next = &machine->queues[cpu];
		if (next->fair.slice_end >= tick)
			break;
		machine->now = next->fair.slice_end;
		if (fair_end_slice(&next->fair, machine->now))
			machine_reschedule(machine, next);
	}
	machine->now = tick;
}

/* Thread counts that CPUs do not divide, all of them started on one CPU. */
static void balancing_spreads_threads_by_share(void **)
{
	static const size_t counts[] = {5, 6, 7, 9, 13};
	for (size_t c = 0; c < COUNT(counts); c++) {
		static struct machine machine;
		const uint64_t ticks = 20000;
		machine_start(&machine);
		for (size_t i = 0; i < counts[c]; i++)
			machine_put(&machine, i, 0, FAIR_NEW);
		for (uint64_t step = 0; step < ticks; step++) {
			machine_run_to(&machine, machine.now + FAIR_TICK_NS);
			for (uint32_t cpu = 0; cpu < CPUS; cpu++)
				machine_tick(&machine, cpu, step);
		}
		uint64_t wanted = ticks * FAIR_TICK_NS * CPUS / counts[c];
		for (size_t i = 0; i < counts[c]; i++)
			assert_in_range(machine.threads[i].fair.run_ns, wanted * 97 / 100,
			                wanted * 103 / 100);
	}
}

/* A thread that is lost or doubled shows as a wrong count. */
static void random_moves_lose_no_thread(void **)
{
	static struct machine machine;
	machine_start(&machine);
	for (size_t i = 0; i < THREADS; i++)
		machine_put(&machine, i, (uint32_t)i % CPUS, FAIR_NEW);
	srandom(11);
	for (int step = 0; step < 20000; step++) {
		machine.now += (uint64_t)random() % 2000000;
		uint32_t cpu = (uint32_t)random() % CPUS;
		if (random() % 2) {
			machine_reschedule(&machine, &machine.queues[cpu]);
		} else {
			struct thread *thread =
			        run_queue_steal(&machine.queues[cpu], (cpu + 1) % CPUS);
			if (thread)
				machine_put(&machine, (size_t)(thread - machine.threads),
				            (cpu + 1) % CPUS, FAIR_MOVED);
		}
		size_t ready = 0, running = 0;
		for (size_t i = 0; i < CPUS; i++) {
			ready += machine.queues[i].fair.ready.count;
			running += machine.queues[i].fair.current != NULL;
		}
		assert_int_equal(ready + running, THREADS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_idle_cpu_takes_from_where_most_wait),
	        cmocka_unit_test(only_what_may_move_is_taken),
	        cmocka_unit_test(a_cpu_that_is_ahead_takes_from_the_one_most_behind),
	        cmocka_unit_test(balancing_spreads_threads_by_share),
	        cmocka_unit_test(random_moves_lose_no_thread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
