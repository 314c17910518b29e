#include "../../test.h"
#include "diag/diag.h"
#include "os/files.h"
#include <stdlib.h>
#include <string.h>

static struct arena arena;
static struct diag diag;

static int begin(void **)
{
	host_arena_init(&arena);
	diag_init(&diag, &arena);
	return 0;
}

static int end(void **)
{
	arena_release(&arena);
	return 0;
}

static void assert_printed(enum diag_format format, const char *expected)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	diag_print(&diag, out, format);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void error_at(const struct source *source, uint32_t start, uint32_t end, const char *message)
{
	diag_error(&diag, (struct span){source, start, end}, (struct str){}, "%s", message);
}

static void an_error_shows_its_line_a_caret_and_a_hint(void **)
{
	static const struct source source = {STR_INIT("a.toml"), STR_INIT("x = 1\nneedz = 1\n")};
	diag_error(&diag, (struct span){&source, 6, 11}, STR("did you mean 'needs'?"),
	           "unknown key 'needz' in [build]");
	assert_printed(DIAG_TEXT, "a.toml:2:1: error: unknown key 'needz' in [build]\n"
	                          "    2 | needz = 1\n"
	                          "      | ^~~~~\n"
	                          "      = hint: did you mean 'needs'?\n");
}

static void records_come_out_by_path_and_place_without_a_place_first(void **)
{
	static const struct source a = {STR_INIT("a"), STR_INIT("1\n2\n3")};
	static const struct source b = {STR_INIT("b"), STR_INIT("4\n")};
	error_at(&b, 0, 1, "fourth");
	error_at(&a, 4, 5, "third");
	error_at(&a, 0, 1, "first");
	error_at(&a, 2, 3, "second");
	error_at(&a, 2, 3, "second again");
	diag_warning(&diag, (struct span){}, (struct str){}, "before all");
	assert_printed(DIAG_TEXT, "xtask: warning: before all\n"
	                          "a:1:1: error: first\n    1 | 1\n      | ^\n"
	                          "a:2:1: error: second\n    2 | 2\n      | ^\n"
	                          "a:2:1: error: second again\n    2 | 2\n      | ^\n"
	                          "a:3:1: error: third\n    3 | 3\n      | ^\n"
	                          "b:1:1: error: fourth\n    1 | 4\n      | ^\n");
}

static void the_same_thing_is_said_once(void **)
{
	static const struct source a = {STR_INIT("a"), STR_INIT("x")};
	static const struct source again = {STR_INIT("a"), STR_INIT("x")};
	error_at(&a, 0, 1, "wrong");
	error_at(&again, 0, 1, "wrong");
	assert_printed(DIAG_TEXT, "a:1:1: error: wrong\n    1 | x\n      | ^\n");
}

static void tabs_and_wide_characters_keep_the_caret_in_place(void **)
{
	static const struct source source = {STR_INIT("a"), STR_INIT("\t\xED\x95\x9C bad\r\n")};
	error_at(&source, 5, 8, "x");
	assert_printed(DIAG_TEXT, "a:1:4: error: x\n"
	                          "    1 | \t\xED\x95\x9C bad\n"
	                          "      | \t   ^~~\n");
}

static void a_span_over_several_lines_is_marked_in_the_first(void **)
{
	static const struct source source = {STR_INIT("a"), STR_INIT("x = [\n1\n]\n")};
	error_at(&source, 4, 9, "x");
	assert_printed(DIAG_TEXT, "a:1:5: error: x\n    1 | x = [\n      |     ^\n");
}

static void an_empty_span_and_the_end_of_the_file_have_a_caret(void **)
{
	static const struct source source = {STR_INIT("a"), STR_INIT("x =")};
	static const struct source empty = {STR_INIT("b"), STR_INIT("")};
	error_at(&source, 3, 3, "x");
	error_at(&empty, 0, 0, "y");
	assert_printed(DIAG_TEXT, "a:1:4: error: x\n    1 | x =\n      |    ^\n"
	                          "b:1:1: error: y\n    1 | \n      | ^\n");
}

