#include "config_fixture.h"

/* Everything that other stages see of a configuration. */
static struct str effective(struct project *p)
{
	const struct config *c = &p->config;
	const struct kernel_build_config *k = &c->kernel;
	struct text t = {.arena = &p->arena};
	text_addf(&t, "%.*s %lld %.*s %d %d %d %d %lld %d", STR_ARG(c->preset),
	          (long long)k->codegen_units, STR_ARG(k->opt_level), k->overflow_checks,
	          k->debug_assertions, k->lto, k->frame_pointers, (long long)k->debuginfo,
	          k->strip);
	for (size_t i = 0; i < k->extra_cflags.count; i++)
		text_addf(&t, " '%.*s'", STR_ARG(k->extra_cflags.items[i]));
	text_addf(&t, " | %d %d %d %lld %d %d", c->logging.enabled, c->logging.boot_trace_enabled,
	          c->logging.serial_mirror, (long long)c->logging.ring_buffer_bytes,
	          c->logging.compiled_level, c->logging.min_level);
	for (size_t i = 0; i < c->logging.category_count; i++)
		text_addf(&t, " %.*s:%d", STR_ARG(c->logging.category_names[i]),
		          c->logging.thresholds[i]);
	text_addf(&t, " | %d %d", c->faults.enabled, c->faults.compiled);
	for (size_t i = 0; i < c->faults.rules.count; i++)
		text_addf(&t, " '%.*s'", STR_ARG(c->faults.rules.items[i]));
	text_addf(&t,
	          " | '%.*s' %lld | '%.*s' %d %lld %lld '%.*s' %lld %lld | '%.*s' '%.*s' '%.*s' %d",
	          STR_ARG(c->image.label), (long long)c->image.slack_percent,
	          STR_ARG(c->qemu.profile), c->qemu.accelerator, (long long)c->qemu.memory_mib,
	          (long long)c->qemu.cpus, STR_ARG(c->qemu.firmware),
	          (long long)c->qemu.timeout_seconds, (long long)c->qemu.data_mib,
	          STR_ARG(c->signing.key), STR_ARG(c->signing.efi_key),
	          STR_ARG(c->signing.efi_certificate), c->signing.release);
	text_addf(&t, " | '%.*s' '%.*s' '%.*s' %d '%.*s'", STR_ARG(c->launcher),
	          STR_ARG(c->cache.folder), STR_ARG(c->cache.url), c->cache.write,
	          STR_ARG(c->cache.key));
	for (size_t i = 0; i < c->cache.trusted.count; i++)
		text_addf(&t, " '%.*s'", STR_ARG(c->cache.trusted.items[i]));
	return text_str(&t);
}

static const struct {
	const char *key, *value; /* as TOML, different from the default */
} knobs[] = {
        {"kernel.build.codegen_units", "7"},
        {"kernel.build.opt_level", "\"s\""},
        {"kernel.build.overflow_checks", "false"},
        {"kernel.build.debug_assertions", "true"},
        {"kernel.build.lto", "\"full\""},
        {"kernel.build.frame_pointers", "false"},
        {"kernel.build.debuginfo", "\"2\""},
        {"kernel.build.strip", "\"symbols\""},
        {"kernel.build.extra_cflags", "[\"-fx\", \"-fy\"]"},
        {"logging.enabled", "false"},
        {"logging.boot_trace_enabled", "false"},
        {"logging.serial_mirror", "false"},
        {"logging.ring_buffer_bytes", "4096"},
        {"logging.compiled_level", "\"warn\""},
        {"logging.min_level", "\"warn\""},
        {"logging.categories.boot", "\"error\""},
        {"logging.categories.memory", "\"off\""},
        {"fault_injection.enabled", "true"},
        {"fault_injection.compiled", "false"},
        {"image.label", "\"OTHER\""},
        {"image.slack_percent", "0"},
        {"qemu.profile", "\"nvme\""},
        {"qemu.accelerator", "\"tcg\""},
        {"qemu.memory_mib", "1024"},
        {"qemu.cpus", "4"},
        {"qemu.firmware", "\"/x/OVMF.fd\""},
        {"qemu.timeout_seconds", "60"},
        {"qemu.data_mib", "96"},
        {"build.launcher", "\"ccache\""},
        {"cache.folder", "\"/x/cache\""},
        {"cache.url", "\"http://h/c\""},
        {"cache.write", "true"},
        {"cache.key", "\"/x/cache.key\""},
        {"cache.trusted", "[\"ab\"]"},
        {"signing.key", "\"/x/key.pem\""},
        {"signing.efi_key", "\"/x/efi.pem\""},
        {"signing.efi_certificate", "\"/x/certificate.pem\""},
        {"signing.release", "true"},
};

