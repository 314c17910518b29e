#include "config_fixture.h"

static void every_build_key_has_an_environment_variable(void **state)
{
	static const struct {
		const char *variable, *key, *text;
	} cases[] = {
	        {"RUSTOS_KERNEL_CODEGEN_UNITS=7", "kernel.build.codegen_units", "7"},
	        {"RUSTOS_KERNEL_OPT_LEVEL=s", "kernel.build.opt_level", "\"s\""},
	        {"RUSTOS_KERNEL_OVERFLOW_CHECKS=no", "kernel.build.overflow_checks", "false"},
	        {"RUSTOS_KERNEL_DEBUG_ASSERTIONS=yes", "kernel.build.debug_assertions", "true"},
	        {"RUSTOS_KERNEL_LTO=full", "kernel.build.lto", "\"full\""},
	        {"RUSTOS_KERNEL_FRAME_POINTERS=0", "kernel.build.frame_pointers", "false"},
	        {"RUSTOS_KERNEL_DEBUGINFO=2", "kernel.build.debuginfo", "\"2\""},
	        {"RUSTOS_KERNEL_PANIC=abort", "kernel.build.panic", "\"abort\""},
	        {"RUSTOS_KERNEL_RELOCATION_MODEL=static", "kernel.build.relocation_model",
	         "\"static\""},
	        {"RUSTOS_KERNEL_STRIP=symbols", "kernel.build.strip", "\"symbols\""},
	        {"RUSTOS_KERNEL_EXTRA_CFLAGS= -fa\t-fb  -fc ", "kernel.build.extra_cflags",
	         "[\"-fa\", \"-fb\", \"-fc\"]"},
	        {"RUSTOS_QEMU_PROFILE=nvme", "qemu.profile", "\"nvme\""},
	        {"RUSTOS_QEMU_ACCEL=tcg", "qemu.accelerator", "\"tcg\""},
	        {"OVMF_PATH=/x/OVMF.fd", "qemu.firmware", "\"/x/OVMF.fd\""},
	};
	struct project *p = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		p->environment_count = 0;
		set_variable(p, cases[i].variable);
		assert_loads(p);
		struct str name = str_cut(str_from_c(cases[i].variable), '=').head;
		struct str origin = str_format(&p->arena, "environment %.*s", STR_ARG(name));
		assert_value(p, cases[i].key, cases[i].text, origin.ptr);
	}
	assert_int_equal(p->diag.warnings, 0);
}

static void booleans_have_six_words_each(void **state)
{
	static const char *const yes[] = {"1", "true", "True", "TRUE", "yes", "on"};
	static const char *const no[] = {"0", "false", "False", "FALSE", "no", "off"};
	struct project *p = *state;
	for (size_t i = 0; i < COUNT(yes); i++) {
		p->request.sets = (struct strs){};
		strs_add(&p->request.sets, &p->arena,
		         str_format(&p->arena, "kernel.build.debug_assertions=%s", yes[i]));
		strs_add(&p->request.sets, &p->arena,
		         str_format(&p->arena, "logging.enabled = %s", no[i]));
		assert_loads(p);
		assert_true(p->config.kernel.debug_assertions);
		assert_false(p->config.logging.enabled);
	}
}

static void wrong_variables_are_named(void **state)
{
	static const struct {
		const char *variable, *expected;
	} cases[] = {
	        {"RUSTOS_KERNEL_OVERFLOW_CHECKS=maybe",
	         "environment RUSTOS_KERNEL_OVERFLOW_CHECKS:1:31: invalid "
	         "RUSTOS_KERNEL_OVERFLOW_CHECKS=\"maybe\": expected boolean | 1 true yes on, or 0 "
	         "false "
	         "no off\n"},
	        {"RUSTOS_KERNEL_CODEGEN_UNITS=all",
	         "environment RUSTOS_KERNEL_CODEGEN_UNITS:1:29: invalid "
	         "RUSTOS_KERNEL_CODEGEN_UNITS=\"all\": expected integer\n"},
	        {"RUSTOS_KERNEL_CODEGEN_UNITS=18446744073709551615",
	         "environment RUSTOS_KERNEL_CODEGEN_UNITS:1:29: invalid "
	         "RUSTOS_KERNEL_CODEGEN_UNITS=\"18446744073709551615\": expected integer\n"},
	        {"RUSTOS_KERNEL_CODEGEN_UNITS=999", "environment RUSTOS_KERNEL_CODEGEN_UNITS:1:29: "
	                                            "'codegen_units' must be in 1..256, got "
	                                            "999\n"},
	        {"RUSTOS_KERNEL_LTO=thin",
	         "environment RUSTOS_KERNEL_LTO:1:19: 'lto' can't be 'thin' here "
	         "| gcc has no thin mode; write \"full\"\n"},
	        {"RUSTOS_KERNEL_OPTLEVEL=2", "environment RUSTOS_KERNEL_OPTLEVEL:1:1: unknown key "
	                                     "'optlevel' in [kernel.build] | did you mean "
	                                     "'opt_level'?\n"},
	        {"RUSTOS_KERNEL_EXTRA_RUSTFLAGS=-C x",
	         "environment RUSTOS_KERNEL_EXTRA_RUSTFLAGS:1:1: 'extra_rustflags' can't stand in "
	         "[kernel.build] | the key is called extra_cflags\n"},
	        {"RUSTOS_QEMU_ACCEL=hvf",
	         "environment RUSTOS_QEMU_ACCEL:1:19: 'hvf' is no value of "
	         "'accelerator' | one of: auto, kvm, tcg\n"},
	};
	struct project *p = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		p->environment_count = 0;
		diag_init(&p->diag, &p->arena);
		set_variable(p, cases[i].variable);
		assert_fails(p, cases[i].expected);
	}
}

