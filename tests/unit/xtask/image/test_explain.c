/* Images explained to the byte, and bytes that nothing explains. */
#include "image/cpio.h"
#include "image/cpio_reader.h"
#include "image/explain.h"
#include "image_fixture.h"

static struct image_regions explain(struct world *w, const char *path)
{
	struct image image;
	struct image_regions regions;
	if (image_open(path, &image, &w->why) ||
	    image_explain(&w->arena, &image, &regions, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
	image_close(&image);
	return regions;
}

static void archive_make(struct world *w, const char *path)
{
	struct image_files files = w->files;
	files.items = ARENA_ARRAY(&w->arena, struct image_file, files.count);
	memcpy(files.items, w->files.items, files.count * sizeof *files.items);
	assert_int_equal(image_files_prepare(&files, &w->why), 0);
	struct str host = str_format(&w->arena, "tree/%s", path);
	assert_int_equal(folder_create("tree/system/boot"), 0);
	assert_int_equal(cpio_write(&files, 1700000000, host.ptr, &w->why), 0);
	image_files_add(&w->files, &w->arena, str_from_c(path), host);
}

static void image_make(struct world *w, enum image_format format)
{
	for (size_t i = 0; i < 20; i++)
		world_file(w,
		           str_format(&w->arena, "d%zu/a file with a long name %zu", i % 3, i).ptr,
		           (size_t)world_random(w, 20000));
	archive_make(w, "system/boot/early.cpio");
	world_prepare(w);
	struct image_request request = world_request(w, format);
	world_image(w, &request, "disk.img");
}

static void regions_cover_the_image_without_gap_or_overlap(void **state)
{
	struct world *w = *state;
	for (int format = IMAGE_DISK; format <= IMAGE_VOLUME; format++) {
		w->files = (struct image_files){};
		image_make(w, (enum image_format)format);
		struct image_regions regions = explain(w, "disk.img");
		struct str disk = world_read(w, "disk.img");
		uint64_t end = 0, in_files = 0;
		for (size_t i = 0; i < regions.count; i++) {
			assert_int_equal(regions.items[i].offset, end);
			assert_true(regions.items[i].name.len > 0);
			end += regions.items[i].len;
			if (regions.items[i].kind == REGION_FILE && !regions.items[i].archive.len)
				in_files += regions.items[i].len;
		}
		assert_int_equal(end, disk.len);
		assert_int_equal(regions.total_bytes, disk.len);
		assert_true(in_files > 0);
	}
}

static void a_region_of_a_file_holds_its_content(void **state)
{
	struct world *w = *state;
	image_make(w, IMAGE_DISK);
	struct image_regions regions = explain(w, "disk.img");
	struct str disk = world_read(w, "disk.img");
	size_t found = 0, in_archive = 0;
	for (size_t i = 0; i < regions.count; i++) {
		const struct image_region *r = &regions.items[i];
		struct str host = str_format(&w->arena, "tree/%.*s", STR_ARG(r->name));
		if (r->kind != REGION_FILE || !file_exists(host.ptr))
			continue;
		found++;
		in_archive += r->archive.len > 0;
		assert_str(str_slice(disk, r->offset, r->offset + r->len), world_read(w, host.ptr));
	}
	assert_int_equal(found, 40);
	assert_int_equal(in_archive, 20);
}

static void a_byte_of_padding_that_is_not_zero_is_named(void **state)
{
	struct world *w = *state;
	image_make(w, IMAGE_DISK);
	struct image_regions regions = explain(w, "disk.img");
	struct str disk = world_read(w, "disk.img");
	size_t planted = 0;
	for (size_t i = 0; i < regions.count; i++) {
		const struct image_region *r = &regions.items[i];
		if (r->kind != REGION_PADDING)
			continue;
		const uint64_t places[] = {r->offset, r->offset + r->len / 2,
		                           r->offset + r->len - 1};
		uint64_t place = places[planted++ % COUNT(places)];
		struct text why = {.arena = &w->arena};
		struct image image;
		struct image_regions again;
		char *byte = (char *)(uintptr_t)&disk.ptr[place];
		*byte = 'A';
		world_write("changed.img", disk);
		*byte = 0;
		assert_int_equal(image_open("changed.img", &image, &why), 0);
		int error = image_explain(&w->arena, &image, &again, &why);
		image_close(&image);
		assert_int_equal(error, EBADMSG);
		struct str want =
		        str_format(&w->arena, "byte %llu is padding", (unsigned long long)place);
		if (!memmem(why.bytes, why.len, want.ptr, want.len))
			fail_msg("%.*s, want: %s", STR_ARG(text_str(&why)), want.ptr);
	}
	assert_true(planted > 20);
}

static void a_damaged_archive_is_refused_wherever_it_is_cut(void **state)
{
	struct world *w = *state;
	world_file(w, "one", 100);
	world_file(w, "two", 200);
	archive_make(w, "system/boot/early.cpio");
	struct str whole = world_read(w, "tree/system/boot/early.cpio");
	for (size_t len = 0; len < whole.len - 4; len++) {
		char *copy = malloc(len + 1); /* its own block: reading past it is seen */
		struct cpio_cursor cursor = {.archive = {copy, len}};
		struct cpio_entry entry;
		int error;
		memcpy(copy, whole.ptr, len);
		while ((error = cpio_next(&cursor, &entry)) == 0)
			;
		assert_int_equal(error, EBADMSG);
		free(copy);
	}
}

int main(void)
{
#define EXPLAIN_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        EXPLAIN_TEST(regions_cover_the_image_without_gap_or_overlap),
	        EXPLAIN_TEST(a_region_of_a_file_holds_its_content),
	        EXPLAIN_TEST(a_byte_of_padding_that_is_not_zero_is_named),
	        EXPLAIN_TEST(a_damaged_archive_is_refused_wherever_it_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
