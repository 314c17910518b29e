/* Volumes that lie, and volumes that other programs wrote. */
#include "../image_fixture.h"
#include "image/fat/format.h"

/* A small volume in memory that may be changed; its files are "a" (3 clusters), "b", "d/e". */
static char *volume_make(struct world *w, struct fat_volume *out_volume)
{
	world_file(w, "a", 9000);
	world_file(w, "b", 100);
	world_file(w, "d/e", 5000);
	world_prepare(w);
	struct image_request request = world_request(w, IMAGE_VOLUME);
	world_image(w, &request, "volume.img");
	struct str bytes = world_read(w, "volume.img");
	/* Only the beginning is used; a shorter copy is quicker to damage. */
	char *copy = arena_alloc(&w->arena, bytes.len);
	memcpy(copy, bytes.ptr, bytes.len);
	assert_int_equal(fat_open((struct str){copy, bytes.len}, out_volume, &w->why), 0);
	return copy;
}

static int list(struct world *w, const struct fat_volume *volume)
{
	struct fat_listing listing;
	return fat_list(&w->arena, volume, &listing, &w->why);
}

static struct fat_file find(struct world *w, const struct fat_volume *volume, const char *path)
{
	struct fat_listing listing;
	assert_int_equal(fat_list(&w->arena, volume, &listing, &w->why), 0);
	for (size_t i = 0; i < listing.count; i++)
		if (str_equal(listing.files[i].path, str_from_c(path)))
			return listing.files[i];
	fail_msg("no %s", path);
	return (struct fat_file){};
}

static void next_set(const struct fat_volume *v, char *bytes, uint32_t cluster, uint32_t next)
{
	put_le16((uint8_t *)bytes + v->table_offset + 2 * (size_t)cluster, next);
}

static void chains_that_lie_are_refused(void **state)
{
	struct world *w = *state;
	struct fat_volume v;
	char *bytes = volume_make(w, &v);
	uint32_t a = find(w, &v, "d").first_cluster;
	uint32_t b = find(w, &v, "b").first_cluster;
	uint16_t end = FAT16_END;
	assert_int_equal(list(w, &v), 0);

	const uint32_t wrong[] = {a, b, 0, 1, v.cluster_count + 2, 0xfff7};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		next_set(&v, bytes, a, wrong[i]);
		assert_int_equal(list(w, &v), EBADMSG);
	}
	next_set(&v, bytes, a, end);
	assert_int_equal(list(w, &v), 0);
	/* A file whose chain goes on behind its size. */
	next_set(&v, bytes, b, v.cluster_count);
	assert_int_equal(list(w, &v), EBADMSG);
}

static void extents_of_a_fragmented_file_are_followed(void **state)
{
	struct world *w = *state;
	struct fat_volume v;
	struct str content;
	world_run(w, "truncate -s 16M mkfs.img && mkfs.fat -F 16 -s 1 mkfs.img");
	world_run(w, "head -c 2000 /dev/urandom >one && cp one two && cp one three && "
	             "head -c 5000 /dev/urandom >four");
	world_run(w, "mcopy -i mkfs.img one two three ::/ && mdel -i mkfs.img ::/two && "
	             "mcopy -i mkfs.img four ::/Four.long.name && mmd -i mkfs.img ::/folder && "
	             "mcopy -i mkfs.img one ::/folder/lower.txt");
	assert_int_equal(fat_open(world_read(w, "mkfs.img"), &v, &w->why), 0);
	struct fat_file four = find(w, &v, "Four.long.name");
	assert_true(four.extent_count >= 1);
	uint64_t len = 0;
	for (size_t i = 0; i < four.extent_count; i++)
		len += four.extents[i].len;
	assert_int_equal(len, 5000);
	assert_int_equal(fat_read(&w->arena, &v, STR("four.LONG.name"), &content, &w->why), 0);
	assert_str(content, world_read(w, "four"));
	assert_int_equal(fat_read(&w->arena, &v, STR("folder/lower.txt"), &content, &w->why), 0);
	assert_str(content, world_read(w, "one"));
}

