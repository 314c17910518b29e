#include "fair_line.h"

static void shares_follow_weights_within_three_percent(void **)
{
	static const uint32_t sets[][4] = {{1024, 1024, 1024, 1024},
	                                   {952, 952, 1904, 3816},
	                                   {100, 200, 400, 800},
	                                   {200, 400, 999, 3000}};
	for (size_t s = 0; s < COUNT(sets); s++) {
		struct line line;
		uint64_t sum = 0;
		line_start(&line);
		for (size_t i = 0; i < 4; i++) {
			(void)line_add(&line, sets[s][i]);
			sum += sets[s][i];
		}
		line_pick(&line);
		line_run(&line, 40000 * millisecond);
		for (size_t i = 0; i < 4; i++)
			assert_share(&line.entities[i], 40000 * millisecond * sets[s][i] / sum);
	}
}

static void equals_wait_at_most_a_slice_of_each_and_a_tick(void **)
{
	for (size_t count = 2; count <= ENTITIES_MAX; count *= 2) {
		struct line line;
		line_start(&line);
		for (size_t i = 0; i < count; i++)
			(void)line_add(&line, 1024);
		line_pick(&line);
		line_run(&line, 4000 * millisecond);
		for (size_t i = 0; i < count; i++)
			assert_true(line.longest_wait[i] <=
			            count * FAIR_GRANULARITY_NS + FAIR_TICK_NS);
	}
}

static void who_has_less_runs_shorter_and_waits_no_longer(void **)
{
	enum { NICE_0 = 952, NICEST = 32 };
	static const uint32_t sets[][4] = {{NICE_0, NICEST},
	                                   {NICE_0, NICE_0, NICE_0, NICEST},
	                                   {NICE_0, NICEST, NICEST, NICEST},
	                                   {3816, 952, 952, 1904}};
	for (size_t s = 0; s < COUNT(sets); s++) {
		struct line line;
		uint64_t sum = 0;
		line_start(&line);
		for (size_t i = 0; i < COUNT(sets[s]) && sets[s][i]; i++) {
			(void)line_add(&line, sets[s][i]);
			sum += sets[s][i];
		}
		line_pick(&line);
		line_run(&line, 20000 * millisecond);
		for (size_t i = 0; i < line.count; i++) {
			assert_share(&line.entities[i], 20000 * millisecond * sets[s][i] / sum);
			assert_true(line.longest_wait[i] <=
			            line.count * FAIR_GRANULARITY_NS + FAIR_TICK_NS);
		}
	}
}

static void the_lightest_does_not_starve(void **)
{
	struct line line;
	line_start(&line);
	for (size_t i = 0; i < 3; i++)
		(void)line_add(&line, FAIR_WEIGHT_MAX);
	(void)line_add(&line, FAIR_WEIGHT_MIN);
	line_pick(&line);
	line_run(&line, 4000 * millisecond);
	assert_true(line.entities[3].run_ns >= 4000 * millisecond * FAIR_SLICE_MIN_NS /
	                                               (4 * (uint64_t)FAIR_GRANULARITY_NS) / 2);
	assert_true(line.longest_wait[3] <= 4 * (uint64_t)FAIR_GRANULARITY_NS + FAIR_TICK_NS);
}

/* One that slept for a minute owes its advantage to the credit alone. */
static void sleeping_earns_a_bounded_credit(void **)
{
	struct line line;
	line_start(&line);
	struct fair_entity *busy = line_add(&line, 1024);
	line_pick(&line);
	struct fair_entity sleeper;
	fair_entity_init(&sleeper, 1024);
	line_run(&line, 60000 * millisecond);
	fair_put(&line.queue, &sleeper, FAIR_WOKEN, line.now);
	assert_int_equal(busy->vruntime - sleeper.vruntime, FAIR_SLEEPER_CREDIT_NS);
	assert_true(fair_preempts(&line.queue, &sleeper));

	uint64_t before = busy->run_ns;
	line_preempt(&line);
	assert_ptr_equal(line.queue.current, &sleeper);
	line_run(&line, 20 * millisecond);
	assert_true(busy->run_ns - before >= 6 * millisecond);
}

static void short_naps_earn_nothing(void **)
{
	struct line line;
	line_start(&line);
	struct fair_entity *napper = line_add(&line, 1024);
	(void)line_add(&line, 1024);
	line_pick(&line);
	line_run(&line, 100 * millisecond);
	while (line.queue.current != napper)
		line_run(&line, millisecond);
	uint64_t vruntime = napper->vruntime;
	fair_leave(&line.queue, line.now);
	assert_true(napper->vruntime >= vruntime);
	vruntime = napper->vruntime;
	fair_put(&line.queue, napper, FAIR_WOKEN, line.now);
	assert_int_equal(napper->vruntime, vruntime);
}

static void who_is_charged_for_another_is_no_longer_once_it_is_ready_itself(void **)
{
	struct line line;
	line_start(&line);
	struct fair_entity *lender = line_add(&line, 1024);
	line_pick(&line);
	uint64_t start = lender->vruntime, weight = line.queue.weight;
	line.now += 2 * millisecond;
	fair_give_back(&line.queue, lender, line.now);
	assert_int_equal(lender->vruntime - start, 2 * millisecond);
	assert_null(line.queue.current);
	assert_int_equal(line.queue.weight, weight - 1024);
	/* somebody else's coming changes nothing */
	struct fair_entity other;
	fair_entity_init(&other, 1024);
	fair_give_back(&line.queue, &other, line.now);
	fair_put(&line.queue, lender, FAIR_WOKEN, line.now);
	assert_true(fair_preempts(&line.queue, lender));
	line_pick(&line);
	fair_give_back(&line.queue, &other, line.now);
	assert_ptr_equal(line.queue.current, lender);
}

