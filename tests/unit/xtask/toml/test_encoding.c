#include "toml_case.h"

static void bytes_that_are_no_text_are_reported_once_a_line(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = \"\xFFx\xFE\"",
	             "1:6 byte 0xFF is not valid UTF-8 | save the file as UTF-8\n"),
	        CASE("# 한 \xC0\xAF\n",
	             "1:5 byte 0xC0 is not valid UTF-8 | save the file as UTF-8\n"),
	        CASE("a = \"\x07\"",
	             "1:6 control character U+0007 is not allowed | in a \"string\" write "
	             "\\u0007\n"),
	        CASE("# \x7F\n",
	             "1:3 control character U+007F is not allowed | in a \"string\" write "
	             "\\u007F\n"),
	        CASE("# a\rb\n",
	             "1:4 carriage return without a line feed | end lines with LF or CR LF\n"),
	        CASE("a = \x01 1\nb = \x02\nc = x\n",
	             "1:5 control character U+0001 is not allowed | in a \"string\" write \\u0001\n"
	             "2:5 control character U+0002 is not allowed | in a \"string\" write \\u0002\n"
	             "3:5 'x' is not a value | a string needs quotes: \"x\"\n"),
	        /* Behind more than eight plain bytes too. */
	        CASE("a = \"0123456789abcdef\x1F\"", "1:22 control character U+001F is not allowed "
	                                             "| in a \"string\" write \\u001F\n"),
	        CASE("a = \"0123456789abcdef\x7F\"", "1:22 control character U+007F is not allowed "
	                                             "| in a \"string\" write \\u007F\n"),
	};
	ASSERT_SAID(cases);
}

static void files_that_are_no_utf8_text_are_named_as_such(void **)
{
	static const struct toml_case cases[] = {
	        CASE("\xEF\xBB\xBF"
	             "a = 1\n",
	             "1:1 the file begins with a byte order mark | save it as "
	             "UTF-8 without one\n"),
	        CASE("a\0 \0=\0",
	             "1:2 this is not a text file: it has zero bytes | save it as UTF-8\n"),
	};
	ASSERT_SAID(cases);
}

static void characters_of_all_planes_and_tabs_are_text(void **)
{
	static const struct toml_case cases[] = {
	        CASE("# \t 한글 \U0001F600 \xC2\x80 \uFFFF\n", ""),
	        CASE("a = '한\t글'\r\nb = \"\"\"\r\n\t\"\"\"\r\n", ""),
	};
	ASSERT_SAID(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bytes_that_are_no_text_are_reported_once_a_line),
	        cmocka_unit_test(files_that_are_no_utf8_text_are_named_as_such),
	        cmocka_unit_test(characters_of_all_planes_and_tabs_are_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