static void boot_sectors_that_lie_are_refused(void **state)
{
	struct world *w = *state;
	struct fat_volume v;
	char *bytes = volume_make(w, &v);
	struct str whole = v.bytes;
	static const struct {
		size_t at;
		uint8_t value;
	} cases[] = {{11, 1}, {13, 0}, {13, 3}, {14, 0},    {16, 0},  {16, 3},   {17, 0xff},
	             {22, 0}, {22, 1}, {34, 0}, {35, 0x7f}, {510, 0}, {18, 0xff}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char former = bytes[cases[i].at];
		bytes[cases[i].at] = (char)cases[i].value;
		/* With few root entries fewer clusters fit, and so on: refused, or still within
		 * bounds. */
		if (fat_open(whole, &v, &w->why) == 0)
			(void)list(w, &v);
		bytes[cases[i].at] = former;
	}
	assert_int_equal(fat_open(str_slice(whole, 0, whole.len - 512), &v, &w->why), EBADMSG);
	assert_int_equal(fat_open(str_slice(whole, 0, 511), &v, &w->why), EBADMSG);
	assert_int_equal(fat_open((struct str){}, &v, &w->why), EBADMSG);
	bytes[13] = 3;
	assert_int_equal(fat_open(whole, &v, &w->why), EBADMSG);
}

static void no_damage_makes_the_reader_leave_the_volume_or_hang(void **state)
{
	struct world *w = *state;
	struct fat_volume v;
	char *bytes = volume_make(w, &v);
	struct str whole = v.bytes;
	size_t used = (size_t)v.data_offset + 6 * v.cluster_bytes;
	for (unsigned round = 0; round < 1500; round++) {
		struct arena scratch;
		struct fat_listing listing;
		struct str content;
		size_t places[6];
		char former[6];
		size_t hits = 1 + world_random(w, COUNT(places));
		host_arena_init(&scratch);
		struct text why = {.arena = &scratch};
		for (size_t i = 0; i < hits; i++) {
			static const uint8_t likely[] = {0, 1, 2, 3, 0xff, 0xe5, 0x0f, 0x10};
			uint64_t where = world_random(w, 4);
			places[i] = where == 0   ? world_random(w, 64)
			            : where == 1 ? v.table_offset + world_random(w, 40)
			            : where == 2 ? v.root_offset + world_random(w, 512)
			                         : world_random(w, used);
			former[i] = bytes[places[i]];
			bytes[places[i]] = world_random(w, 2)
			                           ? (char)likely[world_random(w, COUNT(likely))]
			                           : (char)world_random(w, 256);
		}
		struct fat_volume damaged;
		if (fat_open(whole, &damaged, &why) == 0 &&
		    fat_list(&scratch, &damaged, &listing, &why) == 0)
			for (size_t i = 0; i < listing.count; i++)
				(void)fat_read(&scratch, &damaged, listing.files[i].path, &content,
				               &why);
		for (size_t i = hits; i-- > 0;)
			bytes[places[i]] = former[i];
		arena_release(&scratch);
	}
}

static void names_of_entries_are_judged(void **state)
{
	struct world *w = *state;
	static const struct {
		uint8_t entry[FAT_ENTRY_BYTES];
		const char *name; /* NULL: passed over */
	} cases[] = {
	        {{"FILE    TXT\x20"}, "FILE.TXT"},
	        {{'F', 'I', 'L', 'E', ' ', ' ', ' ', ' ', 'T', 'X', 'T', 0x20, 0x18}, "file.txt"},
	        {{"NOEXT      \x20"}, "NOEXT"},
	        {{"A/B        \x20"}, "A_B"},
	        {{"\xe5"
	          "ELETED    \x20"},
	         NULL},
	        {{"LABEL      \x08"}, NULL},
	        {{".          \x10"}, NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fat_entries walk = {
		        .content = {(const char *)cases[i].entry, FAT_ENTRY_BYTES},
		};
		struct fat_entry entry;
		bool found = fat_entries_next(&w->arena, &walk, &entry);
		assert_int_equal(found, cases[i].name != NULL);
		if (found)
			assert_str(entry.name, str_from_c(cases[i].name));
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(chains_that_lie_are_refused),
	        TEST(extents_of_a_fragmented_file_are_followed),
	        TEST(boot_sectors_that_lie_are_refused),
	        TEST(no_damage_makes_the_reader_leave_the_volume_or_hang),
	        TEST(names_of_entries_are_judged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
