/*
 * Images changed where they are: equal to images written anew, byte for byte, whatever came before,
 * and whole wherever the update is killed.
 *
 * This program's own write functions stand before the C library's; they count what is written
 * and end the process in the middle of the one that it is told to.
 */
#include "../image_fixture.h"
#include "image/update/redo.h"
#include "image/update/update.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { CUT_STATUS = 77, NEVER = -1 };

/* Boundaries left until the process ends, here and in no other program. */
static int writes_left = NEVER;

static bool cut(void)
{
	return writes_left != NEVER && writes_left-- == 0;
}

/* Half of it gets through. */
ssize_t write(int fd, const void *bytes, size_t len)
{
	bool ends = cut();
	long put = syscall(SYS_write, fd, bytes, ends ? len / 2 : len);
	if (ends)
		_exit(CUT_STATUS);
	return put;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	bool ends = cut();
	long put = syscall(SYS_pwrite64, fd, bytes, ends ? len / 2 : len, offset);
	if (ends)
		_exit(CUT_STATUS);
	return put;
}

int unlink(const char *path)
{
	if (cut())
		_exit(CUT_STATUS);
	return (int)syscall(SYS_unlink, path);
}

int rename(const char *from, const char *to)
{
	if (cut())
		_exit(CUT_STATUS);
	return (int)syscall(SYS_rename, from, to);
}

static struct image_update_report update(struct world *w, const char *path)
{
	struct image_request request = world_request(w, IMAGE_DISK);
	struct image_update_report report;
	struct text why = {};
	struct arena a;
	host_arena_init(&a);
	why.arena = &a;
	if (image_update(&request, path, &report, &why))
		fail_msg("%.*s", STR_ARG(text_str(&why)));
	arena_release(&a);
	return report;
}

/* Compared in parts: big copies would make every fork of this program slow. */
static bool bytes_equal_file(struct str bytes, const char *path)
{
	static char part[65536];
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	size_t at = 0, len;
	bool equal = true;
	while (equal && (len = fread(part, 1, sizeof part, file)) > 0) {
		equal = at + len <= bytes.len && memcmp(bytes.ptr + at, part, len) == 0;
		at += len;
	}
	fclose(file);
	return equal && at == bytes.len;
}

static bool files_equal(const char *left, const char *right)
{
	struct stat status;
	int fd = open(left, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && fstat(fd, &status) == 0);
	size_t size = (size_t)status.st_size;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(bytes != MAP_FAILED);
	bool equal = bytes_equal_file((struct str){bytes, size}, right);
	munmap(bytes, size);
	close(fd);
	return equal;
}

