#include "config_fixture.h"

static void each_layer_lies_over_the_one_before(void **state)
{
	static const char key[] = "kernel.build.codegen_units";
	struct project *p = *state;
	put_file("config/presets/debug.toml", "");
	assert_loads(p);
	assert_value(p, key, "1", "default");
	put_file("config/presets/debug.toml", "[kernel.build]\ncodegen_units = 2\n");
	assert_loads(p);
	assert_value(p, key, "2", "preset debug (config/presets/debug.toml:2)");
	put_file("config/rustos.toml", "\n\nkernel.build.codegen_units = 3\n");
	assert_loads(p);
	assert_value(p, key, "3", "config/rustos.toml:3");
	set_variable(p, "RUSTOS_KERNEL_CODEGEN_UNITS=4");
	assert_loads(p);
	assert_value(p, key, "4", "environment RUSTOS_KERNEL_CODEGEN_UNITS");
	add_set(p, "kernel.build.codegen_units=5");
	assert_loads(p);
	assert_value(p, key, "5", "--set");
	add_set(p, "kernel.build.codegen_units=6");
	assert_loads(p);
	assert_value(p, key, "6", "--set");
	assert_int_equal(p->config.kernel.codegen_units, 6);
	assert_int_equal(p->diag.errors + p->diag.warnings, 0);
}

static void the_preset_is_the_options_or_the_files_or_debug(void **state)
{
	struct project *p = *state;
	assert_loads(p);
	assert_str(p->config.preset, STR("debug"));
	assert_value(p, "preset", "\"debug\"", "default");
	put_file("config/rustos.toml", "preset = \"release\"\n");
	assert_loads(p);
	assert_str(p->config.preset, STR("release"));
	assert_int_equal(p->config.kernel.lto, LTO_FULL);
	assert_false(p->config.faults.compiled);
	assert_value(p, "preset", "\"release\"", "config/rustos.toml:1");
	p->request.preset = STR("debug");
	assert_loads(p);
	assert_str(p->config.preset, STR("debug"));
	assert_int_equal(p->config.kernel.lto, LTO_OFF);
	assert_value(p, "preset", "\"debug\"", "--preset");
}

static void wrong_presets_are_named(void **state)
{
	struct project *p = *state;
	p->request.preset = STR("relase");
	assert_fails(p, "--preset:1:1: unknown preset 'relase' | did you mean 'release'?\n");
	diag_init(&p->diag, &p->arena);
	p->request.preset = STR("../presets/debug");
	assert_fails(p, "--preset:1:1: unknown preset '../presets/debug' | there are: debug, "
	                "release\n");
	diag_init(&p->diag, &p->arena);
	p->request.preset = (struct str){};
	put_file("config/rustos.toml", "preset = \"fast\"\n");
	assert_fails(p, "config/rustos.toml:1:10: unknown preset 'fast' | there are: debug, "
	                "release\n");
	diag_init(&p->diag, &p->arena);
	put_file("config/rustos.toml", "");
	put_file("config/presets/debug.toml", "preset = \"release\"\n");
	assert_fails(p, "config/presets/debug.toml:1:10: a preset can't name a preset\n");
	diag_init(&p->diag, &p->arena);
	put_file("config/presets/debug.toml", "");
	add_set(p, "preset=release");
	assert_fails(p, "--set:1:1: the preset is not chosen with --set | write --preset NAME\n");
}

static void the_file_is_the_options_or_the_variables_or_the_projects(void **state)
{
	struct project *p = *state;
	put_file("a.toml", "qemu.cpus = 2\n");
	put_file("b.toml", "qemu.cpus = 3\n");
	set_variable(p, "RUSTOS_CONFIG=a.toml");
	assert_loads(p);
	assert_value(p, "qemu.cpus", "2", "a.toml:1");
	assert_str(p->config.source, STR("a.toml"));
	p->request.file = "b.toml";
	assert_loads(p);
	assert_value(p, "qemu.cpus", "3", "b.toml:1");
	assert_true(strs_contain(&p->config.files_read, STR("b.toml")));
	assert_false(strs_contain(&p->config.files_read, STR("a.toml")));
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
	struct project *p = *state;
	p->request.file = "none.toml";
	assert_fails(p, "can't read 'none.toml': No such file or directory\n");
	diag_init(&p->diag, &p->arena);
	p->request.file = NULL;
	assert_int_equal(tree_remove("config/rustos.toml"), 0);
	assert_fails(p, "can't read 'config/rustos.toml': No such file or directory\n");
	diag_init(&p->diag, &p->arena);
	set_variable(p, "RUSTOS_CONFIG=config");
	assert_fails(p, "RUSTOS_CONFIG is not a file: config\n");
}

