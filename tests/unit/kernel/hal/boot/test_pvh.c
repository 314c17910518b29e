#include "../../../test.h"

#include "../loader_memory.h"

enum { MAGIC = 0x336ec578 };
enum { MODULE_AT = 56, MAP_AT = MODULE_AT + 32, MAP_COUNT_AT = 48, LINE_AT = MAP_AT + 2 * 24 };

static struct loader_memory loader;
static struct boot_info info;

static void start_info_make(const char *line)
{
	memset(&loader, 0, sizeof loader);
	loader_put32(&loader, MAGIC);
	loader_put32(&loader, 1);
	loader_put32(&loader, 0);
	loader_put32(&loader, 1);
	loader_put64(&loader, LOADER_BASE + MODULE_AT);
	loader_put64(&loader, LOADER_BASE + LINE_AT);
	loader_put64(&loader, 0xe0000);
	loader_put64(&loader, LOADER_BASE + MAP_AT);
	loader_put32(&loader, 2);
	loader_put32(&loader, 0);

	loader_put64(&loader, 0x7fd2000);
	loader_put64(&loader, 22536);
	loader_put64(&loader, 0);
	loader_put64(&loader, 0);

	loader_put64(&loader, 0);
	loader_put64(&loader, 0x9fc00);
	loader_put64(&loader, BOOT_REGION_USABLE);
	loader_put64(&loader, 0x100000);
	loader_put64(&loader, 0x7f00000);
	loader_put64(&loader, BOOT_REGION_USABLE);
	loader_put(&loader, line, strlen(line) + 1);
}

static enum status start_info_parse(void)
{
	const struct boot_memory memory = {loader_view, &loader};
	enum status status = boot_info_from_pvh(&memory, LOADER_BASE, &info);
	loader_release(&loader);
	return status;
}

static void what_qemu_hands_over_is_read(void **)
{
	start_info_make("quiet");
	assert_int_equal(start_info_parse(), OK);
	assert_int_equal(info.entry, BOOT_ENTRY_PVH);
	assert_string_equal(info.command_line, "quiet");
	assert_int_equal(info.rsdp, 0xe0000);
	assert_int_equal(info.archive_start, 0x7fd2000);
	assert_int_equal(info.archive_bytes, 22536);
	assert_int_equal(info.region_count, 2);
	assert_int_equal(info.regions[1].end, 0x8000000);
}

static void a_line_without_an_end_stops_with_memory(void **)
{
	start_info_make("abc");
	loader.len--;
	assert_int_equal(start_info_parse(), OK);
	assert_string_equal(info.command_line, "abc");
	assert_false(info.command_line_cut);
}

static void a_long_line_is_cut_and_says_so(void **)
{
	char line[BOOT_COMMAND_LINE_MAX + 1];
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = 0;
	start_info_make(line);
	assert_int_equal(start_info_parse(), OK);
	assert_int_equal(strlen(info.command_line), BOOT_COMMAND_LINE_MAX - 1);
	assert_true(info.command_line_cut);
}

static void a_module_that_wraps_around_is_no_archive(void **)
{
	start_info_make("");
	memset(loader.bytes + MODULE_AT, 0xff, 16);
	assert_int_equal(start_info_parse(), OK);
	assert_int_equal(info.archive_bytes, 0);
}

static void fields_that_lie_are_an_error(void **)
{
	static const struct {
		size_t offset;
		uint32_t value;
	} cases[] = {
	        {0, 0x12345678}, /* magic */
	        {4, 0}, /* version without a map */
	        {16, 0x10}, /* modules outside memory */
	        {40, 0}, /* no map */
	        {40, 0x10}, /* map outside memory */
	        {MAP_COUNT_AT, 0},
	        {MAP_COUNT_AT, 1000}, /* runs out of memory */
	        {MAP_COUNT_AT, 0xffffffff},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		start_info_make("");
		memcpy(loader.bytes + cases[i].offset, &cases[i].value, sizeof(uint32_t));
		assert_int_equal(start_info_parse(), ERR_INVALID_ARGS);
	}
}

static void a_structure_outside_memory_is_an_error(void **)
{
	start_info_make("");
	loader.len = 30;
	assert_int_equal(start_info_parse(), ERR_INVALID_ARGS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_qemu_hands_over_is_read),
	        cmocka_unit_test(a_line_without_an_end_stops_with_memory),
	        cmocka_unit_test(a_long_line_is_cut_and_says_so),
	        cmocka_unit_test(a_module_that_wraps_around_is_no_archive),
	        cmocka_unit_test(fields_that_lie_are_an_error),
	        cmocka_unit_test(a_structure_outside_memory_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
