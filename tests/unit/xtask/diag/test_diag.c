#include "../../test.h"
#include "diag/diag.h"
#include "os/files.h"

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

static void errors_and_warnings_are_counted_apart_and_kept_in_order(void **)
{
	diag_error(&diag, (struct span){}, (struct str){}, "first %d", 1);
	diag_warning(&diag, (struct span){}, STR("do this"), "second");
	diag_error(&diag, (struct span){}, (struct str){}, "third");
	assert_int_equal(diag.errors, 2);
	assert_int_equal(diag.warnings, 1);
	assert_str(diag.first->message, STR("first 1"));
	assert_str(diag.first->next->message, STR("second"));
	assert_str(diag.first->next->hint, STR("do this"));
	assert_int_equal(diag.first->next->severity, SEVERITY_WARNING);
	assert_str(diag.last->message, STR("third"));
}

static void message_and_hint_are_copied(void **)
{
	char message[] = "message", hint[] = "hint";
	diag_error(&diag, (struct span){}, str_from_c(hint), "%s", message);
	message[0] = hint[0] = '?';
	assert_str(diag.first->message, STR("message"));
	assert_str(diag.first->hint, STR("hint"));
}

static void positions_count_lines_and_characters_from_one(void **)
{
	static const struct source source = {STR_INIT("f"),
	                                     STR_INIT("a\n\t\xED\x95\x9Cx\r\n\nend")};
	static const struct {
		uint32_t offset, line, column;
	} cases[] = {
	        {0, 1, 1}, {1, 1, 2}, {2, 2, 1},  {3, 2, 2},  {6, 2, 3},
	        {7, 2, 4}, {9, 3, 1}, {10, 4, 1}, {13, 4, 4}, {99, 4, 4},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct position got = source_position(&source, cases[i].offset);
		assert_int_equal(got.line, cases[i].line);
		assert_int_equal(got.column, cases[i].column);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                errors_and_warnings_are_counted_apart_and_kept_in_order, begin, end),
	        cmocka_unit_test_setup_teardown(message_and_hint_are_copied, begin, end),
	        cmocka_unit_test(positions_count_lines_and_characters_from_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
