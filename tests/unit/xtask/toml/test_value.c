#include "toml_case.h"
#include <string.h>

static void every_bad_item_of_an_array_is_reported(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = [debug, info]\nb = 1",
	             "1:6 'debug' is not a value | a string needs quotes: \"debug\"\n"
	             "1:13 'info' is not a value | a string needs quotes: \"info\"\n"),
	        CASE("a = [\n  01, # one\n  .5,\n]\nb = 1",
	             "2:3 a number can't begin with 0: '01' | write 1; octal is 0o...\n"
	             "3:3 a digit is missing before '.': '.5'\n"),
	        CASE("a = [,]", "1:6 a value is missing before ','\n"),
	        CASE("a = [1,,2]", "1:8 a value is missing before ','\n"),
	        CASE("a = [x \"y,z\", 1]",
	             "1:6 'x' is not a value | a string needs quotes: \"x\"\n"),
	};
	ASSERT_SAID(cases);
}

static void a_missing_comma_is_reported_once(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = [1 2 3, 4]",
	             "1:8 a comma is missing before this | items are separated by ',' "
	             "and end with ']'\n"),
	        CASE("a = [\n\"x\"\n\"y\"\n\"z\"\n]\nb = 1",
	             "3:1 a comma is missing before this | items are separated by ',' and end with "
	             "']'\n"),
	        CASE("a = [1}, 2]",
	             "1:7 a comma is missing before this | items are separated by ',' and "
	             "end with ']'\n"),
	        CASE("a = [\"x, \"y\"]\nb = 1", "1:11 a comma is missing before this | items are "
	                                        "separated by ',' and end with "
	                                        "']'\n"),
	        CASE("a = { b = 1 c = 2 }",
	             "1:13 a comma is missing before this | items are separated by "
	             "',' and end with '}'\n"),
	};
	ASSERT_SAID(cases);
}

static void an_array_that_is_not_closed_ends_at_the_next_statement(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = [\n  1,\n  2\nb = x\n", "1:5 array is not closed | close it with ']'\n"
	                                          "4:5 'x' is not a value | a string needs quotes: "
	                                          "\"x\"\n"),
	        CASE("a = [1,\n[t]\nb = 1\n", "1:5 array is not closed | close it with ']'\n"),
	        CASE("a = [1,\n[[t.u]] # c\nb = 1\n",
	             "1:5 array is not closed | close it with ']'\n"),
	        CASE("a = [1,\n\"b c\".d = 1\n", "1:5 array is not closed | close it with ']'\n"),
	        CASE("a = [[1,\nb = 1\n", "1:6 array is not closed | close it with ']'\n"),
	        CASE("a = [", "1:5 array is not closed | close it with ']'\n"),
	        CASE("a = [\"x\nb = 1",
	             "1:6 string is not closed | close it with '\"', or use \"\"\" for "
	             "several lines\n"),
	        /* Strings with '=' and nested arrays are no statements. */
	        CASE("a = [\n\"b=c\",\n'd = e',\n[true],\n[1]\n]\n", ""),
	        CASE("a = [\n[inf], # x\n[nan]\n]\n", ""),
	};
	ASSERT_SAID(cases);
}

static void what_is_wrong_inside_braces_is_said(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = { b = 1, }", "1:12 TOML 1.0 has no comma before '}' | remove it\n"),
	        CASE("a = { b }", "1:9 no '=' behind 'b' | pairs are written key = value\n"),
	        CASE("a = { b: 1, c = x }",
	             "1:8 no '=' behind 'b' | pairs are written key = value\n"
	             "1:17 'x' is not a value | a string needs quotes: \"x\"\n"),
	        CASE("a = { = 1 }", "1:7 no key before '=' | an empty key is written \"\"\n"),
	        CASE("a = { b = 1, b = 2 }",
	             "1:14 'b' is defined twice | first defined in line 1\n"),
	        CASE("a = { b = {}, b.c = 2 }", "1:15 'b' is an inline table, which can't be "
	                                        "extended | first defined in line 1\n"),
	        CASE("a = {\n  b = 1,\n  c = 2,\n}\nd = 1",
	             "1:5 inline table does not end in its line | close it with '}', or write a "
	             "[table] "
	             "section\n"),
	        CASE("a = { b = 1 # c\n}\n", "1:5 inline table does not end in its line | close it "
	                                     "with '}', or write a [table] "
	                                     "section\n"),
	        CASE("a = { b = 1\nc = x\n",
	             "1:5 inline table does not end in its line | close it with '}', or write a "
	             "[table] "
	             "section\n"
	             "2:5 'x' is not a value | a string needs quotes: \"x\"\n"),
	        CASE("a = { b = 1,\n[t]\nc = x\n",
	             "1:5 inline table does not end in its line | close it with '}', or write a "
	             "[table] "
	             "section\n"
	             "3:5 'x' is not a value | a string needs quotes: \"x\"\n"),
	        CASE("a = {", "1:5 inline table is not closed | close it with '}'\n"),
	        CASE("a = {}}", "1:7 unexpected text '}'\n"),
	};
	ASSERT_SAID(cases);
}

static void brackets_may_nest_only_so_deep(void **)
{
	struct arena a;
	struct diag d;
	struct source source;
	host_arena_init(&a);
	for (size_t depth = TOML_NESTING_MAX; depth <= TOML_NESTING_MAX + 1; depth++) {
		struct text t = {.arena = &a};
		text_add(&t, STR("a = "));
		for (size_t i = 0; i < depth; i++)
			text_add_byte(&t, '[');
		for (size_t i = 0; i < depth; i++)
			text_add_byte(&t, ']');
		source = (struct source){STR("t"), text_str(&t)};
		diag_init(&d, &a);
		(void)toml_parse(&a, &source, &d);
		assert_int_equal(d.errors, depth > TOML_NESTING_MAX);
	}
	assert_str(diag_summary(&d),
	           STR("1:69 brackets nested deeper than 64 | the rest of the file is not read\n"));
	arena_release(&a);
}

static void arrays_keep_their_items_in_order_with_spans(void **)
{
	struct arena a;
	host_arena_init(&a);
	const struct toml_value *value = value_of_a(&a, STR("a = [ 1, \"x\",\n [true], {} ] # c"));
	assert_int_equal(value->kind, TOML_ARRAY);
	assert_int_equal(value->array.count, 4);
	assert_false(value->array.of_headers);
	assert_int_equal(value->span.end, 27);
	static const enum toml_kind kinds[] = {TOML_INTEGER, TOML_STRING, TOML_ARRAY, TOML_TABLE};
	static const uint32_t starts[] = {6, 9, 15, 23}, ends[] = {7, 12, 21, 25};
	for (size_t i = 0; i < COUNT(kinds); i++) {
		assert_int_equal(value->array.items[i]->kind, kinds[i]);
		assert_int_equal(value->array.items[i]->span.start, starts[i]);
		assert_int_equal(value->array.items[i]->span.end, ends[i]);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_bad_item_of_an_array_is_reported),
	        cmocka_unit_test(a_missing_comma_is_reported_once),
	        cmocka_unit_test(an_array_that_is_not_closed_ends_at_the_next_statement),
	        cmocka_unit_test(what_is_wrong_inside_braces_is_said),
	        cmocka_unit_test(brackets_may_nest_only_so_deep),
	        cmocka_unit_test(arrays_keep_their_items_in_order_with_spans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
