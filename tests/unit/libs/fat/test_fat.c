/* Volumes that mkfs.fat and mtools made, and the same ones with lies in them. */
#include "../../folder.h"
#include "../../test.h"
#include <fat/api.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VOLUME_BYTES = 40 << 20, CONTENT_BYTES = 30000 };

struct world {
	char folder[256];
	int fd;
	struct fat_volume volume;
	unsigned reads;
};

static enum status read_image(void *context, uint64_t offset, void *buffer, size_t len)
{
	struct world *world = context;
	world->reads++;
	assert_true(len <= FAT_SECTOR_BYTES_MAX && offset + len <= VOLUME_BYTES);
	return pread(world->fd, buffer, len, (off_t)offset) == (ssize_t)len ? OK : ERR_IO;
}

static void run(const struct world *world, const char *command)
{
	char line[1024];
	snprintf(line, sizeof line, "cd %s && { %s; } >log 2>&1", world->folder, command);
	assert_int_equal(system(line), 0);
}

static enum status open_image(struct world *world)
{
	const struct fat_source source = {world, read_image, VOLUME_BYTES};
	return fat_volume_open(&source, &world->volume);
}

static void make(struct world *world, const char *options)
{
	char line[256], path[512];
	snprintf(line, sizeof line, "truncate -s 40M image && mkfs.fat %s image", options);
	run(world, line);
	snprintf(path, sizeof path, "%.200s/image", world->folder);
	world->fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(world->fd >= 0);
	assert_int_equal(open_image(world), OK);
}

static uint8_t content_byte(unsigned seed, size_t at)
{
	return (uint8_t)(seed + at * 7 + at / 251);
}

static void write_content(const struct world *world, const char *name, unsigned seed, size_t len)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", world->folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (size_t i = 0; i < len; i++)
		fputc(content_byte(seed, i), file);
	fclose(file);
}

static void expect_content(const struct world *world, const char *path, unsigned seed, size_t len)
{
	static uint8_t bytes[CONTENT_BYTES + 1];
	struct fat_file file;
	size_t got = 0;
	assert_int_equal(fat_walk(&world->volume, str_from_c(path), &file), OK);
	assert_int_equal(file.size, len);
	const struct fat_range all = {0, sizeof bytes};
	assert_int_equal(fat_file_read(&world->volume, &file, all, bytes, &got), OK);
	assert_int_equal(got, len);
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != content_byte(seed, i))
			fail_msg("%s: byte %zu", path, i);
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	test_folder_make(world->folder, sizeof world->folder);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	if (world->fd > 0)
		close(world->fd);
	free(world);
	return 0;
}

static void check_files(struct world *world)
{
	write_content(world, "one", 1, 10000);
	write_content(world, "two", 2, 300);
	write_content(world, "three", 3, CONTENT_BYTES);
	/* removing makes a hole, which the third one fills first */
	run(world, "mcopy -i image one ::/One.bin && mcopy -i image two ::/two && "
	           "mcopy -i image one ::/keep && mdel -i image ::/One.bin && "
	           "mcopy -i image three '::/A rather long name, with ümläuts & more.text' && "
	           "mmd -i image ::/folder ::/folder/below && "
	           "mcopy -i image two ::/folder/below/lower.txt && "
	           "mcopy -i image /dev/null ::/empty");
	expect_content(world, "keep", 1, 10000);
	expect_content(world, "/a RATHER long name, with ümläuts & more.text", 3, CONTENT_BYTES);
	expect_content(world, "folder/./below//lower.txt", 2, 300);
	expect_content(world, "FOLDER/BELOW/LOWER.TXT", 2, 300);
	expect_content(world, "empty", 0, 0);

	struct fat_file file;
	assert_int_equal(fat_walk(&world->volume, STR("nothing"), &file), ERR_NOT_FOUND);
	assert_int_equal(fat_walk(&world->volume, STR("two/x"), &file), ERR_NOT_DIRECTORY);
	assert_int_equal(fat_walk(&world->volume, STR("One.bin"), &file), ERR_NOT_FOUND);
	assert_int_equal(fat_walk(&world->volume, STR("folder/below"), &file), OK);
	assert_true(file.is_folder);
}

static void files_of_fat16_are_read(void **state)
{
	make(*state, "-F 16 -s 2");
	check_files(*state);
}

static void files_of_fat32_are_read(void **state)
{
	make(*state, "-F 32 -s 1");
	assert_true(((struct world *)*state)->volume.is_fat32);
	check_files(*state);
}

static void folder_of_many_files_is_listed(void **state)
{
	struct world *world = *state;
	struct fat_entry entry;
	unsigned count = 0;
	make(world, "-F 32 -s 1");
	run(world, "mmd -i image ::/many && mkdir m && cd m && "
	           "for i in $(seq 150); do echo $i >\"file number $i\"; done && "
	           "mcopy -i ../image file* ::/many");
	struct fat_file many;
	assert_int_equal(fat_walk(&world->volume, STR("many"), &many), OK);
	struct fat_folder folder = fat_folder_open(&world->volume, &many, 0);
	bool seen[151] = {};
	while (fat_folder_next(&folder, &entry) == OK) {
		entry.name[entry.name_len] = '\0';
		unsigned number = 0;
		assert_int_equal(sscanf(entry.name, "file number %u", &number), 1);
		assert_true(number >= 1 && number <= 150 && !seen[number]);
		seen[number] = true;
		/* from where it stands another reader goes on */
		if (++count == 75)
			folder = fat_folder_open(&world->volume, &many, entry.position);
	}
	assert_int_equal(count, 150);
}

