#include "../../../test.h"

#include "../fake_memory.h"

static void a_charge_beyond_the_limit_is_refused_and_counted(void **)
{
	struct memory_account *account;
	assert_int_equal(memory_account_create(100, &account), OK);
	assert_int_equal(memory_charge(account, 60), OK);
	assert_int_equal(memory_charge(account, 41), ERR_NO_MEMORY);
	assert_int_equal(memory_charge(account, UINT64_MAX), ERR_NO_MEMORY);
	assert_int_equal(memory_charge(account, 40), OK);
	memory_uncharge(account, 90);
	struct memory_usage usage = memory_account_usage(account);
	assert_int_equal(usage.bytes, 10);
	assert_int_equal(usage.peak_bytes, 100);
	assert_int_equal(usage.limit_bytes, 100);
	assert_int_equal(usage.refusals, 2);
	memory_uncharge(account, 10);
	memory_account_unref(account);
}

static void a_lower_limit_only_stops_growth(void **)
{
	struct memory_account *account;
	assert_int_equal(memory_account_create(MEMORY_UNLIMITED, &account), OK);
	assert_int_equal(memory_charge(account, 60), OK);
	assert_int_equal(memory_account_lower_limit(account, 50), OK);
	assert_int_equal(memory_account_lower_limit(account, 51), ERR_ACCESS_DENIED);
	assert_int_equal(memory_account_lower_limit(account, 50), OK);
	assert_int_equal(memory_charge(account, 1), ERR_NO_MEMORY);
	memory_uncharge(account, 20);
	assert_int_equal(memory_charge(account, 10), OK);
	memory_uncharge(account, 50);
	memory_account_unref(account);
}

static void nobody_is_the_kernel_and_has_no_limit(void **)
{
	assert_int_equal(memory_charge(NULL, UINT64_MAX), OK);
	memory_uncharge(NULL, UINT64_MAX);
	memory_account_unref(NULL);
	assert_null(memory_account_ref(NULL));
}

static void what_was_never_charged_can_not_be_given_back(void **)
{
	struct memory_account *account;
	assert_int_equal(memory_account_create(100, &account), OK);
	assert_int_equal(memory_charge(account, 1), OK);
	if (CONFIG_DEBUG_ASSERTIONS) {
		assert_true(FAKE_PANICS(memory_account_unref(memory_account_ref(account))) ==
		            false);
		assert_true(FAKE_PANICS(memory_uncharge(account, 2)));
	}
}

static void what_the_program_before_has_left_counts_on(void **)
{
	struct memory_account *first, *second, *third;
	assert_int_equal(memory_account_create(100, &first), OK);
	assert_int_equal(memory_account_create(100, &second), OK);
	assert_int_equal(memory_account_create(100, &third), OK);
	assert_int_equal(memory_charge(first, 60), OK);
	memory_account_follow(second, first);
	memory_account_follow(third, second); /* which is empty, and left out */
	memory_account_unref(second);
	assert_int_equal(memory_account_usage(third).bytes, 60);
	assert_int_equal(memory_charge(third, 41), ERR_NO_MEMORY);
	assert_int_equal(memory_charge(third, 40), OK);
	memory_uncharge(first, 60);
	memory_account_unref(first);
	assert_int_equal(memory_account_usage(third).bytes, 40);
	memory_uncharge(third, 40);
	memory_account_unref(third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_charge_beyond_the_limit_is_refused_and_counted),
	        cmocka_unit_test(a_lower_limit_only_stops_growth),
	        cmocka_unit_test(what_the_program_before_has_left_counts_on),
	        cmocka_unit_test(nobody_is_the_kernel_and_has_no_limit),
	        cmocka_unit_test(what_was_never_charged_can_not_be_given_back),
	};
	return cmocka_run_group_tests(tests, fake_memory_start, fake_memory_end);
}
