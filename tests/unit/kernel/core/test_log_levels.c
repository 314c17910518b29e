#include "../../test.h"
#include "core/log.h"

static struct log test_log;

static void test_start(void)
{
	log_init(&test_log, NULL, 0);
}

static void thresholds_start_as_configured(void **)
{
	test_start();
	for (size_t i = 0; i < LOG_CATEGORY_COUNT; i++)
		assert_int_equal(test_log.thresholds[i], log_default_thresholds[i]);
}

static void category_takes_its_level_and_others_stay(void **)
{
	struct str bad;
	test_start();
	assert_int_equal(log_set_levels(&test_log, STR(" memory = error ; boot=off"), &bad), OK);
	assert_int_equal(test_log.thresholds[LOG_MEMORY], LOG_LEVEL_ERROR);
	assert_int_equal(test_log.thresholds[LOG_BOOT], LOG_LEVEL_OFF);
	assert_int_equal(test_log.thresholds[LOG_PROCESS], log_default_thresholds[LOG_PROCESS]);
}

static void bare_level_is_for_every_category(void **)
{
	struct str bad;
	test_start();
	assert_int_equal(log_set_levels(&test_log, STR("fatal;memory=error"), &bad), OK);
	assert_int_equal(test_log.thresholds[LOG_MEMORY], LOG_LEVEL_ERROR);
	assert_int_equal(test_log.thresholds[LOG_BOOT],
	                 log_floor(LOG_BOOT) ? LOG_LEVEL_FATAL : LOG_LEVEL_OFF);
}

static void a_level_goes_down_to_what_is_compiled_in_and_no_further(void **)
{
	struct str bad;
	test_start();
	assert_int_equal(log_set_levels(&test_log, STR("trace"), &bad), OK);
	for (size_t i = 0; i < LOG_CATEGORY_COUNT; i++) {
		assert_int_equal(test_log.thresholds[i], log_floor(i));
		assert_true(log_floor(i) <= log_default_thresholds[i] ||
		            log_default_thresholds[i] == LOG_LEVEL_OFF);
	}
}

static void bad_item_is_named_and_the_good_ones_count(void **)
{
	static const struct {
		struct str spec, bad;
	} cases[] = {
	        {STR_INIT("memory=loud;boot=error"), STR_INIT("memory=loud")},
	        {STR_INIT("boot=error;kitchen=error;attic"), STR_INIT("kitchen=error")},
	        {STR_INIT("boot=error; =error"), STR_INIT("=error")},
	        {STR_INIT("BOOT=error;boot=error"), STR_INIT("BOOT=error")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str bad = {};
		test_start();
		assert_int_equal(log_set_levels(&test_log, cases[i].spec, &bad), ERR_INVALID_ARGS);
		assert_str(bad, cases[i].bad);
		assert_int_equal(test_log.thresholds[LOG_BOOT], LOG_LEVEL_ERROR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(thresholds_start_as_configured),
	        cmocka_unit_test(category_takes_its_level_and_others_stay),
	        cmocka_unit_test(bare_level_is_for_every_category),
	        cmocka_unit_test(a_level_goes_down_to_what_is_compiled_in_and_no_further),
	        cmocka_unit_test(bad_item_is_named_and_the_good_ones_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