/* The same files, written by the writer that knows nothing of what was there before. */
static void clean_make(struct world *w, const char *path)
{
	struct image_request request = world_request(w, IMAGE_DISK);
	request.files.items = ARENA_ARRAY(&w->arena, struct image_file, w->files.count + 1);
	memcpy(request.files.items, w->files.items, w->files.count * sizeof *w->files.items);
	if (image_files_prepare(&request.files, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
	world_image(w, &request, path);
}

static void assert_equals_clean(struct world *w, const char *path)
{
	clean_make(w, "clean.img");
	assert_true(files_equal(path, "clean.img"));
}

static void file_change(struct world *w, size_t index, size_t size)
{
	const char *host = w->files.items[index].host.ptr;
	char *bytes = arena_alloc(&w->arena, size + 1);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)world_random(w, 256);
	assert_int_equal(file_write(host, (struct str){bytes, size}, 0644), 0);
}

static void tree_make(struct world *w, size_t count)
{
	for (size_t i = 0; i < count; i++)
		world_file(w, str_format(&w->arena, "system/d%zu/file-%03zu.bin", i % 7, i).ptr,
		           (size_t)world_random(w, 30000));
}

static void edit_at_random(struct world *w, unsigned round)
{
	size_t index = (size_t)world_random(w, w->files.count);
	size_t former = world_read(w, w->files.items[index].host.ptr).len;
	switch (world_random(w, 7)) {
	case 0:
		file_change(w, index, former);
		break;
	case 1: /* grows a little */
		file_change(w, index, former + (size_t)world_random(w, 600));
		break;
	case 2:
		file_change(w, index, (size_t)world_random(w, former + 1));
		break;
	case 3:
		file_change(w, index, (size_t)world_random(w, 900000));
		break;
	case 4:
		world_file(w, str_format(&w->arena, "more/New file %u.txt", round).ptr,
		           (size_t)world_random(w, 9000));
		break;
	case 5: /* gone */
		w->files.items[index] = w->files.items[--w->files.count];
		break;
	default: /* under another name */
		w->files.items[index].path = str_format(&w->arena, "moved/%u", round);
	}
}

static void after_any_sequence_of_edits_the_image_equals_a_clean_one(void **state)
{
	struct world *w = *state;
	unsigned in_place = 0, whole = 0;
	for (uint64_t seed = 1; seed <= 2; seed++) {
		w->seed = seed * 7919;
		w->files = (struct image_files){};
		tree_make(w, 40);
		for (unsigned round = 0; round < 20; round++) {
			struct image_update_report report = update(w, "disk.img");
			in_place += !report.whole;
			whole += report.whole;
			assert_equals_clean(w, "disk.img");
			for (uint64_t i = world_random(w, 4) + 1; i; i--)
				edit_at_random(w, round * 8 + (unsigned)i);
		}
	}
	if (in_place < 15 || whole < 3)
		fail_msg("%u in place, %u anew", in_place, whole);
}

static void a_changed_file_writes_at_most_four_times_its_bytes(void **state)
{
	struct world *w = *state;
	const size_t changed = 100000;
	tree_make(w, 300);
	world_file(w, "system/changed.bin", changed);
	assert_true(update(w, "disk.img").whole);
	static const int growth[] = {0, -300, 250};
	for (size_t i = 0; i < COUNT(growth); i++) {
		size_t size = (size_t)((int)changed + growth[i]);
		file_change(w, w->files.count - 1, size);
		struct image_update_report r = update(w, "disk.img");
		assert_false(r.whole);
		assert_true(r.image_bytes + r.journal_bytes + r.record_bytes <= 4 * size);
		assert_equals_clean(w, "disk.img");
	}
	struct image_update_report r = update(w, "disk.img");
	assert_false(r.whole);
	assert_int_equal(r.image_bytes + r.journal_bytes, 0);
}

static bool is_old_or_new(struct str bytes)
{
	return bytes_equal_file(bytes, "old.img") || bytes_equal_file(bytes, "new.img");
}

/* True once the update went through without meeting the cut. */
static bool update_is_cut(struct world *w, int boundary)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct image_request request = world_request(w, IMAGE_DISK);
		struct image_update_report report;
		writes_left = boundary;
		_exit(image_update(&request, "disk.img", &report, &w->why) ? 1 : 0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == CUT_STATUS);
	return WEXITSTATUS(status) == CUT_STATUS;
}

/* Cut at each boundary in turn, what a reader and a machine find is the old image or the new. */
static int cut_everywhere(struct world *w)
{
	int boundary = 0;
	for (bool is_cut = true; is_cut; boundary++) {
		world_run(w, "cp old.img disk.img && cp old.pieces .disk.img.pieces");
		assert_int_equal(unlink(".disk.img.redo") == 0 || errno == ENOENT, true);
		/* A copy is another file to its record; this makes it the image of before. */
		world_run(w, "mv tree now && mv before tree");
		update(w, "disk.img");
		world_run(w, "mv tree before && mv now tree");

		is_cut = update_is_cut(w, boundary);
		struct image image;
		assert_int_equal(image_open("disk.img", &image, &w->why), 0);
		assert_true(is_old_or_new(image.disk));
		image_close(&image);
		assert_int_equal(image_recover("disk.img", &w->why), 0);
		assert_true(files_equal("disk.img", "old.img") ||
		            files_equal("disk.img", "new.img"));
		update(w, "disk.img");
		assert_true(files_equal("disk.img", "new.img"));
	}
	return boundary;
}

