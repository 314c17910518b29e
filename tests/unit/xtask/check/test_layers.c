#include "check_fixture.h"

static const char table[] = "generated = [\"abi\"]\n"
                            "[[stack]]\n"
                            "root = \"kernel\"\n"
                            "face = \"api.h\"\n"
                            "order = [\"core\", \"hal mm\", \"executive\"]\n"
                            "[[stack]]\n"
                            "root = \"xtask\"\n"
                            "order = [\"os\", \"cmd\", \".\"]\n"
                            "[[part]]\n"
                            "folder = \"kernel\"\n"
                            "may = [\"libs/base\", \"gen/abi\"]\n"
                            "[[part]]\n"
                            "folder = \"xtask\"\n"
                            "may = []\n"
                            "[[part]]\n"
                            "folder = \"services/*\"\n"
                            "may = [\"libs/base\"]\n";

struct layer_case {
	const char *path; /* one file besides those that every project has */
	const char *text;
	const char *said;
};

static const struct layer_case cases[] = {
        /* Allowed. */
        {"kernel/hal/a.c", "#include \"core/api.h\"\n#include <stdint.h>\n", ""},
        {"kernel/hal/a.c", "#include \"hal/private.h\"\n", ""},
        {"kernel/core/a.c", "#include \"api.h\"\n", ""},
        {"kernel/core/a.c", "/*\n#include \"hal/api.h\"\n*/\n// #include \"hal/api.h\"\n", ""},
        {"kernel/executive/a.c", "#include \"mm/api.h\"\n", ""},
        {"xtask/cmd/a.c", "#include \"os/private.h\"\n", ""},
        {"services/a/b.c", "#include \"own.h\"\n#include <base/api.h>\n", ""},
        /* Not allowed. */
        {"kernel/core/a.c", "#include \"hal/api.h\"\n",
         "kernel/core/a.c:1:10: error: core stands below kernel/hal and may not include it "
         "(declare "
         "operations below, which the upper one installs)\n"},
        {"kernel/mm/a.c", "#include \"hal/api.h\"\n",
         "kernel/mm/a.c:1:10: error: mm stands beside kernel/hal and may not include it (what both "
         "need "
         "belongs below both)\n"},
        {"kernel/executive/a.c", "\n#include \"hal/private.h\"\n",
         "kernel/executive/a.c:2:10: error: 'hal/private.h' is private to kernel/hal (include "
         "\"hal/api.h\")\n"},
        {"kernel/executive/a.c", "#include \"../hal/private.h\"\n",
         "kernel/executive/a.c:1:10: error: '../hal/private.h' is private to kernel/hal (include "
         "\"hal/api.h\")\n"},
        {"kernel/io/a.c", "int a;\n",
         "kernel/io/a.c:1:1: error: kernel/io stands on no level (add it to `order` in "
         "config/layers.toml)\n"},
        {"xtask/os/a.c", "#include \"cmd/cmd.h\"\n",
         "xtask/os/a.c:1:10: error: os stands below xtask/cmd and may not include it (declare "
         "operations below, which the upper one installs)\n"},
        {"xtask/os/a.c", "#include <base/api.h>\n",
         "xtask/os/a.c:1:10: error: xtask may not include libs/base (config/layers.toml says who "
         "sees "
         "what)\n"},
        {"xtask/os/a.c", "#include <abi/status.h>\n",
         "xtask/os/a.c:1:10: error: xtask may not include gen/abi (config/layers.toml says who "
         "sees "
         "what)\n"},
        {"services/a/b.c", "#include \"../b/own.h\"\n",
         "services/a/b.c:1:10: error: services/a may not include services/b (programs meet through "
         "an "
         "interface in registry/, and share code in libs/)\n"},
        {"services/a/b.c", "#include \"kernel/hal/api.h\"\n",
         "services/a/b.c:1:10: error: services/a may not include kernel (programs meet through an "
         "interface in registry/, and share code in libs/)\n"},
        {"services/a/b.c", "#include \"nothing.h\"\n",
         "services/a/b.c:1:10: error: there is no file \"nothing.h\" (<...> is for libraries and "
         "generated "
         "headers)\n"},
        {"libs/base/a.c", "#include <abi/status.h>\n",
         "libs/base/a.c:1:10: error: libs/base may not include gen/abi (config/layers.toml says "
         "who sees what)\n"},
        {"apps/other/a.c", "int a;\n",
         "apps/other/a.c:1:1: error: 'apps/other/a.c' belongs to no part of the tree (add a "
         "[[part]] to "
         "config/layers.toml)\n"},
};

static const struct fixture_file project[] = {
        {"config/layers.toml", table},
        {"kernel/core/api.h", "#include <base/api.h>\n"},
        {"kernel/hal/api.h", "#include <abi/status.h>\n"},
        {"kernel/hal/private.h", "\n"},
        {"kernel/mm/api.h", "\n"},
        {"xtask/os/private.h", "\n"},
        {"xtask/cmd/cmd.h", "#include \"os/private.h\"\n"},
        {"xtask/main.c", "#include \"cmd/cmd.h\"\n"},
        {"libs/base/include/base/api.h", "\n"},
        {"libs/base/library.toml", "doc = \"Below all.\"\n"},
        {"services/a/own.h", "#include <base/api.h>\n"},
        {"services/b/own.h", "\n"},
        {},
};

static void includes_go_down_and_to_faces_only(void **state)
{
	struct check_fixture *f = *state;
	size_t wrong = 0;
	for (size_t i = 0; i < COUNT(cases); i++) {
		fixture_fill(f, project);
		assert_int_equal(file_write(cases[i].path, str_from_c(cases[i].text), 0644), 0);
		struct check_tree tree = fixture_tree(f);
		bool ok = check_layers(&f->arena, &tree, &f->diag);
		wrong += !fixture_said_just(f, ok, cases[i].said);
	}
	assert_int_equal(wrong, 0);
}

static void a_permission_that_nothing_uses_is_a_warning(void **state)
{
	struct check_fixture *f = *state;
	fixture_fill(f, project);
	assert_int_equal(file_write("kernel/core/api.h", STR("\n"), 0644), 0);
	struct check_tree tree = fixture_tree(f);
	assert_true(check_layers(&f->arena, &tree, &f->diag));
	assert_str(fixture_said(f), STR("config/layers.toml:11:8: warning: nothing in kernel "
	                                "includes libs/base (remove "
	                                "the permission)\n"));
}

static void a_missing_table_is_an_error(void **state)
{
	struct check_fixture *f = *state;
	fixture_fill(f, project);
	assert_int_equal(tree_remove("config/layers.toml"), 0);
	struct check_tree tree = fixture_tree(f);
	assert_false(check_layers(&f->arena, &tree, &f->diag));
	assert_int_equal(f->diag.errors, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(includes_go_down_and_to_faces_only),
	        cmocka_unit_test(a_permission_that_nothing_uses_is_a_warning),
	        cmocka_unit_test(a_missing_table_is_an_error),
	};
	return cmocka_run_group_tests(tests, fixture_create, fixture_destroy);
}