static void an_empty_variable_is_no_setting(void **state)
{
	struct project *p = *state;
	set_variable(p, "RUSTOS_KERNEL_LTO=");
	set_variable(p, "RUSTOS_QEMU_ACCEL=");
	set_variable(p, "RUSTOS_CONFIG=");
	set_variable(p, "RUSTOS_FAULTS=");
	set_variable(p, "RUSTOS_KERNEL_LTOX");
	assert_loads(p);
	assert_value(p, "kernel.build.lto", "\"off\"", "default");
}

static void the_old_name_of_codegen_units_works_with_a_warning(void **state)
{
	struct project *p = *state;
	set_variable(p, "KERNEL_CODEGEN_UNITS=9");
	assert_loads(p);
	assert_int_equal(p->config.kernel.codegen_units, 9);
	assert_str(said(p),
	           STR("warning: the environment variable KERNEL_CODEGEN_UNITS is an old name "
	               "| write RUSTOS_KERNEL_CODEGEN_UNITS\n"));
	set_variable(p, "RUSTOS_KERNEL_CODEGEN_UNITS=10");
	assert_loads(p);
	assert_int_equal(p->config.kernel.codegen_units, 10);
}

static void set_takes_plain_text_or_toml(void **state)
{
	static const struct {
		const char *set, *key, *text;
	} cases[] = {
	        {"kernel.build.lto=full", "kernel.build.lto", "\"full\""},
	        {"kernel.build.lto = \"full\"", "kernel.build.lto", "\"full\""},
	        {"kernel.build.lto='full'", "kernel.build.lto", "\"full\""},
	        {"qemu.firmware=/a=b.fd", "qemu.firmware", "\"/a=b.fd\""},
	        {"qemu.firmware=", "qemu.firmware", "\"\""},
	        {"kernel.build.extra_cflags=-fa -fb", "kernel.build.extra_cflags",
	         "[\"-fa\", \"-fb\"]"},
	        {"kernel.build.extra_cflags=['-fa b']", "kernel.build.extra_cflags", "[\"-fa b\"]"},
	        {" qemu.cpus = 3 ", "qemu.cpus", "3"},
	};
	struct project *p = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		p->request.sets = (struct strs){};
		add_set(p, cases[i].set);
		assert_loads(p);
		assert_value(p, cases[i].key, cases[i].text, "--set");
	}
}

static void wrong_sets_are_named(void **state)
{
	static const struct {
		const char *set, *expected;
	} cases[] = {
	        {"kernel.build.lto", "--set:1:1: --set takes TABLE.KEY=VALUE | --set "
	                             "kernel.build.lto=full\n"},
	        {"=full", "--set:1:1: --set takes TABLE.KEY=VALUE | --set kernel.build.lto=full\n"},
	        {"kernel.build.lot=full",
	         "--set:1:14: unknown key 'lot' in [kernel.build] | did you mean 'lto'?\n"},
	        {"kernle.build.lto=full",
	         "--set:1:1: unknown table 'kernle' in the top level | did you mean 'kernel'?\n"},
	        {"lto=full",
	         "--set:1:1: unknown key 'lto' in the top level | known here: preset, kernel, "
	         "logging, fault_injection, image, qemu, build, cache, signing\n"},
	        {"kernel.build=full", "--set:1:14: 'build' must be a table, found a string\n"},
	        {"kernel.build.lto.x=full",
	         "--set:1:14: 'lto' must be a string, found a table | one of: off, full\n"},
	        {"qemu.cpus=\"3\"",
	         "--set:1:11: 'cpus' must be an integer, found a string | without quotes: 3\n"},
	        {"qemu.firmware=\"x",
	         "--set:1:15: string is not closed | close it with '\"', or use "
	         "\"\"\" for several lines\n"},
	        {"qemu.cpus=x", "--set:1:11: invalid qemu.cpus=\"x\": expected integer\n"},
	};
	struct project *p = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		p->request.sets = (struct strs){};
		diag_init(&p->diag, &p->arena);
		add_set(p, cases[i].set);
		assert_fails(p, cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        PROJECT_TEST(every_build_key_has_an_environment_variable),
	        PROJECT_TEST(booleans_have_six_words_each),
	        PROJECT_TEST(wrong_variables_are_named),
	        PROJECT_TEST(an_empty_variable_is_no_setting),
	        PROJECT_TEST(the_old_name_of_codegen_units_works_with_a_warning),
	        PROJECT_TEST(set_takes_plain_text_or_toml),
	        PROJECT_TEST(wrong_sets_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