/* One meaning only: nothing to change. The preset and the rules have tests of their own. */
static const struct str not_knobs[] = {
        STR_INIT("kernel.build.panic"),
        STR_INIT("kernel.build.relocation_model"),
        STR_INIT("preset"),
        STR_INIT("fault_injection.rules"),
};

static struct str loaded(struct project *p)
{
	assert_loads(p);
	return effective(p);
}

static void every_knob_changes_what_other_stages_see(void **state)
{
	struct project *p = *state;
	put_file("config/presets/debug.toml", "");
	struct str before = loaded(p);
	for (size_t i = 0; i < COUNT(knobs); i++) {
		struct str set = str_format(&p->arena, "%s=%s", knobs[i].key, knobs[i].value);
		p->request.sets = (struct strs){};
		strs_add(&p->request.sets, &p->arena, set);
		struct str by_option = loaded(p);
		if (str_equal(by_option, before))
			fail_msg("--set %.*s changes nothing", STR_ARG(set));
		assert_value(p, knobs[i].key, knobs[i].value, "--set");

		p->request.sets = (struct strs){};
		put_file("config/rustos.toml", set.ptr);
		assert_str(loaded(p), by_option);
		assert_value(p, knobs[i].key, knobs[i].value, "config/rustos.toml:1");
		put_file("config/rustos.toml", "");
	}
}

static void no_knob_is_left_out_of_the_test(void **state)
{
	struct project *p = *state;
	assert_loads(p);
	for (size_t i = 0; i < p->config.value_count; i++) {
		struct str key = p->config.values[i].key;
		bool known = false;
		for (size_t k = 0; k < COUNT(knobs); k++)
			known |= str_equal(key, str_from_c(knobs[k].key));
		for (size_t k = 0; k < COUNT(not_knobs); k++)
			known |= str_equal(key, not_knobs[k]);
		if (!known)
			fail_msg("'%.*s' is not tested", STR_ARG(key));
	}
	assert_int_equal(p->config.value_count, COUNT(knobs) + COUNT(not_knobs));
}

