/*
 * An image changed in place while the power fails: what is on the disk then is any part, in
 * sectors, of what was written since the last barrier, in any order. A reader finds the image as it
 * was before an update or after it.
 *
 * This program's own write and sync functions stand before the C library's and note what was done.
 */
#include "image/update/piece_record.h"
#include "image/update/redo.h"
#include "image/update/update.h"
#include "image_fixture.h"
#include <fcntl.h>
#include <sys/syscall.h>

enum { EVENTS_MAX = 4096, SECTOR = 512, SEEDS = 4 };

enum happening { WRITTEN, SYNCED, REMOVED };
enum place { IMAGE, JOURNAL, FOLDER, ELSEWHERE };

static struct event {
	enum happening what;
	enum place where;
	uint64_t offset;
	size_t len;
	char *bytes;
} events[EVENTS_MAX];
static size_t event_count;
static bool noting;

static enum place place_of(int fd)
{
	char link[64], path[4096];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, sizeof path - 1);
	struct str name = path_name((struct str){path, len > 0 ? (size_t)len : 0});
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return FOLDER;
	return str_equal(name, STR("disk.img"))         ? IMAGE
	       : str_equal(name, STR(".disk.img.redo")) ? JOURNAL
	                                                : ELSEWHERE;
}

static void note(enum happening what, enum place where, uint64_t offset, const void *bytes,
                 size_t len)
{
	if (!noting || where == ELSEWHERE)
		return;
	assert_true(event_count < EVENTS_MAX);
	char *copy = malloc(len + 1);
	assert_non_null(copy);
	if (len)
		memcpy(copy, bytes, len);
	events[event_count++] = (struct event){what, where, offset, len, copy};
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	note(WRITTEN, place_of(fd), (uint64_t)offset, bytes, len);
	return syscall(SYS_pwrite64, fd, bytes, len, offset);
}

