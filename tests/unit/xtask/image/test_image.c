/* Images as a whole, judged by fsck.fat, sgdisk and mtools, and read back by our own reader. */
#include "image/gpt.h"
#include "image_fixture.h"
#include <signal.h>
#include <sys/resource.h>

#define EXTENTS "system/registry/kernel/root-file-extents.tsv"

/* Every program that knows the format finds nothing wrong, and mtools reads the same tree back. */
static void judge(struct world *w, const char *path, bool is_disk)
{
	const char *at = is_disk ? "@@1M" : "";
	if (is_disk) {
		world_run(w, "sgdisk -v %s | grep -q 'No problems found'", path);
		world_run(w, "! sgdisk -v %s | grep -q Caution", path);
		world_run(w, "tail -c +1048577 %s >volume.fat", path);
	} else {
		world_run(w, "cp %s volume.fat", path);
	}
	world_run(w, "fsck.fat -n volume.fat");
	world_run(w, "rm -rf back && mkdir -p back tree && mcopy -s -n -m -i %s%s ::/ back", path,
	          at);
	world_run(w, "rm back/" EXTENTS " && rmdir -p --ignore-fail-on-non-empty "
	             "back/system/registry/kernel && mkdir -p back && diff -r tree back");
}

static void read_back(struct world *w, const char *path)
{
	struct image image;
	struct fat_listing listing;
	assert_int_equal(image_open(path, &image, &w->why), 0);
	if (fat_list(&w->arena, &image.volume, &listing, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
	size_t files = 0;
	for (size_t i = 0; i < listing.count; i++)
		files += !listing.files[i].is_folder;
	assert_int_equal(files, w->files.count + 1);
	for (size_t i = 0; i < w->files.count; i++) {
		struct str content;
		if (image_extract(&w->arena, &image, w->files.items[i].path, &content, &w->why))
			fail_msg("%.*s", STR_ARG(text_str(&w->why)));
		struct str host = world_read(w, w->files.items[i].host.ptr);
		if (!str_equal(content, host))
			fail_msg("%s differs", w->files.items[i].path.ptr);
	}
	image_close(&image);
}

static void both(struct world *w)
{
	world_prepare(w);
	struct image_request disk = world_request(w, IMAGE_DISK);
	world_image(w, &disk, "disk.img");
	judge(w, "disk.img", true);
	read_back(w, "disk.img");
	struct image_request volume = world_request(w, IMAGE_VOLUME);
	world_image(w, &volume, "volume.img");
	judge(w, "volume.img", false);
	read_back(w, "volume.img");
}

static void an_image_without_files_is_sound(void **state)
{
	both(*state);
}

static void files_of_every_size_around_clusters_come_back(void **state)
{
	struct world *w = *state;
	static const size_t sizes[] = {0,    1,    511,   512,   513,   4095,   4096,   4097,
	                               8191, 8192, 32767, 32768, 32769, 100000, 2000000};
	for (size_t i = 0; i < COUNT(sizes); i++)
		world_file(w, str_format(&w->arena, "size %zu.bin", sizes[i]).ptr, sizes[i]);
	both(w);
}

static void long_deep_and_foreign_names_come_back(void **state)
{
	struct world *w = *state;
	struct text deep = {.arena = &w->arena}, name = {.arena = &w->arena};
	for (unsigned i = 0; i < 24; i++)
		text_addf(&deep, "level %u/", i);
	text_add(&deep, STR("bottom"));
	for (unsigned i = 0; i < 230; i++)
		text_add_byte(&name, (char)('a' + i % 26));
	world_file(w, text_str(&deep).ptr, 10);
	world_file(w, text_str(&name).ptr, 20);
	world_file(w,
	           "\xec\x9a\xb4\xec\x98\x81\xec\xb2\xb4\xec\xa0\x9c/\xed\x8c\x8c\xec\x9d\xbc.txt",
	           30);
	world_file(w, "\xc3\x9cn\xc3\xaf c\xc3\xb8\x64\xc3\xa9 \xe2\x82\xac.tar.gz", 40);
	world_file(w, "UPPER.TXT", 50);
	world_file(w, "Mixed.Case", 60);
	world_file(w, "thirteen char", 70);
	both(w);
}

static void names_beyond_the_basic_plane_come_back(void **state)
{
	struct world *w = *state;
	world_file(w, "penguin \xf0\x9f\x90\xa7", 1);
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_DISK);
	world_image(w, &request, "disk.img");
	read_back(w, "disk.img"); /* mtools knows no surrogates */
	world_run(w, "tail -c +1048577 disk.img >volume.fat && fsck.fat -n volume.fat");
}

static void a_folder_of_many_files_comes_back(void **state)
{
	struct world *w = *state;
	for (unsigned i = 0; i < 900; i++)
		world_file(w, str_format(&w->arena, "many/a rather long name %u", i).ptr, i % 3);
	for (unsigned i = 0; i < 300; i++)
		world_file(w, str_format(&w->arena, "a rather long name in the root %u", i).ptr, 1);
	both(w);
}

static void random_trees_come_back(void **state)
{
	struct world *w = *state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		w->seed = seed * 7919;
		w->files = (struct image_files){};
		assert_int_equal(tree_remove("tree"), 0);
		for (uint64_t i = 0, count = world_random(w, 60); i < count; i++) {
			struct text path = {.arena = &w->arena};
			for (uint64_t depth = world_random(w, 4); depth; depth--)
				text_addf(&path, "dir%llu/",
				          (unsigned long long)world_random(w, 3));
			text_addf(&path, "f%llu", (unsigned long long)i);
			for (uint64_t more = world_random(w, 40); more; more--)
				text_add_byte(&path, "abcXYZ ._-"[world_random(w, 6)]);
			size_t size = world_random(w, 3) ? world_random(w, 9000)
			                                 : world_random(w, 300000);
			world_file(w, text_str(&path).ptr, size);
		}
		both(w);
	}
}

