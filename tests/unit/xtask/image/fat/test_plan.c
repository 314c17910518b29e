#include "../image_fixture.h"
#include "image/fat/format.h"

/* A list without host files: planning reads none. */
static void planned_file(struct world *w, const char *path, uint64_t size)
{
	image_files_add(&w->files, &w->arena, str_from_c(path), STR("none"));
	w->files.items[w->files.count - 1].size = size;
}

static struct fat_layout plan(struct world *w, const struct fat_request *request)
{
	struct fat_layout layout;
	if (fat_plan(&w->arena, request, &layout, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
	return layout;
}

static uint32_t first_cluster(const struct fat_layout *layout, const char *path)
{
	for (size_t i = 0; i < layout->content_count; i++)
		if (str_equal(layout->contents[i]->path, str_from_c(path)))
			return layout->contents[i]->first_cluster;
	fail_msg("no %s", path);
	return 0;
}

static void a_file_that_stays_in_its_slot_moves_nothing(void **state)
{
	struct world *w = *state;
	planned_file(w, "a", 0);
	planned_file(w, "b", 100 * 4096);
	planned_file(w, "c", 1);
	struct fat_request request = {.files = &w->files, .slack_percent = 25};
	struct fat_layout before = plan(w, &request);
	/* Rungs at 25 percent: 1 2 3 4 5 7 9 12 15 19 24 30 38 48 60 75 94 118 */
	w->files.items[0].size = 4096;
	w->files.items[1].size = 118 * 4096;
	struct fat_layout after = plan(w, &request);
	assert_int_equal(first_cluster(&before, "a"), 0);
	assert_int_equal(first_cluster(&after, "a"), 2);
	assert_int_equal(first_cluster(&after, "b"), 3);
	assert_int_equal(first_cluster(&before, "b"), 3);
	assert_int_equal(first_cluster(&before, "c"), 121);
	assert_int_equal(first_cluster(&after, "c"), 121);
	assert_int_equal(fat_volume_bytes(&before), fat_volume_bytes(&after));

	w->files.items[1].size++;
	after = plan(w, &request);
	assert_int_equal(first_cluster(&after, "b"), 3);
	assert_int_equal(first_cluster(&after, "c"), 3 + 148);
}

static void without_slack_a_slot_is_as_large_as_its_file(void **state)
{
	struct world *w = *state;
	planned_file(w, "a", 10 * 4096);
	planned_file(w, "b", 5);
	struct fat_request request = {.files = &w->files};
	struct fat_layout layout = plan(w, &request);
	assert_int_equal(first_cluster(&layout, "b"), 12);
}

static void fat16_becomes_fat32_where_readers_agree(void **state)
{
	struct world *w = *state;
	static const struct {
		uint64_t clusters;
		bool is_fat32;
	} cases[] = {{1, false},    {4000, false}, {5000, false}, {60000, false},
	             {65530, true}, {65600, true}, {100000, true}};
	planned_file(w, "a", 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fat_request request = {.files = &w->files, .cluster_bytes = 512};
		w->files.items[0].size = cases[i].clusters * 512;
		struct fat_layout layout = plan(w, &request);
		assert_int_equal(layout.is_fat32, cases[i].is_fat32);
		if (layout.is_fat32)
			assert_true(layout.cluster_count >= FAT32_CLUSTERS_MIN + 16);
		else
			assert_in_range(layout.cluster_count, FAT16_CLUSTERS_MIN + 5,
			                FAT32_CLUSTERS_MIN - 16);
		assert_true(layout.cluster_count >= cases[i].clusters);
	}
}

static void a_minimum_size_is_met_exactly_and_still_holds_the_files(void **state)
{
	struct world *w = *state;
	planned_file(w, "a", 0);
	for (uint64_t clusters = 4300; clusters < 4600; clusters++) {
		struct fat_request request = {
		        .files = &w->files,
		        .cluster_bytes = 32768,
		        .minimum_bytes = (uint64_t)140 << 20,
		};
		w->files.items[0].size = clusters * 32768;
		struct fat_layout layout = plan(w, &request);
		assert_true(fat_volume_bytes(&layout) >= request.minimum_bytes);
		assert_true(layout.cluster_count >= clusters);
		assert_true(layout.data_sector + (uint64_t)layout.cluster_count * 64 <=
		            layout.total_sectors);
	}
}

static void the_data_area_begins_at_whole_clusters(void **state)
{
	struct world *w = *state;
	planned_file(w, "a", 300 << 20);
	for (uint32_t bytes = 512; bytes <= 32768; bytes *= 2) {
		struct fat_request request = {.files = &w->files, .cluster_bytes = bytes};
		struct fat_layout layout = plan(w, &request);
		assert_int_equal(layout.data_sector % layout.cluster_sectors, 0);
	}
}

static void what_can_not_be_laid_out_is_refused(void **state)
{
	struct world *w = *state;
	planned_file(w, "a", 0);
	struct fat_layout layout;
	struct fat_request wrong[] = {
	        {.files = &w->files, .cluster_bytes = 3000},
	        {.files = &w->files, .cluster_bytes = 65536},
	        {.files = &w->files, .slack_percent = 101},
	        {.files = &w->files, .start_bytes = 100},
	        {.files = &w->files, .label = STR("lower")},
	        {.files = &w->files, .extents_path = STR("a")},
	        {.files = &w->files, .extents_path = STR("a/b")},
	        {.files = &w->files, .extents_path = STR("A")},
	};
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(fat_plan(&w->arena, &wrong[i], &layout, &w->why), EINVAL);
	struct fat_request large = {.files = &w->files};
	w->files.items[0].size = (uint64_t)1 << 32;
	assert_int_equal(fat_plan(&w->arena, &large, &layout, &w->why), EFBIG);
	w->files.items[0].size--;
	assert_int_equal(fat_plan(&w->arena, &large, &layout, &w->why), 0);
	for (size_t i = 0; i < 600; i++)
		planned_file(w, str_format(&w->arena, "b%zu", i).ptr, UINT32_MAX);
	assert_int_equal(fat_plan(&w->arena, &large, &layout, &w->why), EFBIG);
}

static void the_extent_table_names_every_file_but_itself(void **state)
{
	struct world *w = *state;
	planned_file(w, "a/b", 5000);
	planned_file(w, "empty", 0);
	planned_file(w, "z", 1);
	struct fat_request request = {.files = &w->files, .extents_path = STR("m/x.tsv")};
	struct fat_layout layout = plan(w, &request);
	struct str expected = str_format(
	        &w->arena,
	        "path=/a/b\tlen=5000\textents=%llu:5000\npath=/empty\tlen=0\textents=\n"
	        "path=/z\tlen=1\textents=%llu:1\n",
	        (unsigned long long)fat_cluster_offset(&layout, first_cluster(&layout, "a/b")),
	        (unsigned long long)fat_cluster_offset(&layout, first_cluster(&layout, "z")));
	assert_str(layout.extents, expected);
	assert_str(layout.contents[layout.content_count - 1]->path, STR("m/x.tsv"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_file_that_stays_in_its_slot_moves_nothing),
	        TEST(without_slack_a_slot_is_as_large_as_its_file),
	        TEST(fat16_becomes_fat32_where_readers_agree),
	        TEST(a_minimum_size_is_met_exactly_and_still_holds_the_files),
	        TEST(the_data_area_begins_at_whole_clusters),
	        TEST(what_can_not_be_laid_out_is_refused),
	        TEST(the_extent_table_names_every_file_but_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
