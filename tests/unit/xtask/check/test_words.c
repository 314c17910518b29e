#include "check_fixture.h"

static const char dialect[] =
        "[[word]]\nword = \"nullptr\"\ninstead = \"NULL\"\n"
        "[[word]]\nword = \"strcpy\"\nplace = \"call\"\ninstead = \"struct str\"\n"
        "[[word]]\nword = \"embed\"\nplace = \"directive\"\ninstead = \"generate\"\n"
        "[[word]]\nword = \"noreturn\"\nplace = \"attribute\"\ninstead = \"gnu\"\n"
        "[[word]]\nword = \"LATER\"\nplace = \"comment\"\ninstead = \"an issue\"\n"
        "[[conditional]]\npath = \"kernel/hal/\"\nwhy = \"x\"\n";

static const struct {
	const char *path, *text, *said;
} cases[] = {
        {"xtask/a.c", "int strcpy;\nint embed;\nint noreturn[1];\nint LATER;\n", ""},
        {"xtask/a.c", "char *s = \"nullptr strcpy(\"; // nullptr\n", ""},
        {"xtask/a.c", "#include <embed.h>\n[[gnu::noreturn]] void f(void);\n", ""},
        {"kernel/hal/b.c", "#ifdef A\n#elif B\n#else\n#endif\n", ""},
        {"xtask/a.c", "int *p = nullptr;\n",
         "xtask/a.c:1:10: error: 'nullptr' is not used here (NULL)\n"},
        {"xtask/a.c", "\tstrcpy(a, b);\n",
         "xtask/a.c:1:2: error: 'strcpy' is not used here (struct str)\n"},
        {"xtask/a.c", "#embed \"x\"\n",
         "xtask/a.c:1:2: error: 'embed' is not used here (generate)\n"},
        {"xtask/a.c", "[[noreturn]] void f(void);\n",
         "xtask/a.c:1:3: error: 'noreturn' is not used here (gnu)\n"},
        {"xtask/a.c", "int a; /* LATER */\n",
         "xtask/a.c:1:11: error: 'LATER' is not used here (an issue)\n"},
        {"xtask/a.c", "#if A\n#endif\n",
         "xtask/a.c:1:2: error: #if outside of the files that config/dialect.toml names (choose "
         "between "
         "files, or by an ordinary constant)\n"},
        {"xtask/a.c", "# ifndef A\n#endif\n",
         "xtask/a.c:1:3: error: #ifndef outside of the files that config/dialect.toml names "
         "(choose "
         "between files, or by an ordinary constant)\n"},
        {"xtask/a.h", "/* #pragma once */\nint a;\n",
         "xtask/a.h:1:1: error: the header has no #pragma once (put it below the first comment)\n"},
        {"xtask/a.h", "/* A. */\n#pragma once\n", ""},
};

static void words_are_refused_where_they_would_mean_something(void **state)
{
	struct check_fixture *f = *state;
	size_t wrong = 0;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fixture_file files[] = {{"config/dialect.toml", dialect},
		                                     {"kernel/hal/a.c", "#if 1\n#endif\n"},
		                                     {cases[i].path, cases[i].text},
		                                     {}};
		fixture_fill(f, files);
		struct check_tree tree = fixture_tree(f);
		bool ok = check_words(&f->arena, &tree, &f->diag);
		wrong += !fixture_said_just(f, ok, cases[i].said);
	}
	assert_int_equal(wrong, 0);
}

static void a_place_for_conditionals_without_any_is_an_error(void **state)
{
	struct check_fixture *f = *state;
	static const struct fixture_file files[] = {
	        {"config/dialect.toml", dialect}, {"kernel/hal/a.c", "int a;\n"}, {}};
	fixture_fill(f, files);
	struct check_tree tree = fixture_tree(f);
	assert_false(check_words(&f->arena, &tree, &f->diag));
	assert_str(fixture_said(f), STR("config/dialect.toml:21:8: error: nothing below "
	                                "'kernel/hal/' is conditional any "
	                                "more (remove the row)\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_are_refused_where_they_would_mean_something),
	        cmocka_unit_test(a_place_for_conditionals_without_any_is_an_error),
	};
	return cmocka_run_group_tests(tests, fixture_create, fixture_destroy);
}
