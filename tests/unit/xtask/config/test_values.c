#include "config_fixture.h"

static void show_is_toml_that_gives_the_same_values_again(void **state)
{
	struct project *p = *state;
	put_file("config/rustos.toml",
	         "[kernel.build]\nextra_cflags = [\"-DX=\\\"a b\\\"\"]\n"
	         "[logging.categories]\nboot = \"error\"\n"
	         "[fault_injection]\nenabled = true\nrules = [\"alloc.frame=off\"]\n"
	         "[qemu]\nfirmware = 'C:\\x\\한'\n");
	assert_loads(p);
	struct config first = p->config;
	put_file("shown.toml", config_show(&p->arena, &p->config).ptr);
	p->request.file = "shown.toml";
	assert_loads(p);
	assert_int_equal(first.value_count, p->config.value_count);
	for (size_t i = 0; i < first.value_count; i++) {
		assert_str(p->config.values[i].key, first.values[i].key);
		assert_str(p->config.values[i].text, first.values[i].text);
		assert_true(str_starts_with(p->config.values[i].origin, STR("shown.toml:")));
	}
	assert_int_equal(p->diag.errors + p->diag.warnings, 0);
}

static void show_groups_values_by_table_with_their_origin(void **state)
{
	struct project *p = *state;
	put_file("config/rustos.toml", "[signing]\nkey = \"k.pem\"\n");
	assert_loads(p);
	struct str shown = config_show(&p->arena, &p->config);
	assert_true(str_starts_with(
	        shown,
	        STR("preset = \"debug\" # default\n\n[kernel.build]\ncodegen_units = 256 # preset "
	            "debug (config/presets/debug.toml:2)\nopt_level = \"2\" # default\n")));
	assert_true(str_ends_with(shown,
	                          STR("\n\n[signing]\nkey = \"k.pem\" # config/rustos.toml:2\n"
	                              "efi_key = \"\" # default\nefi_certificate = \"\" # default\n"
	                              "release = false # default\n")));
}

static void a_category_says_when_min_level_decides(void **state)
{
	struct project *p = *state;
	put_file("config/rustos.toml",
	         "[logging]\nmin_level = \"warn\"\n[logging.categories]\nboot = \"trace\"\n");
	assert_loads(p);
	assert_value(p, "logging.categories.boot", "\"warn\"",
	             "config/rustos.toml:4, but min_level (config/rustos.toml:2) is the floor");
	assert_value(p, "logging.categories.memory", "\"warn\"", "min_level, config/rustos.toml:2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        PROJECT_TEST(show_is_toml_that_gives_the_same_values_again),
	        PROJECT_TEST(show_groups_values_by_table_with_their_origin),
	        PROJECT_TEST(a_category_says_when_min_level_decides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