static void control_characters_and_bad_bytes_never_reach_the_terminal(void **)
{
	static const struct source source = {STR_INIT("a\033[2Jb"),
	                                     STR_INIT("\x1B[31m\xFF\xE2\x80\xAE")};
	error_at(&source, 0, 1, "says \033[2J");
	assert_printed(DIAG_TEXT, "a\uFFFD[2Jb:1:1: error: says \uFFFD[2J\n"
	                          "    1 | \uFFFD[31m\uFFFD\uFFFD\n"
	                          "      | ^\n");
}

static void long_lines_are_shown_around_the_place(void **)
{
	char bytes[1000];
	memset(bytes, 'x', sizeof bytes);
	struct source source = {STR("a"), {bytes, sizeof bytes}};
	error_at(&source, 500, 503, "here");
	struct text expected = {.arena = &arena};
	text_addf(&expected, "a:1:501: error: here\n    1 | ...%.180s...\n      | %103s^~~\n",
	          bytes, "");
	assert_printed(DIAG_TEXT, text_str(&expected).ptr);
}

static void long_messages_are_cut(void **)
{
	char bytes[2000];
	memset(bytes, 'x', sizeof bytes);
	diag_error(&diag, (struct span){}, (struct str){}, "%.*s", (int)sizeof bytes, bytes);
	struct text expected = {.arena = &arena};
	text_addf(&expected, "xtask: error: %.600s...\n", bytes);
	assert_printed(DIAG_TEXT, text_str(&expected).ptr);
}

static void colours_are_used_only_when_asked_for(void **)
{
	static const struct source source = {STR_INIT("a"), STR_INIT("xy")};
	diag_error(&diag, (struct span){&source, 0, 1}, STR("h"), "m");
	assert_printed(DIAG_TEXT_COLOR, "\033[1ma:1:1: \033[31merror:\033[0;1m m\033[0m\n"
	                                "    1 | xy\n"
	                                "      | \033[1;32m^\033[0m\n"
	                                "      = \033[36mhint:\033[0m h\n");
	assert_printed(DIAG_TEXT, "a:1:1: error: m\n    1 | xy\n      | ^\n      = hint: h\n");
}

static void json_is_one_object_a_line_with_ends_exclusive(void **)
{
	static const struct source source = {STR_INIT("a\"b"), STR_INIT("one\ntwo\xFF three")};
	diag_warning(&diag, (struct span){&source, 2, 7}, STR("h"), "m \xFF");
	diag_error(&diag, (struct span){}, (struct str){}, "n");
	assert_printed(
	        DIAG_JSON,
	        "{\"severity\":\"error\",\"file\":null,\"line\":null,\"column\":null,"
	        "\"end_line\":null,\"end_column\":null,\"message\":\"n\",\"hint\":null}\n"
	        "{\"severity\":\"warning\",\"file\":\"a\\\"b\",\"line\":1,\"column\":3,"
	        "\"end_line\":2,\"end_column\":4,\"message\":\"m \uFFFD\",\"hint\":\"h\"}\n");
}

/* Each error looked up from the start of the file would take hours. */
static void a_hundred_thousand_errors_are_printed_in_one_pass(void **)
{
	enum { LINES = 100000 };
	struct text t = {.arena = &arena};
	for (int i = 0; i < LINES; i++)
		text_add(&t, STR("some line of text\n"));
	struct source source = {STR("a"), text_str(&t)};
	for (uint32_t i = 0; i < LINES; i++)
		error_at(&source, i * 18 + 5, i * 18 + 9, "x");
	FILE *out = fopen("/dev/null", "w");
	diag_print(&diag, out, DIAG_TEXT);
	diag_print(&diag, out, DIAG_JSON);
	fclose(out);
	assert_int_equal(diag.errors, LINES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(an_error_shows_its_line_a_caret_and_a_hint),
	        TEST(records_come_out_by_path_and_place_without_a_place_first),
	        TEST(the_same_thing_is_said_once),
	        TEST(tabs_and_wide_characters_keep_the_caret_in_place),
	        TEST(a_span_over_several_lines_is_marked_in_the_first),
	        TEST(an_empty_span_and_the_end_of_the_file_have_a_caret),
	        TEST(control_characters_and_bad_bytes_never_reach_the_terminal),
	        TEST(long_lines_are_shown_around_the_place),
	        TEST(long_messages_are_cut),
	        TEST(colours_are_used_only_when_asked_for),
	        TEST(json_is_one_object_a_line_with_ends_exclusive),
	        TEST(a_hundred_thousand_errors_are_printed_in_one_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