static void interrupted_case(struct world *w, bool grows)
{
	for (size_t i = 0; i < 5; i++)
		world_file(w, str_format(&w->arena, "f%zu", i).ptr, 9000);
	world_run(w, "cp -r tree before");
	update(w, "disk.img");
	world_run(w, "cp disk.img old.img && cp .disk.img.pieces old.pieces");
	for (size_t i = 0; i < 3; i++)
		file_change(w, 2 * i, grows ? (size_t)400000 : 9100 + 10 * i);
	clean_make(w, "new.img");
	assert_false(files_equal("old.img", "new.img"));
	int boundaries = cut_everywhere(w);
	assert_true(boundaries >= 8);
}

static void an_update_in_place_cut_at_any_write_leaves_a_whole_image(void **state)
{
	interrupted_case(*state, false);
}

static void an_image_written_anew_and_cut_at_any_write_leaves_a_whole_image(void **state)
{
	interrupted_case(*state, true);
}

static void an_image_in_use_is_left_alone(void **state)
{
	struct world *w = *state;
	int held = -1;
	tree_make(w, 10);
	update(w, "disk.img");
	world_run(w, "cp disk.img old.img");
	assert_int_equal(image_hold("disk.img", &held, &w->why), 0);
	world_run(w, "ln disk.img held.img");
	file_change(w, 3, 5000);
	assert_true(update(w, "disk.img").whole);
	assert_true(files_equal("held.img", "old.img"));
	assert_equals_clean(w, "disk.img");
	close(held);
}

static void an_image_that_somebody_changed_is_written_anew(void **state)
{
	struct world *w = *state;
	tree_make(w, 10);
	update(w, "disk.img");
	world_run(w, "printf x | dd of=disk.img bs=1 seek=1500000 conv=notrunc status=none");
	assert_true(update(w, "disk.img").whole);
	assert_equals_clean(w, "disk.img");
	world_run(w,
	          "printf damage | dd of=.disk.img.pieces bs=1 seek=100 conv=notrunc status=none");
	file_change(w, 3, 5000);
	update(w, "disk.img");
	assert_equals_clean(w, "disk.img");
}

static void a_torn_or_foreign_journal_is_ignored(void **state)
{
	struct world *w = *state;
	tree_make(w, 3);
	update(w, "disk.img");
	world_run(w, "cp disk.img good.img");
	struct redo redo = {.arena = &w->arena}, found;
	uint64_t size;
	int fd = open("disk.img", O_RDONLY);
	redo_add(&redo, 4096, (const uint8_t *)"changed", 7);
	redo_add(&redo, 70000, NULL, 5000);
	assert_int_equal(redo_save(&redo, "disk.img", fd, &size, &w->why), 0);
	struct str journal = world_read(w, ".disk.img.redo");
	assert_int_equal(journal.len, size);
	for (size_t len = 0; len < journal.len; len++) {
		world_write(".disk.img.redo", str_slice(journal, 0, len));
		assert_int_equal(redo_load(&w->arena, "disk.img", fd, &found, &w->why), 0);
		assert_int_equal(found.count, 0);
	}
	for (size_t at = 0; at < journal.len; at++) {
		char *bytes = arena_c_str(&w->arena, journal);
		bytes[at] ^= 0x40;
		world_write(".disk.img.redo", (struct str){bytes, journal.len});
		assert_int_equal(redo_load(&w->arena, "disk.img", fd, &found, &w->why), 0);
		assert_int_equal(found.count, 0);
	}
	world_write(".disk.img.redo", journal);
	world_run(w, "cp disk.img other.img && mv other.img disk.img");
	assert_int_equal(image_recover("disk.img", &w->why), 0);
	assert_true(files_equal("disk.img", "good.img"));
	close(fd);
}

int main(void)
{
#define UPDATE_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        UPDATE_TEST(after_any_sequence_of_edits_the_image_equals_a_clean_one),
	        UPDATE_TEST(a_changed_file_writes_at_most_four_times_its_bytes),
	        UPDATE_TEST(an_update_in_place_cut_at_any_write_leaves_a_whole_image),
	        UPDATE_TEST(an_image_written_anew_and_cut_at_any_write_leaves_a_whole_image),
	        UPDATE_TEST(an_image_in_use_is_left_alone),
	        UPDATE_TEST(an_image_that_somebody_changed_is_written_anew),
	        UPDATE_TEST(a_torn_or_foreign_journal_is_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