/* The test's own disk need not be forced. */
int fsync(int fd)
{
	note(SYNCED, place_of(fd), 0, NULL, 0);
	return 0;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

int unlink(const char *path)
{
	if (str_ends_with(str_from_c(path), STR(".redo")))
		note(REMOVED, JOURNAL, 0, NULL, 0);
	return (int)syscall(SYS_unlink, path);
}

/* Whether a barrier of this place lies between two moments. */
static bool synced_between(enum place where, size_t from, size_t end)
{
	for (size_t i = from; i < end; i++)
		if (events[i].what == SYNCED && events[i].where == where)
			return true;
	return false;
}

/* What of the writes to a place before `end` is on the disk; the rest of bytes stays as it is. */
static void writes_survive(struct world *w, enum place where, size_t end, char *bytes)
{
	for (size_t i = 0; i < end; i++) {
		const struct event *e = &events[i];
		if (e->what != WRITTEN || e->where != where)
			continue;
		bool sure = synced_between(where, i + 1, end);
		for (size_t at = 0; at < e->len; at += SECTOR) {
			size_t part = e->len - at < SECTOR ? e->len - at : SECTOR;
			if (sure || world_random(w, 2))
				memcpy(bytes + e->offset + at, e->bytes + at, part);
		}
	}
}

/* The journal as it is found after power fails before event `end`; false: there is none. */
static bool journal_survives(struct world *w, size_t end, struct str *out_journal)
{
	size_t first = SIZE_MAX, removed = SIZE_MAX, size = 0, sure_size = 0;
	for (size_t i = 0; i < end; i++) {
		const struct event *e = &events[i];
		if (e->where != JOURNAL)
			continue;
		if (e->what == REMOVED)
			removed = i;
		if (e->what != WRITTEN)
			continue;
		size_t reach = e->offset + e->len;
		first = first == SIZE_MAX ? i : first;
		size = reach > size ? reach : size;
		if (synced_between(JOURNAL, i + 1, end) && reach > sure_size)
			sure_size = reach;
	}
	if (first == SIZE_MAX || (!synced_between(FOLDER, first, end) && world_random(w, 2)))
		return false;
	if (removed != SIZE_MAX && (synced_between(FOLDER, removed, end) || world_random(w, 2)))
		return false;
	char *bytes = arena_alloc(&w->arena, size);
	memset(bytes, 0, size);
	writes_survive(w, JOURNAL, end, bytes);
	*out_journal = (struct str){
	        bytes,
	        world_random(w, 2) ? size : sure_size + world_random(w, size - sure_size + 1)};
	return true;
}

/* Into the same file: a journal names the image's inode. */
static void image_put_back(struct str bytes)
{
	int fd = open("disk.img", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(syscall(SYS_pwrite64, fd, bytes.ptr, bytes.len, 0), (long)bytes.len);
	close(fd);
}

enum { STATES = 3 };

static bool is_one_of(struct str bytes, const struct str *states)
{
	for (size_t i = 0; i < STATES; i++)
		if (str_equal(bytes, states[i]))
			return true;
	return false;
}

static void power_fails(struct world *w, size_t end, const struct str *states)
{
	struct str journal;
	struct image image;
	char *bytes = arena_alloc(&w->arena, states[0].len);
	memcpy(bytes, states[0].ptr, states[0].len);
	writes_survive(w, IMAGE, end, bytes);
	image_put_back((struct str){bytes, states[0].len});
	(void)syscall(SYS_unlink, ".disk.img.redo");
	if (journal_survives(w, end, &journal))
		world_write(".disk.img.redo", journal);
	assert_int_equal(image_open("disk.img", &image, &w->why), 0);
	bool whole = is_one_of(image.disk, states);
	image_close(&image);
	if (!whole)
		fail_msg("torn when power fails before event %zu of %zu", end, event_count);
	assert_int_equal(image_recover("disk.img", &w->why), 0);
	assert_true(is_one_of(world_read(w, "disk.img"), states));
}

static void update(struct world *w)
{
	struct image_request request = world_request(w, IMAGE_DISK);
	struct image_update_report report;
	if (image_update(&request, "disk.img", &report, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
}

/* Two updates: the first makes the journal, the second writes over it. */
static void when_power_fails_the_image_is_an_older_or_the_new_one(void **state)
{
	struct world *w = *state;
	struct str states[STATES];
	for (size_t i = 0; i < 4; i++)
		world_file(w, str_format(&w->arena, "f%zu", i).ptr, 5000);
	update(w);
	states[0] = world_read(w, "disk.img");
	world_write("tree/f1", STR("other content of another size"));
	world_write("tree/f3", STR("changed"));
	noting = true;
	update(w);
	states[1] = world_read(w, "disk.img");
	world_write("tree/f2", STR("changed as well"));
	update(w);
	noting = false;
	states[2] = world_read(w, "disk.img");
	assert_int_equal(states[0].len, states[1].len);
	assert_int_equal(states[0].len, states[2].len);
	assert_false(is_one_of(states[0], (struct str[]){states[1], states[2], states[2]}));
	assert_true(event_count >= 12);
	for (size_t end = 0; end <= event_count; end++)
		for (int seed = 0; seed < SEEDS; seed++) {
			struct arena kept = w->arena;
			host_arena_init(&w->arena);
			power_fails(w, end, states);
			arena_release(&w->arena);
			w->arena = kept;
		}
	update(w);
	assert_true(str_equal(world_read(w, "disk.img"), states[2]));
}

/* The machine was started again: its record may be older than the image, though it has its stamp.
 */
static void a_record_of_another_start_does_not_count(void **state)
{
	struct world *w = *state;
	world_file(w, "f", 5000);
	struct image_request request = world_request(w, IMAGE_DISK);
	struct image_update_report report;
	update(w);
	assert_int_equal(image_update(&request, "disk.img", &report, &w->why), 0);
	assert_false(report.whole);
	struct str record = world_read(w, ".disk.img.pieces");
	char *bytes = arena_c_str(&w->arena, record);
	bytes[offsetof(struct piece_record_header, boot)] ^= 1;
	world_write(".disk.img.pieces", (struct str){bytes, record.len});
	assert_int_equal(image_update(&request, "disk.img", &report, &w->why), 0);
	assert_true(report.whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                when_power_fails_the_image_is_an_older_or_the_new_one, world_setup,
	                world_teardown),
	        cmocka_unit_test_setup_teardown(a_record_of_another_start_does_not_count,
	                                        world_setup, world_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
