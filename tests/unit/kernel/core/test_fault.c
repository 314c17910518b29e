#include "fake_core.h"

static struct fault_runtime test_runtime;

static enum fault_spec_status test_load(struct str text)
{
	fake_core_install();
	log_start();
	struct fault_spec spec = {.present = true, .text = text, .len = text.len};
	return fault_runtime_load(&test_runtime, &spec);
}

static void rule_fires_as_its_action_says(void **)
{
	/* one letter a consult: F fails, '.' does not */
	static const struct {
		struct str rules;
		const char *outcome;
	} cases[] = {
	        {STR_INIT("alloc.frame=off"), "......"},
	        {STR_INIT("alloc.frame=fail"), "FFFFFF"},
	        {STR_INIT("alloc.frame=drop-every:1"), "FFFFFF"},
	        {STR_INIT("alloc.frame=drop-every:3"), "..F..F"},
	        {STR_INIT("alloc.frame=fail-after:0"), "FFFFFF"},
	        {STR_INIT("alloc.frame=fail-after:4"), "....FF"},
	        {STR_INIT("alloc.frame=rate:0"), "......"},
	        {STR_INIT("alloc.frame=rate:1000"), "FFFFFF"},
	        {STR_INIT("alloc.frame=delay-ms:5"), "......"},
	        {STR_INIT("process.spawn=fail"), "......"},
	        {STR_INIT("alloc.frame=fail;alloc.frame=off"), "......"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(test_load(cases[i].rules), FAULT_SPEC_LOADED);
		for (const char *c = cases[i].outcome; *c; c++)
			assert_int_equal(fault_runtime_consult(&test_runtime, FAULT_ALLOC_FRAME),
			                 *c == 'F');
	}
}

static uint64_t test_rate_pattern(struct str rules)
{
	uint64_t pattern = 0;
	assert_int_equal(test_load(rules), FAULT_SPEC_LOADED);
	for (unsigned i = 0; i < 64; i++)
		pattern |= (uint64_t)fault_runtime_consult(&test_runtime, FAULT_ALLOC_FRAME) << i;
	return pattern;
}

static void rate_repeats_for_the_same_seed_and_differs_for_another(void **)
{
	uint64_t unseeded = test_rate_pattern(STR("alloc.frame=rate:500"));
	uint64_t seeded = test_rate_pattern(STR("alloc.frame=rate:500:7"));
	assert_int_equal(unseeded, test_rate_pattern(STR("alloc.frame=rate:500")));
	assert_int_equal(seeded, test_rate_pattern(STR("alloc.frame=rate:500:7")));
	assert_true(unseeded != seeded);
	int ones = __builtin_popcountll(seeded);
	assert_true(ones > 16 && ones < 48);
}

static void default_seed_is_the_hash_of_the_location(void **)
{
	/* FNV-1a of "alloc.frame", computed apart from the code under test */
	uint64_t hash = 0xcbf29ce484222325;
	for (const char *c = "alloc.frame"; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 0x100000001b3;
	assert_int_equal(test_load(STR("alloc.frame=rate:5")), FAULT_SPEC_LOADED);
	assert_true(test_runtime.rules[FAULT_ALLOC_FRAME].random == (hash | 1));
}

static void delay_really_delays_and_counts(void **)
{
	assert_int_equal(test_load(STR("process.spawn=delay-ms:30")), FAULT_SPEC_LOADED);
	assert_false(fault_runtime_consult(&test_runtime, FAULT_PROCESS_SPAWN));
	assert_false(fault_runtime_consult(&test_runtime, FAULT_PROCESS_SPAWN));
	assert_int_equal(fake_core.delayed_ms, 60);
	assert_int_equal(test_runtime.rules[FAULT_PROCESS_SPAWN].fired, 2);
}

static void counters_are_reported_per_rule(void **)
{
	assert_int_equal(test_load(STR("alloc.frame=fail-after:2,process.spawn=off\n")),
	                 FAULT_SPEC_LOADED);
	for (unsigned i = 0; i < 5; i++) {
		fake_core.clock_us = 100 * (i + 1);
		(void)fault_runtime_consult(&test_runtime, FAULT_ALLOC_FRAME);
	}
	fake_core.len = 0;
	fault_runtime_report(&test_runtime);
	assert_true(fake_core_wrote("msg=\"fault point=alloc.frame action=fail-after:2 hits=5 "
	                            "fired=3 first_hit_us=100 first_fired_us=300\""));
	assert_true(fake_core_wrote("msg=\"fault point=process.spawn action=off hits=0 fired=0 "
	                            "first_hit_us=0 first_fired_us=0\""));
	assert_false(fake_core_wrote("block.read"));

	assert_int_equal(test_load(STR("alloc.frame=rate:20:7")), FAULT_SPEC_LOADED);
	fault_runtime_report(&test_runtime);
	assert_true(fake_core_wrote("action=rate:20:7 hits=0 fired=0"));
}

static void bad_rule_is_named_and_the_good_ones_stay(void **)
{
	assert_int_equal(
	        test_load(STR("alloc.frame=fail;nonsense;no.point=fail;process.spawn=explode")),
	        FAULT_SPEC_INVALID);
	assert_true(fake_core_wrote("lvl=error"));
	assert_true(fake_core_wrote("\\\"nonsense\\\""));
	assert_true(fake_core_wrote("\\\"no.point=fail\\\", ignoring: no such fault point"));
	assert_true(fake_core_wrote("fault action is not supported"));
	assert_true(
	        fake_core_wrote("msg=\"fault injection status=InvalidSpec rules=1 spec_len=61\""));
	assert_true(fault_runtime_consult(&test_runtime, FAULT_ALLOC_FRAME));
}

static void status_line_tells_what_came(void **)
{
	static const struct {
		struct fault_spec spec;
		enum fault_spec_status status;
		const char *line;
	} cases[] = {
	        {{.present = false},
	         FAULT_SPEC_NOT_PRESENT,
	         "status=NotPresent rules=0 spec_len=0"},
	        {{.present = true, .text = STR_INIT(""), .len = 0},
	         FAULT_SPEC_LOADED,
	         "status=Loaded rules=0 spec_len=0"},
	        {{.present = true, .len = 70000},
	         FAULT_SPEC_TOO_LARGE,
	         "status=TooLarge rules=0 spec_len=70000"},
	        {{.present = true, .text = STR_INIT("alloc.frame=off"), .len = 15},
	         FAULT_SPEC_LOADED,
	         "status=Loaded rules=1 spec_len=15"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		fake_core_install();
		log_start();
		assert_int_equal(fault_runtime_load(&test_runtime, &cases[i].spec),
		                 cases[i].status);
		assert_true(fake_core_wrote(cases[i].line));
		assert_int_equal(test_runtime.active, i == 3);
	}
}

static void point_without_a_rule_is_not_counted(void **)
{
	assert_int_equal(test_load(STR("alloc.frame=fail")), FAULT_SPEC_LOADED);
	assert_false(fault_runtime_consult(&test_runtime, FAULT_BLOCK_READ));
	assert_int_equal(test_runtime.rules[FAULT_BLOCK_READ].hits, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rule_fires_as_its_action_says),
	        cmocka_unit_test(rate_repeats_for_the_same_seed_and_differs_for_another),
	        cmocka_unit_test(default_seed_is_the_hash_of_the_location),
	        cmocka_unit_test(delay_really_delays_and_counts),
	        cmocka_unit_test(counters_are_reported_per_rule),
	        cmocka_unit_test(bad_rule_is_named_and_the_good_ones_stay),
	        cmocka_unit_test(status_line_tells_what_came),
	        cmocka_unit_test(point_without_a_rule_is_not_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