static void kernel_build_config_replaces_only_the_kernels_build(void **state)
{
	struct project *p = *state;
	put_file("config/rustos.toml", "[kernel.build]\nstrip = \"symbols\"\nopt_level = \"3\"\n"
	                               "[qemu]\ncpus = 3\n");
	put_file("k.toml", "[kernel.build]\nopt_level = \"0\"\n[qemu]\ncpus = 7\n");
	set_variable(p, "KERNEL_BUILD_CONFIG=k.toml");
	assert_loads(p);
	assert_value(p, "kernel.build.opt_level", "\"0\"", "k.toml:2");
	assert_value(p, "kernel.build.strip", "\"none\"", "default");
	assert_value(p, "kernel.build.codegen_units", "256",
	             "preset debug (config/presets/debug.toml:2)");
	assert_value(p, "qemu.cpus", "3", "config/rustos.toml:5");
	assert_str(said(p),
	           STR("k.toml:3:2: warning: KERNEL_BUILD_CONFIG replaces [kernel.build] only, "
	               "ignoring 'qemu'\n"));
	assert_true(strs_contain(&p->config.files_read, STR("k.toml")));
}

static void a_wrong_kernel_build_config_is_an_error(void **state)
{
	struct project *p = *state;
	set_variable(p, "KERNEL_BUILD_CONFIG=none.toml");
	assert_fails(p, "KERNEL_BUILD_CONFIG is not a file: none.toml\n");
	diag_init(&p->diag, &p->arena);
	put_file("none.toml", "[kernel.build]\nlto = \"thin\"\n");
	assert_fails(p, "none.toml:2:7: 'lto' can't be 'thin' here | gcc has no thin mode; write "
	                "\"full\"\n");
}

static void every_file_that_was_read_is_listed(void **state)
{
	struct project *p = *state;
	assert_loads(p);
	strs_sort(&p->config.files_read);
	static const struct str expected[] = {
	        STR_INIT("config/presets/debug.toml"), STR_INIT("config/rustos.toml"),
	        STR_INIT("registry/faults.toml"), STR_INIT("registry/log.toml")};
	assert_int_equal(p->config.files_read.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_str(p->config.files_read.items[i], expected[i]);
}

static void the_errors_of_all_layers_are_reported_in_one_run(void **state)
{
	struct project *p = *state;
	put_file("config/presets/debug.toml", "[kernel.build]\nlot = \"off\"\n");
	put_file("config/rustos.toml", "[qemu]\ncpus = many\nprofil = \"nvme\"\n");
	set_variable(p, "RUSTOS_KERNEL_STRIP=all");
	add_set(p, "image.lable=X");
	add_fault(p, "alloc.frame=fial");
	assert_fails(
	        p,
	        "config/rustos.toml:2:8: 'many' is not a value | a string needs quotes: \"many\"\n"
	        "config/presets/debug.toml:2:1: unknown key 'lot' in [kernel.build] | did you mean "
	        "'lto'?\n"
	        "config/rustos.toml:3:1: unknown key 'profil' in [qemu] | did you mean 'profile'?\n"
	        "environment RUSTOS_KERNEL_STRIP:1:21: 'all' is no value of 'strip' | one of: "
	        "none, "
	        "debuginfo, symbols\n"
	        "--set:1:7: unknown key 'lable' in [image] | did you mean 'label'?\n"
	        "--fault:1:1: invalid fault rule 'alloc.frame=fial': fault action is not supported "
	        "| did you mean 'fail'?\n");
}

static void the_shipped_configuration_is_right(void **state)
{
	struct project *p = *state;
	assert_int_equal(chdir(p->place.former), 0);
	assert_loads(p);
	assert_int_equal(p->diag.warnings, 0);
	assert_int_equal(p->config.kernel.codegen_units, 256);
	assert_true(p->config.kernel.debug_assertions);
	assert_true(p->config.faults.compiled);
	assert_true(p->config.logging.boot_trace_enabled);
	p->request.preset = STR("release");
	assert_loads(p);
	assert_int_equal(p->diag.warnings, 0);
	assert_int_equal(p->config.kernel.codegen_units, 1);
	assert_int_equal(p->config.kernel.lto, LTO_FULL);
	assert_false(p->config.kernel.debug_assertions);
	assert_false(p->config.faults.compiled);
	assert_false(p->config.logging.boot_trace_enabled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        PROJECT_TEST(each_layer_lies_over_the_one_before),
	        PROJECT_TEST(the_preset_is_the_options_or_the_files_or_debug),
	        PROJECT_TEST(wrong_presets_are_named),
	        PROJECT_TEST(the_file_is_the_options_or_the_variables_or_the_projects),
	        PROJECT_TEST(a_file_that_is_not_there_is_an_error),
	        PROJECT_TEST(kernel_build_config_replaces_only_the_kernels_build),
	        PROJECT_TEST(a_wrong_kernel_build_config_is_an_error),
	        PROJECT_TEST(every_file_that_was_read_is_listed),
	        PROJECT_TEST(the_errors_of_all_layers_are_reported_in_one_run),
	        PROJECT_TEST(the_shipped_configuration_is_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
