#include "engine/process/child.h"
#include "gen_fixture.h"
#include <sys/wait.h>

/*
 * What comes out for the sample registry is kept in tests/golden/gen/expected. With
 * UPDATE_GOLDEN=1 it is written there instead of compared.
 */
static void compare(struct gen_fixture *f, const struct generated *g)
{
	bool update = getenv("UPDATE_GOLDEN") != NULL;
	for (size_t i = 0; i < g->count; i++) {
		struct str path = str_format(&f->arena, "%s/tests/golden/gen/expected/%.*s",
		                             f->place.former, STR_ARG(g->files[i].path));
		struct str expected = {};
		if (update)
			assert_int_equal(file_write(path.ptr, g->files[i].content, 0644), 0);
		if (file_read(&f->arena, path.ptr, &expected) != 0)
			fail_msg("no %s", path.ptr);
		if (!str_equal(expected, g->files[i].content))
			fail_msg("%s is not what is generated now", path.ptr);
	}
}

static const struct registry *sample(struct gen_fixture *f)
{
	fixture_restore(f);
	const struct registry *r = registry_load(&f->arena, &f->diag);
	assert_non_null(r);
	return r;
}

static const struct config configuration = {
        .preset = STR_INIT("debug"),
        .logging = {.enabled = true,
                    .ring_buffer_bytes = 4096,
                    .category_count = 2,
                    .category_names = {STR_INIT("boot"), STR_INIT("debug")},
                    .thresholds = {3, 0}},
        .faults = {.compiled = true},
};

static void headers_and_tables_are_those_that_were_reviewed(void **state)
{
	struct gen_fixture *f = *state;
	const struct registry *r = sample(f);
	struct generated g = gen_abi(&f->arena, r);
	assert_int_equal(g.count, 13);
	compare(f, &g);
}

static void the_kernel_configuration_is_the_one_that_was_reviewed(void **state)
{
	struct gen_fixture *f = *state;
	struct generated g = gen_kernel_config(&f->arena, sample(f), &configuration);
	assert_int_equal(g.count, 1);
	compare(f, &g);
}

static void reference_pages_are_those_that_were_reviewed(void **state)
{
	struct gen_fixture *f = *state;
	struct generated g = gen_reference(&f->arena, sample(f));
	assert_int_equal(g.count, 7);
	compare(f, &g);
}

static void every_file_names_its_source_in_the_first_line(void **state)
{
	struct gen_fixture *f = *state;
	struct generated g = gen_abi(&f->arena, sample(f));
	for (size_t i = 0; i < g.count; i++) {
		struct str line = str_cut(g.files[i].content, '\n').head;
		assert_true(str_starts_with(line, STR("/* Generated from registry/")));
		assert_true(str_ends_with(line, STR(".toml; edit that. */")));
	}
}

