#include "toml_case.h"

static void a_word_without_quotes_is_told_how_to_be_written(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = hello",
	             "1:5 'hello' is not a value | a string needs quotes: \"hello\"\n"),
	        CASE("a = hello world # c",
	             "1:5 'hello world' is not a value | a string needs quotes: "
	             "\"hello world\"\n"),
	        CASE("a = C:\\dir",
	             "1:5 'C:\\dir' is not a value | a string needs quotes: 'C:\\dir'\n"),
	        CASE("a = /usr/bin", "1:5 '/usr/bin' is not a value | a string needs quotes: "
	                             "\"/usr/bin\"\n"),
	        CASE("a = True", "1:5 'True' is not a value | write true in lower case\n"),
	        CASE("a = FALSE", "1:5 'FALSE' is not a value | write false in lower case\n"),
	        CASE("a = yes",
	             "1:5 'yes' is not a value | booleans are true and false; a string needs "
	             "quotes\n"),
	        CASE("a = off",
	             "1:5 'off' is not a value | booleans are true and false; a string needs "
	             "quotes\n"),
	        CASE("a = null",
	             "1:5 'null' is not a value | TOML has no null; leave the key out\n"),
	        CASE("a = none",
	             "1:5 'none' is not a value | TOML has no null; leave the key out, or "
	             "quote it\n"),
	        CASE("a = NaN", "1:5 'NaN' is not a value | write nan in lower case\n"),
	        CASE("a = Inf", "1:5 'Inf' is not a value | write inf in lower case\n"),
	        CASE("a = “x”", "1:5 '“x”' is not a value | use plain quotes: \"...\"\n"),
	        CASE("a = a-name-that-is-longer-than-forty-characters-are",
	             "1:5 'a-name-that-is-longer-than-forty-charact' is not a value | a string "
	             "needs "
	             "quotes: \"...\"\n"),
	};
	ASSERT_SAID(cases);
}

static void a_missing_value_is_reported_where_it_should_stand(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a =", "1:4 a value is missing here\n"),
	        CASE("a = \nb = 1", "1:5 a value is missing here\n"),
	        CASE("a = # none", "1:5 a value is missing here\n"),
	        CASE("a = ,", "1:5 a value is missing before ','\n"),
	        CASE("a = ]", "1:5 a value is missing before ']'\n"),
	        CASE("a = { b = }", "1:11 a value is missing before '}'\n"),
	};
	ASSERT_SAID(cases);
}

static void booleans_are_two_words(void **)
{
	struct arena a;
	host_arena_init(&a);
	const struct toml_value *yes = value_of_a(&a, STR("a = true"));
	const struct toml_value *no = value_of_a(&a, STR("a = false # c"));
	assert_int_equal(yes->kind, TOML_BOOLEAN);
	assert_true(yes->boolean);
	assert_int_equal(no->kind, TOML_BOOLEAN);
	assert_false(no->boolean);
	assert_int_equal(no->span.end, 9);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_word_without_quotes_is_told_how_to_be_written),
	        cmocka_unit_test(a_missing_value_is_reported_where_it_should_stand),
	        cmocka_unit_test(booleans_are_two_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
