#include "../../../test.h"

#include "../loader_memory.h"

static struct loader_memory loader;
static struct boot_info info;

static void tag_begin(uint32_t type, uint32_t body_len)
{
	while (loader.len % 8)
		loader.bytes[loader.len++] = 0;
	loader_put32(&loader, type);
	loader_put32(&loader, body_len + 8);
}

static void tag_memory_map(uint32_t entry_size)
{
	static const uint64_t map[][3] = {
	        {0, 0x9f000, 1}, {0x100000, 0x7f00000, 1}, {0x8000000, 0x1000, 3}};
	tag_begin(6, 8 + 3 * entry_size);
	loader_put32(&loader, entry_size);
	loader_put32(&loader, 0);
	for (size_t i = 0; i < COUNT(map); i++) {
		size_t end = loader.len + entry_size;
		loader_put64(&loader, map[i][0]);
		loader_put64(&loader, map[i][1]);
		loader_put64(&loader, map[i][2]);
		loader.len = end;
	}
}

static void tag_framebuffer(uint8_t type, uint8_t bits, uint32_t pitch)
{
	tag_begin(8, 31);
	loader_put64(&loader, 0xc0000000);
	loader_put32(&loader, pitch);
	loader_put32(&loader, 800);
	loader_put32(&loader, 600);
	const uint8_t rest[] = {bits, type, 0, 0, 16, 8, 8, 8, 0, 8, 0};
	loader_put(&loader, rest, sizeof rest);
}

static void info_begin(void)
{
	memset(&loader, 0, sizeof loader);
	loader_put64(&loader, 0);
}

static enum status info_parse(void)
{
	tag_begin(0, 0);
	uint32_t total = (uint32_t)loader.len;
	memcpy(loader.bytes, &total, sizeof total);
	const struct boot_memory memory = {loader_view, &loader};
	enum status status = boot_info_from_multiboot2(&memory, LOADER_BASE, &info);
	loader_release(&loader);
	return status;
}

static void what_grub_hands_over_is_read(void **)
{
	info_begin();
	tag_begin(1, 12);
	loader_put(&loader, "log=trace x", 12);
	tag_begin(3, 8 + 4);
	loader_put32(&loader, 0x5d000);
	loader_put32(&loader, 0x5d000 + 22536);
	loader_put(&loader, "arc", 4);
	tag_begin(3, 9);
	loader_put32(&loader, 0x1000);
	loader_put32(&loader, 0x2000);
	loader_put(&loader, "", 1);
	tag_memory_map(24);
	tag_framebuffer(1, 32, 3200);
	tag_begin(14, 20);
	loader_put(&loader, "RSD PTR one.........", 20);
	tag_begin(15, 36);
	loader_put(&loader, "RSD PTR two.........................", 36);
	tag_begin(99, 3);
	loader_put(&loader, "???", 3);

	assert_int_equal(info_parse(), OK);
	assert_int_equal(info.entry, BOOT_ENTRY_MULTIBOOT2);
	assert_string_equal(info.command_line, "log=trace x");
	assert_int_equal(info.archive_start, 0x5d000);
	assert_int_equal(info.archive_bytes, 22536);
	assert_int_equal(info.region_count, 3);
	assert_int_equal(info.regions[1].end, 0x8000000);
	assert_int_equal(info.regions[2].kind, BOOT_REGION_ACPI_RECLAIM);
	assert_int_equal(info.framebuffer.address, 0xc0000000);
	assert_int_equal(info.framebuffer.red_shift, 16);
	assert_int_equal(info.framebuffer.blue_bits, 8);
	assert_int_equal(info.rsdp_copy_bytes, 36);
	assert_memory_equal(info.rsdp_copy, "RSD PTR two", 11);
}

static void without_a_module_there_is_no_archive(void **)
{
	info_begin();
	tag_memory_map(24);
	assert_int_equal(info_parse(), OK);
	assert_int_equal(info.archive_bytes, 0);
	assert_int_equal(info.framebuffer.address, 0);
}

