#include "../../../../libs/rt/relocate.h"
#include "../../test.h"
#include <string.h>

/* An image linked at 0: words, its relocations, and the dynamic section. */
struct test_image {
	uint64_t words[8];
	struct image_relocation table[4];
};

enum { TAG_NULL = 0, TAG_STRTAB = 5, TAG_RELA = 7, TAG_RELA_BYTES = 8, RELATIVE = 8 };

static void test_image_make(struct test_image *image)
{
	memset(image, 0, sizeof *image);
	for (unsigned i = 0; i < 8; i++)
		image->words[i] = 100 + i;
	image->table[0] = (struct image_relocation){8, RELATIVE, 0};
	image->table[1] = (struct image_relocation){40, RELATIVE, 24};
	image->table[2] = (struct image_relocation){56, RELATIVE, -8};
	image->table[3] = (struct image_relocation){16, 6, 0};
}

static void relative_relocations_get_the_base_added(void **)
{
	struct test_image image;
	test_image_make(&image);
	uintptr_t base = (uintptr_t)&image;
	const struct image_dynamic dynamic[] = {
	        {TAG_STRTAB, 12345},
	        {TAG_RELA_BYTES, 3 * sizeof(struct image_relocation)},
	        {TAG_RELA, offsetof(struct test_image, table)},
	        {TAG_NULL, 0},
	};
	assert_true(image_relocate(base, dynamic));
	const uint64_t expected[] = {100, base, 102, 103, 104, base + 24, 106, base - 8};
	assert_memory_equal(image.words, expected, sizeof expected);
}

static void image_without_relocations_is_left_alone(void **)
{
	struct test_image image, before;
	test_image_make(&image);
	before = image;
	const struct image_dynamic dynamic[] = {{TAG_NULL, 0}};
	assert_true(image_relocate((uintptr_t)&image, dynamic));
	assert_memory_equal(&image, &before, sizeof image);
}

static void relocation_of_another_type_is_refused(void **)
{
	struct test_image image;
	test_image_make(&image);
	const struct image_dynamic dynamic[] = {
	        {TAG_RELA, offsetof(struct test_image, table)},
	        {TAG_RELA_BYTES, sizeof image.table},
	        {TAG_NULL, 0},
	};
	assert_false(image_relocate((uintptr_t)&image, dynamic));
	assert_int_equal(image.words[2], 102);
}

static void only_whole_pages_become_read_only(void **)
{
	enum { LOAD = 1, RELRO = 0x6474e552 };
	const uintptr_t base = 0x10000000;
	static const struct {
		struct image_segment segment;
		uintptr_t start, end;
	} cases[] = {
	        {{.type = RELRO, .address = 0x3000, .memory_bytes = 0x1000}, 0x3000, 0x4000},
	        {{.type = RELRO, .address = 0x3d80, .memory_bytes = 0x280}, 0x3000, 0x4000},
	        {{.type = RELRO, .address = 0x3d80, .memory_bytes = 0x2a0}, 0x3000, 0x4000},
	        {{.type = RELRO, .address = 0x3d80, .memory_bytes = 0x20}, 0x3000, 0x3000},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct image_segment segments[] = {{.type = LOAD, .memory_bytes = 0x9000},
		                                         cases[i].segment};
		struct image_range range = image_read_only(base, segments, COUNT(segments));
		assert_int_equal(range.start, base + cases[i].start);
		assert_int_equal(range.end, base + cases[i].end);
		range = image_read_only(base, segments, 1);
		assert_int_equal(range.start | range.end, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_whole_pages_become_read_only),
	        cmocka_unit_test(relative_relocations_get_the_base_added),
	        cmocka_unit_test(image_without_relocations_is_left_alone),
	        cmocka_unit_test(relocation_of_another_type_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
