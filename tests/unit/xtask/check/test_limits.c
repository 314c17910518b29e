#include "check_fixture.h"

#define LIMIT(measure, warn, fail)                                                                 \
	"[[limit]]\nmeasure = \"" measure "\"\nwarn = " #warn "\nfail = " #fail "\n"
#define EXCEPTION(measure, path, rest)                                                             \
	"[[exception]]\nmeasure = \"" measure "\"\npath = \"" path "\"\nwhy = \"x\"\n" rest "\n"

#define THREE_LINES "int a;\nint b;\nint c;\n"

struct limit_case {
	const char *limits;
	const char *path;
	const char *text;
	const char *said;
};

static const struct limit_case cases[] = {
        {LIMIT("source_lines", 3, 4), "xtask/a.c", THREE_LINES, ""},
        {LIMIT("source_lines", 2, 3), "xtask/a.c", THREE_LINES,
         "xtask/a.c:1:1: warning: 'xtask/a.c' has 3 code lines; more than 2 are hard to read\n"},
        {LIMIT("source_lines", 1, 2), "xtask/a.c", THREE_LINES,
         "xtask/a.c:1:1: error: 'xtask/a.c' has 3 code lines; at most 2 (move a concept out)\n"},
        {LIMIT("source_lines", 1, 2), "xtask/a.h", THREE_LINES, ""},
        {LIMIT("header_lines", 1, 2), "xtask/a.h", THREE_LINES,
         "xtask/a.h:1:1: error: 'xtask/a.h' has 3 code lines; at most 2 (move a concept out)\n"},
        {LIMIT("function_lines", 1, 2), "xtask/a.c", "int f(void)\n{\n\ta;\n\tb;\n\tc;\n}\n",
         "xtask/a.c:1:5: error: 'f' has 3 lines; at most 2 (move a concept out)\n"},
        {LIMIT("parameters", 1, 2), "xtask/a.c", "int f(int a, int b, int c)\n{\n}\n",
         "xtask/a.c:1:5: error: 'f' has 3 parameters; at most 2 (move a concept out)\n"},
        {LIMIT("includes", 1, 1), "xtask/a.c", "#include <a.h>\n#include <b.h>\n",
         "xtask/a.c:1:1: error: 'xtask/a.c' has 2 includes; at most 1 (move a concept out)\n"},
        {"[[limit]]\nmeasure = \"source_lines\"\nwarn = 1\n", "xtask/a.c", THREE_LINES,
         "xtask/a.c:1:1: warning: 'xtask/a.c' has 3 code lines; more than 1 are hard to read\n"},
        {LIMIT("source_lines", 1, 2) EXCEPTION("source_lines", "xtask/a.c", "value = 3"),
         "xtask/a.c", THREE_LINES, ""},
        {LIMIT("source_lines", 1, 1) EXCEPTION("source_lines", "xtask/a.c", "value = 2"),
         "xtask/a.c", THREE_LINES,
         "xtask/a.c:1:1: error: 3 code lines, and the exception in config/limits.toml allows 2 (an "
         "exception never grows: move a concept out)\n"},
        {LIMIT("source_lines", 1, 2) EXCEPTION("source_lines", "xtask/a.c", "value = 4"),
         "xtask/a.c", THREE_LINES,
         "config/limits.toml:9:9: error: xtask/a.c has 3 code lines by now (lower the value, so "
         "that it "
         "cannot grow back)\n"},
        {LIMIT("source_lines", 3, 4) EXCEPTION("source_lines", "xtask/a.c", "value = 5"),
         "xtask/a.c", THREE_LINES,
         "config/limits.toml:7:8: error: the exception for 'xtask/a.c' is no longer needed (remove "
         "the "
         "row)\n"},
        {LIMIT("parameters", 1, 1)
                 EXCEPTION("parameters", "xtask/a.c", "function = \"f\"\nvalue = 2"),
         "xtask/a.c", "int f(int a, int b)\n{\n}\nint g(int a, int b)\n{\n}\n",
         "xtask/a.c:4:5: error: 'g' has 2 parameters; at most 1 (move a concept out)\n"},
        {LIMIT("includes", 1, 1) LIMIT("includes", 2, 2), "xtask/a.c", "\n",
         "config/limits.toml:6:11: error: 'includes' has a limit already\n"},
};

static void sizes_are_held_and_exceptions_only_shrink(void **state)
{
	struct check_fixture *f = *state;
	size_t wrong = 0;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fixture_file files[] = {{"config/limits.toml", cases[i].limits},
		                                     {cases[i].path, cases[i].text},
		                                     {}};
		fixture_fill(f, files);
		struct check_tree tree = fixture_tree(f);
		bool ok = check_limits(&f->arena, &tree, &f->diag);
		struct str said = fixture_said(f);
		if (ok == (f->diag.errors == 0) && str_equal(said, str_from_c(cases[i].said)))
			continue;
		print_error("got  %.*swant %s", STR_ARG(said), cases[i].said);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void files_of_a_folder_are_counted_without_those_below(void **state)
{
	struct check_fixture *f = *state;
	static const struct fixture_file files[] = {
	        {"config/limits.toml", LIMIT("folder_files", 2, 2)},
	        {"xtask/a/1.c", "\n"},
	        {"xtask/a/2.h", "\n"},
	        {"xtask/a/b/3.c", "\n"},
	        {"xtask/a/4.c", "\n"},
	        {}};
	fixture_fill(f, files);
	struct check_tree tree = fixture_tree(f);
	assert_int_equal(tree.count, 4);
	assert_false(check_limits(&f->arena, &tree, &f->diag));
	assert_str(fixture_said(f), STR("xtask/a/1.c:1:1: error: 'xtask/a' has 3 files; at most 2 "
	                                "(move a concept out)\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sizes_are_held_and_exceptions_only_shrink),
	        cmocka_unit_test(files_of_a_folder_are_counted_without_those_below),
	};
	return cmocka_run_group_tests(tests, fixture_create, fixture_destroy);
}