static void a_fat32_volume_comes_back(void **state)
{
	struct world *w = *state;
	world_file(w, "sub/folder/file", 10000);
	world_run(w, "truncate -s 300M tree/large && printf end >>tree/large");
	image_files_add(&w->files, &w->arena, STR("large"), STR("tree/large"));
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_DISK);
	world_image(w, &request, "disk.img");
	struct image image;
	assert_int_equal(image_open("disk.img", &image, &w->why), 0);
	assert_true(image.volume.is_fat32);
	image_close(&image);
	judge(w, "disk.img", true);
}

static void equal_trees_give_equal_images_whatever_the_host_says(void **state)
{
	struct world *w = *state;
	world_file(w, "a/one", 5000);
	world_file(w, "a/two", 0);
	world_file(w, "b", 70000);
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_DISK);
	world_image(w, &request, "1.img");
	world_run(w, "mkdir 'other place' && cp -r tree/b tree/a 'other place' && "
	             "touch -d 1999-01-01 'other place/b' && chmod 600 'other place/b'");
	struct image_request other = request;
	other.files = (struct image_files){};
	assert_int_equal(image_files_add_tree(&other.files, &w->arena, "other place", &w->why), 0);
	assert_int_equal(image_files_prepare(&other.files, &w->why), 0);
	world_run(
	        w,
	        "head -c 1000000 /dev/urandom >2.img"); /* what was there before is no part of it */
	world_image(w, &other, "2.img");
	world_run(w, "cmp 1.img 2.img");
}

static void edits_within_slots_change_only_what_they_must(void **state)
{
	struct world *w = *state;
	world_file(w, "a", 100 * 4096);
	world_file(w, "b", 4096);
	world_file(w, "c", 10 * 4096);
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_DISK);
	world_image(w, &request, "1.img");
	world_run(w, "head -c %d /dev/zero >tree/a", 110 * 4096);
	request.files = w->files;
	assert_int_equal(image_files_prepare(&request.files, &w->why), 0);
	world_image(w, &request, "2.img");
	struct image first, second;
	assert_int_equal(image_open("1.img", &first, &w->why), 0);
	assert_int_equal(image_open("2.img", &second, &w->why), 0);
	assert_int_equal(first.disk.len, second.disk.len);
	struct fat_listing one, two;
	assert_int_equal(fat_list(&w->arena, &first.volume, &one, &w->why), 0);
	assert_int_equal(fat_list(&w->arena, &second.volume, &two, &w->why), 0);
	assert_int_equal(one.count, two.count);
	for (size_t i = 0; i < one.count; i++)
		assert_int_equal(one.files[i].first_cluster, two.files[i].first_cluster);
	image_close(&first);
	image_close(&second);
}

static void the_extent_table_tells_where_the_bytes_are(void **state)
{
	struct world *w = *state;
	world_file(w, "x/one", 5000);
	world_file(w, "two", 70000);
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_DISK);
	world_image(w, &request, "1.img");
	struct image image;
	struct str table;
	assert_int_equal(image_open("1.img", &image, &w->why), 0);
	assert_int_equal(image_extract(&w->arena, &image, STR(EXTENTS), &table, &w->why), 0);
	struct str_split lines = {.rest = table};
	for (size_t i = 0; i < w->files.count; i++) {
		unsigned long long len, offset, extent;
		char path[100];
		lines = str_cut(lines.rest, '\n');
		assert_int_equal(sscanf(arena_c_str(&w->arena, lines.head),
		                        "path=/%99s\tlen=%llu\textents=%llu:%llu", path, &len,
		                        &offset, &extent),
		                 4);
		assert_string_equal(path, w->files.items[i].path.ptr);
		assert_int_equal(len, extent);
		assert_str(str_slice(image.volume.bytes, offset, offset + len),
		           world_read(w, w->files.items[i].host.ptr));
	}
	assert_int_equal(lines.rest.len, 0);
	image_close(&image);
}

