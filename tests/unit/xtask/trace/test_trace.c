#include "../../arena.h"
#include "../../test.h"
#include "os/files.h"
#include "trace/trace.h"
#include <string.h>

#define LINE(ts, message) "seq=1 ts_us=" ts " tick=0 lvl=info cat=boot pid=- msg=\"" message "\"\n"

static struct str shown(const struct trace *t)
{
	struct text text = {.arena = &arena};
	for (size_t i = 0; i < t->count; i++)
		text_addf(&text, "%s %.*s %llu-%llu\n", trace_group_name(t->spans[i].group),
		          STR_ARG(t->spans[i].name), (unsigned long long)t->spans[i].start_us,
		          (unsigned long long)t->spans[i].end_us);
	return text_str(&text);
}

static struct trace sample(void)
{
	struct trace t = {.arena = &arena};
	trace_hear(&t, false, STR("BdsDxe: loading\r\nWelcome to "), 500);
	trace_hear(&t, false, STR("GRUB!\r\n"), 700);
	trace_hear(&t, true,
	           STR(LINE("0", "nucleus preset=debug") LINE("10", "boot step done: clock")),
	           1000);
	trace_hear(&t, true,
	           STR(LINE("40", "boot step done: CPUs")
	                       LINE("50", "process started pid=1 parent=0 "
	                                  "path=services/rootd/rootd.elf") "seq=9 ts_"),
	           1100);
	trace_hear(&t, true,
	           STR("us=60 tick=0 msg=\"process started pid=2 parent=1 path=apps/a.elf\"\n"
	               "rootd: a line of its own\n" LINE(
	                       "90", "process exited pid=2 name=a.elf status=0")),
	           1200);
	trace_finish(&t, 2000);
	return t;
}

static void each_stage_stands_behind_the_one_before(void **)
{
	struct trace t = sample();
	assert_str(shown(&t), STR("firmware firmware 0-700\n"
	                          "loader GRUB 700-1000\n"
	                          "kernel clock 1000-1010\n"
	                          "kernel CPUs 1010-1040\n"
	                          "program services/rootd/rootd.elf 1050-2000\n"
	                          "program apps/a.elf 1060-1090\n"));
}

static void a_program_shows_for_whom_it_waited(void **)
{
	struct trace t = {.arena = &arena};
	trace_hear(&t, true,
	           STR(LINE("100",
	                    "process started pid=7 parent=1 path=services/s.elf") "rootd: start "
	                                                                          "package=s pid=7 "
	                                                                          "waited_us=60 "
	                                                                          "for=driverd\r\n"
	                                                                          "rootd: start "
	                                                                          "package=x pid=8 "
	                                                                          "waited_us=60 "
	                                                                          "for=driverd\n"
	                                                                          "rootd: start "
	                                                                          "package=s "
	                                                                          "pid=7\n" LINE(
	                                                                                  "200",
	                                                                                  "end")),
	           1000);
	trace_finish(&t, 1200);
	assert_int_equal(t.count, 2);
	assert_str(t.spans[1].awaited, STR("driverd"));
	assert_int_equal(t.spans[1].waited_us, 60);
	assert_non_null(strstr(arena_c_str(&arena, trace_text(&arena, &t)),
	                       "| waited 0.1 ms for driverd\n"));
	assert_non_null(strstr(arena_c_str(&arena, trace_svg(&arena, &t)),
	                       ", waited 0.1 ms for driverd</title>"));
}

static void without_firmware_the_machine_itself_comes_first(void **)
{
	struct trace t = {.arena = &arena};
	trace_hear(&t, true, STR(LINE("5", "boot step done: clock")), 300);
	trace_finish(&t, 400);
	assert_str(shown(&t), STR("firmware machine 0-300\nkernel clock 300-305\n"));
	struct trace silent = {.arena = &arena};
	trace_finish(&silent, 400);
	assert_str(shown(&silent), STR("firmware machine 0-400\n"));
}

static void the_chart_has_a_bar_for_each(void **)
{
	struct trace t = sample();
	struct str text = trace_text(&arena, &t);
	struct str row = str_format(&arena, "\n%-32s %9s %9s |", "GRUB", "0.7", "0.3");
	assert_non_null(memmem(text.ptr, text.len, row.ptr, row.len));
	struct str svg = trace_svg(&arena, &t);
	size_t bars = 0;
	for (size_t i = 0; i + 6 < svg.len; i++)
		bars += memcmp(svg.ptr + i, "<title", 6) == 0;
	assert_int_equal(bars, t.count);
	assert_true(str_ends_with(svg, STR("2.0 ms in all</text>\n</svg>\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_stage_stands_behind_the_one_before),
	        cmocka_unit_test(a_program_shows_for_whom_it_waited),
	        cmocka_unit_test(without_firmware_the_machine_itself_comes_first),
	        cmocka_unit_test(the_chart_has_a_bar_for_each),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