static void larger_memory_entries_are_skipped_over(void **)
{
	info_begin();
	tag_memory_map(40);
	assert_int_equal(info_parse(), OK);
	assert_int_equal(info.region_count, 3);
}

static void an_unusable_framebuffer_is_none(void **)
{
	static const struct {
		uint8_t type, bits;
		uint32_t pitch;
		bool usable;
	} cases[] = {
	        {1, 32, 3200, true}, {1, 24, 2400, true},  {0, 8, 800, false},
	        {2, 16, 160, false}, {1, 16, 1600, false}, {1, 32, 3199, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		info_begin();
		tag_memory_map(24);
		tag_framebuffer(cases[i].type, cases[i].bits, cases[i].pitch);
		assert_int_equal(info_parse(), OK);
		assert_int_equal(info.framebuffer.address != 0, cases[i].usable);
	}
}

static void a_long_command_line_is_cut_and_says_so(void **)
{
	char line[BOOT_COMMAND_LINE_MAX + 1];
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = 0;
	info_begin();
	tag_begin(1, sizeof line);
	loader_put(&loader, line, sizeof line);
	tag_memory_map(24);
	assert_int_equal(info_parse(), OK);
	assert_int_equal(strlen(info.command_line), BOOT_COMMAND_LINE_MAX - 1);
	assert_true(info.command_line_cut);
}

static void no_memory_map_is_an_error(void **)
{
	info_begin();
	tag_begin(1, 1);
	loader_put(&loader, "", 1);
	assert_int_equal(info_parse(), ERR_INVALID_ARGS);
}

static void sizes_that_lie_are_an_error(void **)
{
	static const struct {
		size_t offset;
		uint32_t value;
	} cases[] = {
	        {0, 0},  {0, 7},  {0, LOADER_BYTES + 8}, {0, 0xffffffff},
	        {12, 0}, {12, 7}, {12, 0xfffffff0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		info_begin();
		tag_memory_map(24);
		tag_begin(0, 0);
		uint32_t total = (uint32_t)loader.len;
		memcpy(loader.bytes, &total, sizeof total);
		memcpy(loader.bytes + cases[i].offset, &cases[i].value, sizeof(uint32_t));
		const struct boot_memory memory = {loader_view, &loader};
		assert_int_equal(boot_info_from_multiboot2(&memory, LOADER_BASE, &info),
		                 ERR_INVALID_ARGS);
		loader_release(&loader);
	}
}

/* The sanitizer is the judge; every answer is fine. */
static void damaged_bytes_are_survived(void **)
{
	uint32_t random = 11;
	for (int round = 0; round < 3000; round++) {
		info_begin();
		tag_begin(1, 5);
		loader_put(&loader, "line", 5);
		tag_begin(3, 9);
		loader_put(&loader, "12345678", 9);
		tag_memory_map(24);
		tag_framebuffer(1, 32, 3200);
		tag_begin(0, 0);
		uint32_t total = (uint32_t)loader.len;
		memcpy(loader.bytes, &total, sizeof total);
		for (int i = 0; i < 6; i++) {
			random = random * 1664525 + 1013904223;
			loader.bytes[(random >> 8) % loader.len] = (uint8_t)(random >> 24);
		}
		const struct boot_memory memory = {loader_view, &loader};
		enum status status = boot_info_from_multiboot2(&memory, LOADER_BASE, &info);
		assert_true(status == OK || status == ERR_INVALID_ARGS);
		loader_release(&loader);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_grub_hands_over_is_read),
	        cmocka_unit_test(without_a_module_there_is_no_archive),
	        cmocka_unit_test(larger_memory_entries_are_skipped_over),
	        cmocka_unit_test(an_unusable_framebuffer_is_none),
	        cmocka_unit_test(a_long_command_line_is_cut_and_says_so),
	        cmocka_unit_test(no_memory_map_is_an_error),
	        cmocka_unit_test(sizes_that_lie_are_an_error),
	        cmocka_unit_test(damaged_bytes_are_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
