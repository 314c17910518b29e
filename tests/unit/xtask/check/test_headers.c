#include "check_fixture.h"

static const char good[] = "#pragma once\n#include <stddef.h>\nsize_t good(void);\n";

static const struct fixture_file project[] = {
        {"config/flags/common.txt", "-std=gnu2x\n-Wall\n"},
        {"config/flags/host.txt", "-O2\n"},
        {"config/flags/kernel.txt", "-ffreestanding\n"},
        {"config/flags/user.txt", "# nothing of its own\n\n"},
        {"gen/abi/status.h", "#pragma once\nenum status { OK };\n"},
        {"libs/base/include/base/api.h", good},
        {"kernel/core/api.h", "#pragma once\n#include \"core/more.h\"\n#include <abi/status.h>\n"},
        {"kernel/core/more.h", "#pragma once\n#include <base/api.h>\n"},
        {"xtask/a/a.h", "#pragma once\n#include \"a/b.h\"\n"},
        {"xtask/a/b.h", good},
        {},
};

static bool run(struct check_fixture *f, const char *path, const char *text)
{
	fixture_fill(f, project);
	if (path)
		assert_int_equal(file_write(path, str_from_c(text), 0644), 0);
	struct check_tree tree = fixture_tree(f);
	return check_headers(&f->arena, &tree, "gen", "gcc", &f->diag);
}

static void headers_that_compile_alone_pass(void **state)
{
	struct check_fixture *f = *state;
	assert_true(run(f, NULL, NULL));
	assert_str(fixture_said(f), STR(""));
}

static void a_header_that_needs_another_first_is_reported_at_its_place(void **state)
{
	struct check_fixture *f = *state;
	assert_false(run(f, "xtask/a/c.h", "#pragma once\n\nvoid c(size_t n);\n"));
	struct str said = fixture_said(f);
	assert_true(
	        str_starts_with(said, STR("xtask/a/c.h:3:8: error: 'xtask/a/c.h' does not compile "
	                                  "alone: unknown type name ")));
	assert_int_equal(f->diag.errors, 1);
}

static void a_missing_include_is_reported_where_it_stands(void **state)
{
	struct check_fixture *f = *state;
	assert_false(run(f, "kernel/core/more.h", "#pragma once\n#include \"core/gone.h\"\n"));
	assert_int_equal(f->diag.errors, 2); /* more.h itself, and api.h which includes it */
	assert_non_null(
	        strstr(fixture_said(f).ptr,
	               "kernel/core/more.h:2:10: error: 'kernel/core/api.h' does not compile "
	               "alone: core/gone.h: No such file or directory"));
}

static void the_tool_does_not_see_generated_headers(void **state)
{
	struct check_fixture *f = *state;
	assert_false(run(f, "xtask/a/c.h", "#pragma once\n#include <abi/status.h>\n"));
	assert_int_equal(f->diag.errors, 1);
}

static void a_compiler_that_is_missing_is_one_error(void **state)
{
	struct check_fixture *f = *state;
	fixture_fill(f, project);
	struct check_tree tree = fixture_tree(f);
	assert_false(check_headers(&f->arena, &tree, "gen", "/no/such/compiler", &f->diag));
	assert_true(f->diag.errors >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(headers_that_compile_alone_pass),
	        cmocka_unit_test(a_header_that_needs_another_first_is_reported_at_its_place),
	        cmocka_unit_test(a_missing_include_is_reported_where_it_stands),
	        cmocka_unit_test(the_tool_does_not_see_generated_headers),
	        cmocka_unit_test(a_compiler_that_is_missing_is_one_error),
	};
	return cmocka_run_group_tests(tests, fixture_create, fixture_destroy);
}