static void wrong_settings_are_refused_with_what_to_write(void **state)
{
	static const struct {
		const char *line, *expected; /* behind "config/rustos.toml:2:" */
	} cases[] = {
	        {"[kernel.build]\ncodegen_units = 0",
	         "17: 'codegen_units' must be in 1..256, got 0\n"},
	        {"[kernel.build]\ncodegen_units = 257",
	         "17: 'codegen_units' must be in 1..256, got 257\n"},
	        {"[kernel.build]\nopt_level = \"z\"",
	         "13: 'opt_level' can't be 'z' here | gcc 12 has no z; write \"s\"\n"},
	        {"[kernel.build]\nopt_level = \"4\"",
	         "13: '4' is no value of 'opt_level' | one of: 0, 1, 2, 3, s\n"},
	        {"[kernel.build]\nlto = \"thin\"",
	         "7: 'lto' can't be 'thin' here | gcc has no thin mode; write \"full\"\n"},
	        {"[kernel.build]\nlto = \"fat\"",
	         "7: 'lto' can't be 'fat' here | it is called \"full\" here\n"},
	        {"[kernel.build]\ndebuginfo = \"line-tables-only\"",
	         "13: 'debuginfo' can't be 'line-tables-only' here | lines without variables are "
	         "\"1\" "
	         "here\n"},
	        {"[kernel.build]\npanic = \"unwind\"",
	         "9: 'panic' can't be 'unwind' here | a C kernel does not unwind; \"abort\" is the "
	         "only "
	         "value\n"},
	        {"[kernel.build]\nrelocation_model = \"pic\"",
	         "20: 'relocation_model' can't be 'pic' here | the kernel is linked for one "
	         "address: "
	         "\"static\", or \"none\", which is the same\n"},
	        {"[kernel.build]\nforce_frame_pointers = true",
	         "1: 'force_frame_pointers' can't stand in [kernel.build] | the key is called "
	         "frame_pointers\n"},
	        {"[kernel.build]\nextra_rustflags = []",
	         "1: 'extra_rustflags' can't stand in [kernel.build] | the key is called "
	         "extra_cflags\n"},
	        {"[kernel.build]\nembed_bitcode = true",
	         "1: 'embed_bitcode' can't stand in [kernel.build] | C has no such key; lto = "
	         "\"full\" "
	         "needs nothing beside it\n"},
	        {"[kernel.build]\nincremental = true",
	         "1: 'incremental' can't stand in [kernel.build] | C has no such key; the build "
	         "only ever "
	         "compiles what changed\n"},
	        {"[kernel.build]\nframe_pointer = true",
	         "1: unknown key 'frame_pointer' in [kernel.build] | did you mean "
	         "'frame_pointers'?\n"},
	        {"[logging]\nmin_level = \"warning\"",
	         "13: 'warning' is no value of 'min_level' | did you mean 'warn'?\n"},
	        {"[logging.categories]\nmemroy = \"off\"",
	         "1: unknown key 'memroy' in [logging.categories] | did you mean 'memory'?\n"},
	        {"[logging.categories]\nboot = \"loud\"",
	         "8: 'loud' is no value of 'boot' | one of: off, trace, debug, info, warn, error, "
	         "fatal\n"},
	        {"[logging]\nring_buffer_bytes = 100",
	         "21: 'ring_buffer_bytes' must be in 1024..16777216, got 100\n"},
	        {"\n[categories]",
	         "2: 'categories' can't stand in the top level | the table is called "
	         "[logging.categories]\n"},
	        {"\n[hardening]",
	         "2: 'hardening' can't stand in the top level | write codegen_units in "
	         "[kernel.build]\n"},
	        {"\n[qmeu]", "2: unknown table 'qmeu' in the top level | did you mean 'qemu'?\n"},
	        {"[image]\nlabel = \"TWELVE_LETTR\"", "9: 'TWELVE_LETTR' can't be the label of a "
	                                              "FAT volume | at most 11 of A-Z 0-9 _ - and "
	                                              "blank\n"},
	        {"[image]\nlabel = \"lower\"",
	         "9: 'lower' can't be the label of a FAT volume | at most 11 "
	         "of A-Z 0-9 _ - and blank\n"},
	        {"[image]\nslack_percent = 101",
	         "17: 'slack_percent' must be in 0..100, got 101\n"},
	        {"[qemu]\nprofile = \"nvm\"",
	         "11: 'nvm' is no value of 'profile' | did you mean 'nvme'?\n"},
	        {"[qemu]\naccelerator = \"hvf\"",
	         "15: 'hvf' is no value of 'accelerator' | one of: auto, kvm, tcg\n"},
	        {"[qemu]\nmemory_mib = 1", "14: 'memory_mib' must be in 32..1048576, got 1\n"},
	        {"[qemu]\ncpus = 0", "8: 'cpus' must be in 1..255, got 0\n"},
	        {"[qemu]\ntimeout_seconds = -1",
	         "19: 'timeout_seconds' must be in 0..86400, got -1\n"},
	};
	struct project *p = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		diag_init(&p->diag, &p->arena);
		put_file("config/rustos.toml", cases[i].line);
		assert_false(load(p));
		assert_str(said(p),
		           str_format(&p->arena, "config/rustos.toml:2:%s", cases[i].expected));
	}
}