static void every_knob_of_the_kernel_reaches_its_configuration(void **state)
{
	struct gen_fixture *f = *state;
	const struct registry *r = sample(f);
	static const struct {
		struct config config;
		const char *line;
	} cases[] = {
	        {{.preset = STR_INIT("release")}, "#define CONFIG_PRESET \"release\"\n"},
	        {{.kernel = {.debug_assertions = true}}, "#define CONFIG_DEBUG_ASSERTIONS 1\n"},
	        {{.kernel = {.debug_assertions = false}}, "#define CONFIG_DEBUG_ASSERTIONS 0\n"},
	        {{.faults = {.compiled = true}}, "#define CONFIG_FAULT_POINTS 1\n"},
	        {{.faults = {.compiled = false}}, "#define CONFIG_FAULT_POINTS 0\n"},
	        {{.logging = {.boot_trace_enabled = true}}, "#define CONFIG_BOOT_TRACE 1\n"},
	        {{.logging = {.enabled = true}}, "#define CONFIG_LOG_ENABLED 1\n"},
	        {{.logging = {.compiled_level = 2}}, "#define CONFIG_LOG_COMPILED_LEVEL 2\n"},
	        {{.logging = {.ring_buffer_bytes = 12345}},
	         "#define CONFIG_LOG_RING_BYTES 12345\n"},
	        {{.logging = {.serial_mirror = true}}, "#define CONFIG_LOG_SERIAL_MIRROR 1\n"},
	        {{.logging = {.category_count = 1,
	                      .category_names = {STR_INIT("debug")},
	                      .thresholds = {5}}},
	         "\t\t0, /* boot */ \\\n\t\t5, /* debug */ \\\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct generated g = gen_kernel_config(&f->arena, r, &cases[i].config);
		if (!strstr(g.files[0].content.ptr, cases[i].line))
			fail_msg("no '%s'", cases[i].line);
	}
}

/* Its exit status; what it says is not shown, as one test wants it to fail. */
static int run_gcc(struct gen_fixture *f, const char *const *arguments)
{
	static const char *const flags[] = {"/usr/bin/gcc", "-std=gnu2x",  "-Wall",   "-Wextra",
	                                    "-Wconversion", "-Wcast-qual", "-Werror", "-Igen"};
	char *argv[24] = {};
	size_t count = 0;
	for (; count < COUNT(flags); count++)
		argv[count] = arena_c_str(&f->arena, str_from_c(flags[count]));
	for (; *arguments; arguments++)
		argv[count++] = arena_c_str(&f->arena, str_from_c(*arguments));
	struct child child = {};
	const struct child_program program = {
	        .path = argv[0], .argv = argv, .environment = child_environment(&f->arena)};
	assert_int_equal(child_start(&child, &program), 0);
	int status = child_wait(&child);
	child_release(&child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void write_generated(struct gen_fixture *f, const struct generated *g)
{
	for (size_t i = 0; i < g->count; i++) {
		struct str path = str_format(&f->arena, "gen/%.*s", STR_ARG(g->files[i].path));
		assert_int_equal(file_write(path.ptr, g->files[i].content, 0644), 0);
	}
}

static void prepare(struct gen_fixture *f)
{
	const struct registry *r = sample(f);
	struct generated abi = gen_abi(&f->arena, r);
	struct generated settings = gen_kernel_config(&f->arena, r, &configuration);
	write_generated(f, &abi);
	write_generated(f, &settings);
}

static const char *program_path(struct gen_fixture *f, const char *name)
{
	return str_format(&f->arena, "%s/tests/golden/gen/programs/%s", f->place.former, name).ptr;
}

static void the_dispatch_checks_decodes_and_names(void **state)
{
	struct gen_fixture *f = *state;
	prepare(f);
	const char *const arguments[] = {str_format(&f->arena, "-I%s", program_path(f, "")).ptr,
	                                 "gen/kernel/syscall_dispatch.c",
	                                 program_path(f, "dispatch.c"),
	                                 "-o",
	                                 "main",
	                                 NULL};
	assert_int_equal(run_gcc(f, arguments), 0);
	struct child child = {};
	char main_path[] = "./main", *argv[] = {main_path, NULL};
	const struct child_program program = {
	        .path = argv[0], .argv = argv, .environment = child_environment(&f->arena)};
	assert_int_equal(child_start(&child, &program), 0);
	int status = child_wait(&child);
	child_release(&child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 77);
}

static void stubs_and_structures_compile_for_programs(void **state)
{
	struct gen_fixture *f = *state;
	prepare(f);
	const char *const arguments[] = {"-ffreestanding", "-c", program_path(f, "user.c"), "-o",
	                                 "user.o",         NULL};
	assert_int_equal(run_gcc(f, arguments), 0);
}

static void a_program_that_drops_a_status_does_not_compile(void **state)
{
	struct gen_fixture *f = *state;
	prepare(f);
	assert_int_equal(file_write("drop.c",
	                            STR("#include <rt/stubs.h>\n"
	                                "void drop(void);\n"
	                                "void drop(void) { rustos_tick(); }\n"),
	                            0644),
	                 0);
	const char *const arguments[] = {"-fsyntax-only", "drop.c", NULL};
	assert_int_not_equal(run_gcc(f, arguments), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(headers_and_tables_are_those_that_were_reviewed),
	        cmocka_unit_test(the_kernel_configuration_is_the_one_that_was_reviewed),
	        cmocka_unit_test(reference_pages_are_those_that_were_reviewed),
	        cmocka_unit_test(every_file_names_its_source_in_the_first_line),
	        cmocka_unit_test(every_knob_of_the_kernel_reaches_its_configuration),
	        cmocka_unit_test(the_dispatch_checks_decodes_and_names),
	        cmocka_unit_test(stubs_and_structures_compile_for_programs),
	        cmocka_unit_test(a_program_that_drops_a_status_does_not_compile),
	};
	return cmocka_run_group_tests(tests, fixture_create, fixture_destroy);
}
