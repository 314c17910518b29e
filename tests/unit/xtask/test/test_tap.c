#include "../../test.h"
#include "os/files.h"
#include "test/suite.h"

static struct tap_totals read_tap(struct arena *a, bool mixed, const char *text,
                                  struct outcomes *out)
{
	struct tap_source source = {.kind = TEST_UNIT, .name = STR("here"), .mixed = mixed};
	*out = (struct outcomes){};
	return tap_read(a, &source, str_from_c(text), out);
}

static void results_carry_name_verdict_and_reason(void **)
{
	struct arena a;
	host_arena_init(&a);
	struct outcomes out;
	struct tap_totals t = read_tap(&a, false,
	                               "1..4\n"
	                               "ok 1 - first\n"
	                               "not ok 2 - second\n"
	                               "# a.c:5: error\n"
	                               "stray line\n"
	                               "ok 3 - third # SKIP no disk\r\n"
	                               "not ok 4 # SKIP fourth\n",
	                               &out);
	assert_int_equal(t.planned, 4);
	assert_int_equal(t.reported, 4);
	assert_int_equal(t.failed, 1);
	assert_str(out.items[0].name, STR("here: first"));
	assert_int_equal(out.items[0].verdict, VERDICT_PASSED);
	assert_str(out.items[1].reason, STR("a.c:5: error\nstray line"));
	assert_int_equal(out.items[2].verdict, VERDICT_SKIPPED);
	assert_str(out.items[2].name, STR("here: third"));
	assert_str(out.items[2].reason, STR("no disk"));
	assert_int_equal(out.items[3].verdict, VERDICT_SKIPPED);
	assert_str(out.items[3].name, STR("here: fourth"));
	arena_release(&a);
}

static void bytes_that_show_nothing_hide_no_result(void **)
{
	static const char text[] = "\0ok 1 - first\n\0\0not ok 2 - second\n\0";
	struct arena a;
	host_arena_init(&a);
	struct outcomes out = {};
	struct tap_source source = {.kind = TEST_SCENARIO, .name = STR("here"), .mixed = true};
	struct tap_totals t = tap_read(&a, &source, (struct str){text, sizeof text - 1}, &out);
	assert_int_equal(t.reported, 2);
	assert_int_equal(t.failed, 1);
	arena_release(&a);
}

static void among_log_lines_only_comments_explain(void **)
{
	struct arena a;
	host_arena_init(&a);
	struct outcomes out;
	struct tap_totals t = read_tap(&a, true,
	                               "seq=1 msg=\"not ok\"\n"
	                               "not ok 1 - it\n"
	                               "seq=2 msg=\"x\"\n"
	                               "# got 1\n"
	                               "1..1\n"
	                               "ok 1 - of another program\n"
	                               "1..1\n",
	                               &out);
	assert_int_equal(t.planned, 2);
	assert_int_equal(t.reported, 2);
	assert_str(out.items[0].reason, STR("got 1"));
	arena_release(&a);
}

static void the_last_lines_are_the_last_lines(void **)
{
	static const struct {
		struct str text;
		size_t lines;
		struct str last;
	} cases[] = {
	        {STR_INIT("a\nb\nc\n"), 2, STR_INIT("b\nc")},
	        {STR_INIT("a\nb\nc"), 1, STR_INIT("c")},
	        {STR_INIT("a\nb\n"), 9, STR_INIT("a\nb")},
	        {STR_INIT(""), 3, STR_INIT("")},
	        {STR_INIT("\n\n"), 3, STR_INIT("")},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str(last_lines(cases[i].text, cases[i].lines), cases[i].last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(results_carry_name_verdict_and_reason),
	        cmocka_unit_test(bytes_that_show_nothing_hide_no_result),
	        cmocka_unit_test(among_log_lines_only_comments_explain),
	        cmocka_unit_test(the_last_lines_are_the_last_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
