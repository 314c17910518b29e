#include "check_fixture.h"

static const struct {
	const char *path, *text, *said;
} cases[] = {
        {"README.md", "`kernel/core/a.c` and `kernel/core/` and `kernel`\n", ""},
        {"docs/a.md", "`kernel/core/b.c`\n",
         "docs/a.md:1:2: error: there is no kernel/core/b.c (did you mean 'kernel/vm/b.c'?)\n"},
        {"docs/a.md", "`x` `cat kernel/mm/a.c` kernel/none.c\n",
         "docs/a.md:1:10: error: there is no kernel/mm/a.c (did you mean 'kernel/core/a.c'?)\n"},
        {"docs/a.md", "```\n`kernel/none.c`\n```\n    `kernel/none.c`\n", ""},
        {"docs/a.md", "`/kernel/none.c` `build/none` `https://kernel/none` `none/a.c` `a.c`\n", ""},
        {"docs/a.md", "`kernel/<name>/a.c` `kernel/NAME.c` `kernel/co*e/x.c` `drivers/user/`\n",
         ""},
        {"docs/a.md", "`kernel/core/*.S`\n", "docs/a.md:1:2: error: there is no kernel/core/*.S\n"},
        {"docs/a.md", "`kernel/none/<x>.c`\n",
         "docs/a.md:1:2: error: there is no kernel/none/<x>.c\n"},
        {"kernel/README.md", "`core/a.c` `other/a.c` `/core/none.c`\n", ""},
        {"kernel/README.md", "`a.c`\n`core/none.c`\n",
         "kernel/README.md:1:2: error: there is no kernel/a.c (did you mean 'kernel/core/a.c'?)\n"
         "kernel/README.md:2:2: error: there is no kernel/core/none.c\n"},
        {"docs/a.md", "one ` alone, kernel/none.c\n", ""},
};

static void a_path_named_in_a_document_exists(void **state)
{
	struct check_fixture *f = *state;
	size_t wrong = 0;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fixture_file files[] = {{"kernel/core/a.c", "int a;\n"},
		                                     {"kernel/vm/b.c", "int b;\n"},
		                                     {"docs/a.md", "\n"},
		                                     {"README.md", "\n"},
		                                     {cases[i].path, cases[i].text},
		                                     {}};
		fixture_fill(f, files);
		struct check_tree tree = fixture_tree(f);
		bool ok = check_documents(&f->arena, &tree, &f->diag);
		wrong += !fixture_said_just(f, ok, cases[i].said);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_path_named_in_a_document_exists),
	};
	return cmocka_run_group_tests(tests, fixture_create, fixture_destroy);
}
