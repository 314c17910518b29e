#include "toml_case.h"

static void strings_that_are_not_closed_say_how_to_close_them(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = \"x\nb = 1",
	             "1:5 string is not closed | close it with '\"', or use \"\"\" for "
	             "several lines\n"),
	        CASE("a = 'x\nb = 1",
	             "1:5 string is not closed | close it with ', or use ''' for several "
	             "lines\n"),
	        CASE("a = \"x'\n",
	             "1:5 string is not closed | it must end with the same quote that it "
	             "begins with\n"),
	        CASE("a = 'x\"\n",
	             "1:5 string is not closed | it must end with the same quote that it "
	             "begins with\n"),
	        CASE("a = \"C:\\dir\\\"\n",
	             "1:5 string is not closed | \\\" does not close a string; for "
	             "text with backslashes use '...'\n"),
	        CASE("a = \"\"\"x\ny", "1:5 string is not closed | close it with \"\"\"\n"),
	        CASE("a = '''x\ny''", "1:5 string is not closed | close it with '''\n"),
	};
	ASSERT_SAID(cases);
}

static void bad_escapes_are_shown_once_a_string(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = \"C:\\dir\\d\"",
	             "1:8 unknown escape '\\d' | write \\\\ for a backslash, or use "
	             "'...' without escapes\n"),
	        CASE("a = \"\\한\"",
	             "1:6 unknown escape '\\한' | write \\\\ for a backslash, or use '...' "
	             "without escapes\n"),
	        CASE("a = \"\\x41\"",
	             "1:6 unknown escape '\\x' | write \\\\ for a backslash, or use "
	             "'...' without escapes\n"),
	        CASE("a = \"\\u12G4\"",
	             "1:6 bad escape '\\u12' | \\u takes four hexadecimal digits; a "
	             "backslash itself is written \\\\\n"),
	        CASE("a = \"C:\\Users\"",
	             "1:8 bad escape '\\U' | \\U takes eight hexadecimal digits; a "
	             "backslash itself is written \\\\\n"),
	        CASE("a = \"\\uD800\"",
	             "1:6 no such character '\\uD800' | U+0000 to U+D7FF and U+E000 to "
	             "U+10FFFF exist\n"),
	        CASE("a = \"\"\"x\n\\q\"\"\"",
	             "2:1 unknown escape '\\q' | write \\\\ for a backslash, or "
	             "use '...' without escapes\n"),
	};
	ASSERT_SAID(cases);
}

static void strings_decode_to_their_text(void **)
{
	static const struct {
		struct str text, value;
	} cases[] = {
	        {STR_INIT("a = \"\""), STR_INIT("")},
	        {STR_INIT("a = \"plain\""), STR_INIT("plain")},
	        {STR_INIT("a = \"\\b\\t\\n\\f\\r\\\"\\\\\""), STR_INIT("\b\t\n\f\r\"\\")},
	        {STR_INIT("a = \"\\u0000\""), STR_INIT("\0")},
	        {STR_INIT("a = \"\\u00e9\\U0001F600\""), STR_INIT("\u00e9\U0001F600")},
	        {STR_INIT("a = 'C:\\n'"), STR_INIT("C:\\n")},
	        {STR_INIT("a = \"\"\"\nx\ny\"\"\""), STR_INIT("x\ny")},
	        {STR_INIT("a = \"\"\"\r\nx\r\ny\"\"\""), STR_INIT("x\ny")},
	        {STR_INIT("a = \"\"\"x\\\n  \n\t y\"\"\""), STR_INIT("xy")},
	        {STR_INIT("a = \"\"\"x\\  \r\n  y\"\"\""), STR_INIT("xy")},
	        {STR_INIT("a = \"\"\"x\"\"\"\"\""), STR_INIT("x\"\"")},
	        {STR_INIT("a = \"\"\"\"\"x\"\"\""), STR_INIT("\"\"x")},
	        {STR_INIT("a = '''\nx\\\ny''''"), STR_INIT("x\\\ny'")},
	        {STR_INIT("a = '''x\r\ny'''"), STR_INIT("x\ny")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		host_arena_init(&a);
		const struct toml_value *value = value_of_a(&a, cases[i].text);
		assert_int_equal(value->kind, TOML_STRING);
		assert_str(value->string, cases[i].value);
		assert_int_equal(value->span.start, 4);
		assert_int_equal(value->span.end, cases[i].text.len);
		arena_release(&a);
	}
}

static void reading_goes_on_behind_a_bad_string(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = \"x\nb = \"\\q\"\nc = 'y\n[t]\nd = 1",
	             "1:5 string is not closed | close it with "
	             "'\"', or use \"\"\" for several lines\n"
	             "2:6 unknown escape '\\q' | write \\\\ for "
	             "a backslash, or use '...' without "
	             "escapes\n"
	             "3:5 string is not closed | close it with "
	             "', or use ''' for several lines\n"),
	};
	ASSERT_SAID(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(strings_that_are_not_closed_say_how_to_close_them),
	        cmocka_unit_test(bad_escapes_are_shown_once_a_string),
	        cmocka_unit_test(strings_decode_to_their_text),
	        cmocka_unit_test(reading_goes_on_behind_a_bad_string),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