static void times_label_and_id_are_the_given_ones(void **state)
{
	struct world *w = *state;
	world_file(w, "file", 1);
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_VOLUME);
	world_image(w, &request, "1.img");
	world_run(w, "mdir -i 1.img :: | grep -q 'Volume in drive : is RUSTOS'");
	world_run(w, "mdir -i 1.img :: | grep -q 'Volume Serial Number is 5255-5354'");
	world_run(w, "TZ=UTC mdir -i 1.img :: | grep -q 'FILE .* 2023-11-14  22:13'");
	world_run(w, "test $(stat -c %%s 1.img) = %d", 128 << 20);
	request.epoch = 0;
	world_image(w, &request, "1.img");
	world_run(w, "mdir -i 1.img :: | grep -q 'FILE .* 1980-01-01   0:00'");
}

static void guids_follow_from_the_identity(void **state)
{
	struct world *w = *state;
	struct gpt_table one, two;
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_DISK);
	world_image(w, &request, "1.img");
	assert_int_equal(gpt_read(&w->arena, world_read(w, "1.img"), &one, &w->why), 0);
	request.identity = STR("other");
	world_image(w, &request, "1.img");
	assert_int_equal(gpt_read(&w->arena, world_read(w, "1.img"), &two, &w->why), 0);
	assert_false(guid_equal(&one.disk, &two.disk));
	assert_false(guid_equal(&one.partitions[0].id, &two.partitions[0].id));
	assert_true(guid_equal(&one.partitions[0].type, &guid_efi_system));
}

static void a_changed_byte_is_found_where_it_was_changed(void **state)
{
	struct world *w = *state;
	struct image image;
	struct str content;
	world_file(w, "a", 9000);
	world_file(w, "b", 9000);
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_DISK);
	world_image(w, &request, "1.img");
	world_tamper(w, "1.img", "b", 4500);
	assert_int_equal(image_open("1.img", &image, &w->why), 0);
	assert_int_equal(image_extract(&w->arena, &image, STR("a"), &content, &w->why), 0);
	assert_str(content, world_read(w, "tree/a"));
	assert_int_equal(image_extract(&w->arena, &image, STR("B"), &content, &w->why), 0);
	struct str before = world_read(w, "tree/b");
	for (size_t i = 0; i < before.len; i++)
		assert_int_equal(content.ptr[i], before.ptr[i] ^ (i == 4500 ? 1 : 0));
	assert_int_equal(image_extract(&w->arena, &image, STR("c"), &content, &w->why), ENOENT);
	assert_int_equal(image_extract(&w->arena, &image, STR("system"), &content, &w->why),
	                 EISDIR);
	image_close(&image);
}

static void too_little_space_is_told_before_anything_is_written(void **state)
{
	struct world *w = *state;
	world_file(w, "a", 8 << 20);
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_DISK);
	struct rlimit before, limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 4 << 20;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	int error = image_write(&request, "1.img", &w->why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(error, EFBIG);
	assert_non_null(strstr(text_str(&w->why).ptr, "bytes"));
	assert_int_equal(image_write(&request, "absent/1.img", &w->why), ENOENT);
}

static void a_file_that_changes_size_meanwhile_is_an_error(void **state)
{
	struct world *w = *state;
	world_file(w, "a", 100);
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_DISK);
	world_write("tree/a", STR("shorter"));
	assert_int_equal(image_write(&request, "1.img", &w->why), EBUSY);
	world_run(w, "head -c 101 /dev/zero >tree/a");
	assert_int_equal(image_write(&request, "1.img", &w->why), EBUSY);
	world_run(w, "rm tree/a");
	assert_int_equal(image_write(&request, "1.img", &w->why), ENOENT);
}

static void what_is_no_image_is_refused_by_name(void **state)
{
	struct world *w = *state;
	struct image image;
	world_write("empty", STR(""));
	world_run(w, "head -c 100000 /dev/urandom >noise");
	assert_int_equal(image_open("empty", &image, &w->why), EBADMSG);
	assert_int_equal(image_open("noise", &image, &w->why), EBADMSG);
	assert_int_equal(image_open("absent", &image, &w->why), ENOENT);
	assert_non_null(strstr(text_str(&w->why).ptr, "absent"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(an_image_without_files_is_sound),
	        TEST(files_of_every_size_around_clusters_come_back),
	        TEST(long_deep_and_foreign_names_come_back),
	        TEST(names_beyond_the_basic_plane_come_back),
	        TEST(a_folder_of_many_files_comes_back),
	        TEST(random_trees_come_back),
	        TEST(a_fat32_volume_comes_back),
	        TEST(equal_trees_give_equal_images_whatever_the_host_says),
	        TEST(edits_within_slots_change_only_what_they_must),
	        TEST(the_extent_table_tells_where_the_bytes_are),
	        TEST(times_label_and_id_are_the_given_ones),
	        TEST(guids_follow_from_the_identity),
	        TEST(a_changed_byte_is_found_where_it_was_changed),
	        TEST(too_little_space_is_told_before_anything_is_written),
	        TEST(a_file_that_changes_size_meanwhile_is_an_error),
	        TEST(what_is_no_image_is_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
