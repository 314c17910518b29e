/* Threads that share: those of a crowd, and crowds of an owner. */
#include "fair_line.h"

static void line_add_owned(struct line *line, uint64_t crowd, uint64_t owner, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct fair_entity *entity = &line->entities[line->count++];
		fair_entity_init(entity, 1024);
		fair_entity_join(entity, crowd, owner);
		fair_put(&line->queue, entity, FAIR_NEW, line->now);
	}
}

static void line_add_crowd(struct line *line, uint64_t crowd, size_t count)
{
	line_add_owned(line, crowd, 0, count);
}

static void a_crowd_gets_what_one_gets(void **)
{
	for (size_t many = 2; many < ENTITIES_MAX; many *= 2) {
		struct line line;
		line_start(&line);
		line_add_crowd(&line, 7, many);
		line_add_crowd(&line, 8, 1);
		line_pick(&line);
		line_run(&line, 40000 * millisecond);
		assert_share(&line.entities[many], 20000 * millisecond);
		for (size_t i = 0; i < many; i++)
			assert_share(&line.entities[i], 20000 * millisecond / many);
	}
}

static void all_crowds_of_an_owner_get_what_one_gets(void **)
{
	for (size_t many = 2; many < ENTITIES_MAX; many *= 2) {
		struct line line;
		line_start(&line);
		for (size_t i = 0; i < many; i++)
			line_add_owned(&line, 7 + i, 1000, 1);
		line_add_owned(&line, 7 + many, 1001, 1);
		line_pick(&line);
		line_run(&line, 40000 * millisecond);
		assert_share(&line.entities[many], 20000 * millisecond);
		for (size_t i = 0; i < many; i++)
			assert_share(&line.entities[i], 20000 * millisecond / many);
	}
}

static void an_owner_s_crowds_share_alike_whatever_their_size(void **)
{
	struct line line;
	line_start(&line);
	line_add_owned(&line, 7, 1000, 6);
	line_add_owned(&line, 8, 1000, 1);
	line_add_owned(&line, 9, 0, 1);
	line_pick(&line);
	line_run(&line, 40000 * millisecond);
	assert_share(&line.entities[7], 20000 * millisecond);
	assert_share(&line.entities[6], 10000 * millisecond);
	for (size_t i = 0; i < 6; i++)
		assert_share(&line.entities[i], 10000 * millisecond / 6);
}

/* The one that begins to wait says whose a crowd is; who leaves it last takes that back. */
static void a_crowd_of_several_owners_is_counted_once(void **)
{
	struct line line;
	line_start(&line);
	line_add_owned(&line, 7, 1000, 1);
	line_add_owned(&line, 7, 1001, 1);
	const uint32_t *owned = line.crowds.owned;
	assert_int_equal(owned[1000 % FAIR_OWNERS], 1);
	assert_int_equal(owned[1001 % FAIR_OWNERS], 0);
	fair_take(&line.queue, &line.entities[0]);
	assert_int_equal(owned[1000 % FAIR_OWNERS], 1);
	fair_take(&line.queue, &line.entities[1]);
	for (size_t i = 0; i < FAIR_OWNERS; i++)
		assert_int_equal(owned[i], 0);
}

static void one_of_no_crowd_wakes_into_a_crowd_at_once(void **)
{
	struct line line;
	struct fair_entity alone;
	line_start(&line);
	line_add_crowd(&line, 7, ENTITIES_MAX);
	line_pick(&line);
	line_run(&line, 1000 * millisecond);
	fair_entity_init(&alone, 1024);
	fair_put(&line.queue, &alone, FAIR_WOKEN, line.now);
	line.now += FAIR_WAKE_GRANULARITY_NS;
	fair_account(&line.queue, line.now);
	assert_true(fair_preempts(&line.queue, &alone));
	/* ten slices, and never more than one of somebody else between two of them */
	for (uint64_t end = line.now + 60 * millisecond; line.now < end;)
		line_run(&line, millisecond);
	assert_true(alone.run_ns >= 27 * millisecond);
}

/* What is left of a crowd does not pay for long for how fast its time ran. */
static void who_is_left_of_a_crowd_goes_on(void **)
{
	struct line line;
	line_start(&line);
	line_add_crowd(&line, 7, 40);
	line_add_crowd(&line, 8, 1);
	line_pick(&line);
	line_run(&line, 1000 * millisecond);
	fair_leave(&line.queue, line.now);
	for (size_t i = 1; i < 40; i++)
		if (!list_empty(&line.entities[i].age))
			fair_take(&line.queue, &line.entities[i]);
	for (size_t i = 0; i <= 40; i += 40)
		if (list_empty(&line.entities[i].age))
			fair_put(&line.queue, &line.entities[i], FAIR_PREEMPTED, line.now);
	line.longest_wait[0] = 0;
	line_pick(&line);
	line_run(&line, 1000 * millisecond);
	assert_true(line.longest_wait[0] <= 41 * (uint64_t)FAIR_GRANULARITY_NS + FAIR_TICK_NS);
	assert_int_equal(line.crowds.waiting[line.entities[1].counted],
	                 line.queue.current != &line.entities[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_crowd_gets_what_one_gets),
	        cmocka_unit_test(all_crowds_of_an_owner_get_what_one_gets),
	        cmocka_unit_test(an_owner_s_crowds_share_alike_whatever_their_size),
	        cmocka_unit_test(a_crowd_of_several_owners_is_counted_once),
	        cmocka_unit_test(one_of_no_crowd_wakes_into_a_crowd_at_once),
	        cmocka_unit_test(who_is_left_of_a_crowd_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