static void a_hand_over_goes_on_in_the_running_slice(void **)
{
	struct line line;
	line_start(&line);
	(void)line_add(&line, 1024);
	(void)line_add(&line, 1024);
	line_pick(&line);
	uint64_t picked_at = line.queue.picked_at;
	struct fair_entity callee;
	fair_entity_init(&callee, 1024);
	line.now += millisecond;
	fair_hand_over(&line.queue, &callee, line.now);
	assert_ptr_equal(line.queue.current, &callee);
	assert_int_equal(line.queue.picked_at, picked_at);
	assert_int_equal(line.queue.ready.count, 1);
}

static void one_that_wakes_elsewhere_waits_for_nobody_behind_it(void **)
{
	struct line line;
	line_start(&line);
	(void)line_add(&line, 1024);
	(void)line_add(&line, 1024);
	line_pick(&line);
	line_run(&line, 50 * millisecond);
	struct fair_entity mover;
	fair_entity_init(&mover, 1024);
	mover.vruntime = line.queue.min_vruntime + 500 * millisecond;
	fair_put(&line.queue, &mover, FAIR_WOKEN_MOVED, line.now);
	assert_true(mover.vruntime <= line.queue.min_vruntime);
}

/* Weights as the contract reckons them. */
static void each_step_of_niceness_is_a_quarter_of_what_is_left(void **)
{
	static const struct {
		uint32_t weight;
		int32_t nice;
		uint32_t expected;
	} cases[] = {
	        {1024, 0, 1024},    {1024, 1, 819},         {1024, -1, 1280},
	        {1024, 10, 109},    {1024, 19, 32},         {1024, 100, 32},
	        {1024, -20, 88817}, {900000, -20, 1000000}, {32, 19, 32},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(fair_nice_weight(cases[i].weight, cases[i].nice),
		                 cases[i].expected);
}

/* Queued, running, or neither: the queue's sum is that of who is in it. */
static void a_changed_weight_changes_the_share_from_then_on(void **)
{
	struct line line;
	struct fair_entity away;
	line_start(&line);
	struct fair_entity *first = line_add(&line, 1000), *second = line_add(&line, 1000);
	fair_entity_init(&away, 1000);
	line_pick(&line);
	uint64_t sum = line.queue.weight;
	fair_set_weight(&line.queue, first, 3000, line.now);
	assert_int_equal(line.queue.weight, sum + 2000);
	fair_set_weight(&line.queue, second, 500, line.now);
	assert_int_equal(line.queue.weight, sum + 1500);
	fair_set_weight(&line.queue, &away, 5000, line.now);
	assert_int_equal(line.queue.weight, sum + 1500);
	uint64_t before[] = {first->run_ns, second->run_ns};
	line_run(&line, 4000 * millisecond);
	double ratio = (double)(first->run_ns - before[0]) / (double)(second->run_ns - before[1]);
	assert_true(ratio > 5.8 && ratio < 6.2);
}

/* A CPU that is kept waiting after it has looked at the clock gets one that ran meanwhile. */
static void no_moment_is_charged_twice(void **)
{
	struct fair_crowds crowds = {.cpus = 2};
	struct fair_queue early, late;
	struct fair_entity entity;
	fair_queue_init(&early, &crowds);
	fair_queue_init(&late, &crowds);
	fair_entity_init(&entity, FAIR_WEIGHT_NICE_0);
	fair_put(&early, &entity, FAIR_NEW, 0);
	assert_ptr_equal(fair_pick(&early, 0), &entity);
	fair_leave(&early, 30 * millisecond);
	fair_put(&late, &entity, FAIR_WOKEN_MOVED, 30 * millisecond);
	assert_ptr_equal(fair_pick(&late, 10 * millisecond), &entity);
	fair_account(&late, 25 * millisecond);
	assert_int_equal(entity.run_ns, 30 * millisecond);
	fair_leave(&late, 50 * millisecond);
	assert_int_equal(entity.run_ns, 50 * millisecond);
}

static void weights_are_clamped_and_have_a_default(void **)
{
	assert_int_equal(fair_weight(100), 952);
	assert_int_equal(fair_weight(0), 952);
	assert_int_equal(fair_weight(1), FAIR_WEIGHT_MIN);
	assert_int_equal(fair_weight(1000), 9544);
	assert_int_equal(fair_weight(UINT64_MAX), FAIR_WEIGHT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(shares_follow_weights_within_three_percent),
	        cmocka_unit_test(equals_wait_at_most_a_slice_of_each_and_a_tick),
	        cmocka_unit_test(who_has_less_runs_shorter_and_waits_no_longer),
	        cmocka_unit_test(the_lightest_does_not_starve),
	        cmocka_unit_test(sleeping_earns_a_bounded_credit),
	        cmocka_unit_test(short_naps_earn_nothing),
	        cmocka_unit_test(who_is_charged_for_another_is_no_longer_once_it_is_ready_itself),
	        cmocka_unit_test(a_hand_over_goes_on_in_the_running_slice),
	        cmocka_unit_test(one_that_wakes_elsewhere_waits_for_nobody_behind_it),
	        cmocka_unit_test(each_step_of_niceness_is_a_quarter_of_what_is_left),
	        cmocka_unit_test(a_changed_weight_changes_the_share_from_then_on),
	        cmocka_unit_test(no_moment_is_charged_twice),
	        cmocka_unit_test(weights_are_clamped_and_have_a_default),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