static void levels_of_optimisation_and_debugging_are_numbers_or_words(void **state)
{
	struct project *p = *state;
	put_file("config/rustos.toml", "[kernel.build]\nopt_level = 3\ndebuginfo = 2\n");
	assert_loads(p);
	assert_str(p->config.kernel.opt_level, STR("3"));
	assert_int_equal(p->config.kernel.debuginfo, 2);
	put_file("config/rustos.toml", "[kernel.build]\nopt_level = \"3\"\ndebuginfo = \"0\"\n");
	assert_loads(p);
	assert_str(p->config.kernel.opt_level, STR("3"));
	assert_int_equal(p->config.kernel.debuginfo, 0);
}

static void min_level_is_a_floor_wherever_it_stands(void **state)
{
	static const struct {
		const char *file;
		int boot, memory;
	} cases[] = {
	        {"", 3, 3},
	        {"[logging]\nmin_level = \"warn\"", 4, 4},
	        {"[logging]\nmin_level = \"warn\"\ncategories.boot = \"trace\"", 4, 4},
	        {"[logging]\ncategories.boot = \"trace\"\nmin_level = \"warn\"", 4, 4},
	        {"[logging]\ncategories.boot = \"fatal\"\nmin_level = \"warn\"", 6, 4},
	        {"[logging.categories]\nboot = \"off\"\nmemory = \"error\"", 0, 5},
	        {"[logging]\nmin_level = \"trace\"\n[logging.categories]\nboot = \"trace\"", 1, 1},
	        {"[logging]\nmin_level = \"off\"\n[logging.categories]\nboot = \"fatal\"", 0, 0},
	};
	struct project *p = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		put_file("config/rustos.toml", cases[i].file);
		assert_loads(p);
		assert_int_equal(p->config.logging.thresholds[0], cases[i].boot);
		assert_int_equal(p->config.logging.thresholds[1], cases[i].memory);
	}
}

static void a_registry_that_cannot_be_read_is_reported(void **state)
{
	struct project *p = *state;
	assert_int_equal(tree_remove("registry/log.toml"), 0);
	put_file("registry/faults.toml", "[[fault]]\ndoc = \"no name\"\n");
	assert_fails(p, "can't read 'registry/log.toml': No such file or directory\n"
	                "registry/faults.toml:1:1: missing key 'name' in a row\n");
}

static void a_registry_may_not_have_more_categories_than_the_kernel_holds(void **state)
{
	struct project *p = *state;
	struct text t = {.arena = &p->arena};
	text_add(&t, STR("[[level]]\nname = \"off\"\n"));
	for (int i = 0; i <= LOG_CATEGORIES_MAX; i++)
		text_addf(&t, "[[category]]\nname = \"c%d\"\n", i);
	put_file("registry/log.toml", text_str(&t).ptr);
	assert_fails(p, "registry/log.toml:3:1: more than 32 log categories\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        PROJECT_TEST(every_knob_changes_what_other_stages_see),
	        PROJECT_TEST(no_knob_is_left_out_of_the_test),
	        PROJECT_TEST(wrong_settings_are_refused_with_what_to_write),
	        PROJECT_TEST(levels_of_optimisation_and_debugging_are_numbers_or_words),
	        PROJECT_TEST(min_level_is_a_floor_wherever_it_stands),
	        PROJECT_TEST(a_registry_that_cannot_be_read_is_reported),
	        PROJECT_TEST(a_registry_may_not_have_more_categories_than_the_kernel_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
