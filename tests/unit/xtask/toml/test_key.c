#include "toml_case.h"

static void what_stands_in_the_place_of_a_key_is_named(void **)
{
	static const struct toml_case cases[] = {
	        CASE("= 1", "1:1 no key before '=' | an empty key is written \"\"\n"),
	        CASE(".a = 1", "1:1 a part of the key is empty | an empty key is written \"\"\n"),
	        CASE("a..b = 1", "1:3 a part of the key is empty | an empty key is written \"\"\n"),
	        CASE("a. = 1", "1:4 no key before '=' | an empty key is written \"\"\n"),
	        CASE("größe = 1",
	             "1:1 'größe' can't be a key | bare keys have A-Z a-z 0-9 _ - only; "
	             "quote it: \"größe\"\n"),
	        CASE("a+b = 1", "1:1 'a+b' can't be a key | bare keys have A-Z a-z 0-9 _ - only; "
	                        "quote it: \"a+b\"\n"),
	        CASE("a.b$ = 1", "1:3 'b$' can't be a key | bare keys have A-Z a-z 0-9 _ - only; "
	                         "quote it: \"b$\"\n"),
	        CASE("*\"x = 1", "1:1 '*\"x' can't be a key\n"),
	        CASE("\"\"\"a\"\"\" = 1",
	             "1:1 a multi-line string can't be a key | use single quotes "
	             "or none\n"),
	        CASE("[]", "1:2 a key is missing before ']'\n"),
	        CASE("[a.]", "1:4 a key is missing before ']'\n"),
	        CASE("[a.", "1:4 a key is missing here\n"),
	        CASE("[#]", "1:2 a key is missing here\n"),
	};
	ASSERT_SAID(cases);
}

static void a_key_without_a_value_says_what_is_missing(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a", "1:2 no '=' behind the key 'a' | every line is key = value, [table] or # "
	                  "comment\n"),
	        CASE("a 1",
	             "1:3 no '=' behind the key 'a' | every line is key = value, [table] or # "
	             "comment\n"),
	        CASE("a: 1", "1:2 no '=' behind the key 'a' | TOML writes key = value\n"),
	        CASE("a.b",
	             "1:4 no '=' behind the key 'b' | every line is key = value, [table] or # "
	             "comment\n"),
	};
	ASSERT_SAID(cases);
}

static void a_key_of_very_many_parts_is_refused(void **)
{
	struct arena a;
	struct diag d;
	struct source source;
	host_arena_init(&a);
	for (size_t parts = TOML_KEY_PARTS_MAX; parts <= TOML_KEY_PARTS_MAX + 1; parts++) {
		struct text t = {.arena = &a};
		for (size_t i = 0; i < parts; i++)
			text_add(&t, i ? STR(".a") : STR("a"));
		text_add(&t, STR(" = 1\nb = 2\n"));
		source = (struct source){STR("t"), text_str(&t)};
		diag_init(&d, &a);
		const struct toml_value *root = toml_parse(&a, &source, &d);
		assert_int_equal(d.errors, parts > TOML_KEY_PARTS_MAX);
		assert_non_null(toml_find(&root->table, STR("b")));
	}
	assert_str(diag_summary(&d), STR("1:1 a key of more than 64 parts\n"));
	arena_release(&a);
}

static void key_spans_cover_the_key_as_written(void **)
{
	struct arena a;
	struct diag d;
	host_arena_init(&a);
	diag_init(&d, &a);
	struct source source = {STR("t"), STR(" \"a b\" . c = 1\n")};
	const struct toml_value *root = toml_parse(&a, &source, &d);
	const struct toml_entry *outer = toml_find(&root->table, STR("a b"));
	const struct toml_entry *inner = toml_find(&outer->value->table, STR("c"));
	assert_int_equal(outer->key_span.start, 1);
	assert_int_equal(outer->key_span.end, 6);
	assert_int_equal(inner->key_span.start, 9);
	assert_int_equal(inner->key_span.end, 10);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_stands_in_the_place_of_a_key_is_named),
	        cmocka_unit_test(a_key_without_a_value_says_what_is_missing),
	        cmocka_unit_test(a_key_of_very_many_parts_is_refused),
	        cmocka_unit_test(key_spans_cover_the_key_as_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