static void times_are_those_of_the_files(void **state)
{
	struct world *world = *state;
	struct fat_file file;
	make(world, "-F 16 -s 2");
	run(world, "echo x >t && TZ=UTC touch -d '2024-02-29 12:34:56 UTC' t && "
	           "TZ=UTC mcopy -m -i image t ::/t");
	assert_int_equal(fat_walk(&world->volume, STR("t"), &file), OK);
	assert_int_equal(file.modify_time, 1709210096);
}

static void put(const struct world *world, uint64_t offset, const void *bytes, size_t len)
{
	assert_int_equal(pwrite(world->fd, bytes, len, (off_t)offset), (ssize_t)len);
}

static void chains_that_lie_end(void **state)
{
	struct world *world = *state;
	struct fat_file file;
	uint8_t bytes[4096];
	size_t got;
	make(world, "-F 16 -s 2");
	write_content(world, "one", 1, 10000);
	run(world, "mcopy -i image one ::/one && mmd -i image ::/dir");
	assert_int_equal(fat_walk(&world->volume, STR("one"), &file), OK);

	uint32_t first = file.first_cluster;
	const uint16_t lies[] = {0, 1, 0xfff7, (uint16_t)(world->volume.cluster_count + 2)};
	const struct fat_range late = {4096, 4096};
	for (size_t i = 0; i < COUNT(lies); i++) {
		put(world, world->volume.table_offset + first * 2, &lies[i], 2);
		assert_int_equal(fat_file_read(&world->volume, &file, late, bytes, &got), ERR_IO);
	}
	/* a chain that ends early, and one that bites its tail */
	const uint16_t end = 0xffff, ring = (uint16_t)first;
	put(world, world->volume.table_offset + first * 2, &end, 2);
	assert_int_equal(fat_file_read(&world->volume, &file, late, bytes, &got), ERR_IO);
	put(world, world->volume.table_offset + first * 2, &ring, 2);
	file.size = UINT32_MAX;
	const struct fat_range far = {UINT32_MAX - 5000, 4096};
	world->reads = 0;
	assert_int_equal(fat_file_read(&world->volume, &file, far, bytes, &got), ERR_IO);
	assert_true(world->reads <= world->volume.cluster_count + 2);
}

static void folder_in_a_ring_ends(void **state)
{
	struct world *world = *state;
	struct fat_file dir;
	struct fat_entry entry;
	uint8_t cluster[1024];
	make(world, "-F 16 -s 2");
	run(world, "mmd -i image ::/dir");
	assert_int_equal(fat_walk(&world->volume, STR("dir"), &dir), OK);
	uint16_t ring = (uint16_t)dir.first_cluster;
	put(world, world->volume.table_offset + dir.first_cluster * 2, &ring, 2);
	memset(cluster, ' ', sizeof cluster);
	for (size_t at = 0; at < sizeof cluster; at += 32) {
		cluster[at] = 'A';
		cluster[at + 11] = 0;
	}
	put(world,
	    world->volume.data_offset +
	            (uint64_t)(dir.first_cluster - 2) * world->volume.cluster_bytes,
	    cluster, sizeof cluster);
	struct fat_folder folder = fat_folder_open(&world->volume, &dir, 0);
	unsigned count = 0;
	while (fat_folder_next(&folder, &entry) == OK)
		count++;
	assert_true(count <= FAT_FOLDER_BYTES_MAX / 32);
}

static void boot_sectors_that_lie_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} lies[] = {{11, 1}, {12, 0}, {12, 0x80}, {13, 0}, {13, 3},  {13, 0xff},
	            {16, 0}, {22, 1}, {34, 0xff}, {35, 8}, {510, 0}, {511, 0}};
	struct world *world = *state;
	make(world, "-F 16 -s 2");
	for (size_t i = 0; i < COUNT(lies); i++) {
		uint8_t good;
		assert_int_equal(pread(world->fd, &good, 1, (off_t)lies[i].at), 1);
		put(world, lies[i].at, &lies[i].value, 1);
		if (open_image(world) != ERR_INVALID_ARGS)
			fail_msg("byte %zu = %u is taken", lies[i].at, lies[i].value);
		put(world, lies[i].at, &good, 1);
	}
	assert_int_equal(open_image(world), OK);
}

static void failing_reads_are_told(void **state)
{
	struct world *world = *state;
	struct fat_file file;
	make(world, "-F 16 -s 2");
	close(world->fd);
	world->fd = -1;
	assert_int_equal(fat_walk(&world->volume, STR("x"), &file), ERR_IO);
	assert_int_equal(open_image(world), ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(files_of_fat16_are_read, setup, teardown),
	        cmocka_unit_test_setup_teardown(files_of_fat32_are_read, setup, teardown),
	        cmocka_unit_test_setup_teardown(folder_of_many_files_is_listed, setup, teardown),
	        cmocka_unit_test_setup_teardown(times_are_those_of_the_files, setup, teardown),
	        cmocka_unit_test_setup_teardown(chains_that_lie_end, setup, teardown),
	        cmocka_unit_test_setup_teardown(folder_in_a_ring_ends, setup, teardown),
	        cmocka_unit_test_setup_teardown(boot_sectors_that_lie_are_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(failing_reads_are_told, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
