#include "../../test.h"
#include <fault_rules/api.h>

static void good_rule_gives_its_parts(void **)
{
	static const struct {
		struct str text;
		struct str location;
		enum fault_action action;
		uint64_t number, seed;
	} cases[] = {
	        {STR_INIT("alloc.frame=off"), STR_INIT("alloc.frame"), FAULT_OFF, 0, 0},
	        {STR_INIT(" block.read = fail "), STR_INIT("block.read"), FAULT_FAIL, 0, 0},
	        {STR_INIT("a=drop-every:1"), STR_INIT("a"), FAULT_DROP_EVERY, 1, 0},
	        {STR_INIT("a=fail-after:0"), STR_INIT("a"), FAULT_FAIL_AFTER, 0, 0},
	        {STR_INIT("a=fail-after:18446744073709551615"), STR_INIT("a"), FAULT_FAIL_AFTER,
	         UINT64_MAX, 0},
	        {STR_INIT("a=rate:0"), STR_INIT("a"), FAULT_RATE, 0, 0},
	        {STR_INIT("a=rate:1000:99"), STR_INIT("a"), FAULT_RATE, 1000, 99},
	        {STR_INIT("A_z-9:/.=delay-ms:250"), STR_INIT("A_z-9:/."), FAULT_DELAY_MS, 250, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fault_rule rule;
		assert_int_equal(fault_rule_parse(cases[i].text, &rule), FAULT_RULE_OK);
		assert_str(rule.location, cases[i].location);
		assert_int_equal(rule.action, cases[i].action);
		assert_true(rule.number == cases[i].number);
		assert_true(rule.seed == cases[i].seed);
	}
}

static void bad_rule_says_what_is_wrong(void **)
{
	static const struct {
		struct str text;
		enum fault_rule_error error;
	} cases[] = {
	        {STR_INIT(""), FAULT_RULE_EMPTY},
	        {STR_INIT(" \t\n"), FAULT_RULE_EMPTY},
	        {STR_INIT("alloc.frame"), FAULT_RULE_MISSING_EQUALS},
	        {STR_INIT("=fail"), FAULT_RULE_BAD_LOCATION},
	        {STR_INIT("a b=fail"), FAULT_RULE_BAD_LOCATION},
	        {STR_INIT("\xc3\xa4=fail"), FAULT_RULE_BAD_LOCATION},
	        {STR_INIT("a="), FAULT_RULE_BAD_ACTION},
	        {STR_INIT("a=Fail"), FAULT_RULE_BAD_ACTION},
	        {STR_INIT("a=fail:1"), FAULT_RULE_BAD_ACTION},
	        {STR_INIT("a=off:"), FAULT_RULE_BAD_ACTION},
	        {STR_INIT("a=b=fail"), FAULT_RULE_BAD_ACTION},
	        {STR_INIT("a=explode:3"), FAULT_RULE_BAD_ACTION},
	        {STR_INIT("a=drop-every"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=drop-every:0"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=fail-after:"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=fail-after:-1"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=fail-after:+1"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=fail-after: 1"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=fail-after:1x"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=fail-after:18446744073709551616"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=fail-after:1:2"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=rate:1001"), FAULT_RULE_RATE_RANGE},
	        {STR_INIT("a=rate:1:"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=rate:1:2:3"), FAULT_RULE_BAD_NUMBER},
	        {STR_INIT("a=rate::3"), FAULT_RULE_BAD_NUMBER},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fault_rule rule = {.number = 77};
		enum fault_rule_error error = fault_rule_parse(cases[i].text, &rule);
		if (error != cases[i].error)
			fail_msg("'%.*s': got '%s'", STR_ARG(cases[i].text),
			         fault_rule_error_text(error));
		assert_int_equal(rule.number, 77); /* not written */
	}
}

static void set_is_split_at_each_separator_and_blanks_are_skipped(void **)
{
	static const struct str expected[] = {STR_INIT("a=fail"), STR_INIT("b=off"),
	                                      STR_INIT("c = rate:5"), STR_INIT("d")};
	struct str rest = STR(";; a=fail ,\n b=off\n\n;c = rate:5\t;,d"), text;
	size_t count = 0;
	while (fault_rules_next(&rest, &text)) {
		assert_true(count < COUNT(expected));
		assert_str(text, expected[count]);
		count++;
	}
	assert_int_equal(count, COUNT(expected));
	assert_false(fault_rules_next(&rest, &text));
}

static void every_action_has_its_word(void **)
{
	assert_string_equal(fault_action_name(FAULT_DROP_EVERY), "drop-every");
	assert_string_equal(fault_action_name(FAULT_DELAY_MS), "delay-ms");
	for (int e = FAULT_RULE_OK; e <= FAULT_RULE_RATE_RANGE; e++)
		assert_non_null(fault_rule_error_text((enum fault_rule_error)e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(good_rule_gives_its_parts),
	        cmocka_unit_test(bad_rule_says_what_is_wrong),
	        cmocka_unit_test(set_is_split_at_each_separator_and_blanks_are_skipped),
	        cmocka_unit_test(every_action_has_its_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
