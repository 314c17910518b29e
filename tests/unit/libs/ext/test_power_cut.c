/*
 * The power goes at some moment of a work-load: of what was not flushed any part may be missing.
 * What opening the volume makes of it is what was there after one of the operations, none earlier
 * than the last sync; e2fsck makes the same of it and finds nothing else to do.
 */
#include "../../test.h"
#include "digest.h"
#include <stdlib.h>

enum {
	IMAGE_BYTES = 20 << 20,
	OPERATIONS = 700,
	CUTS = 10,
	CUTS_SOAK = 200,
	FILES = 24,
	FLUSH = 0xffffffff, /* instead of a block */
};

struct event {
	uint32_t block;
	uint32_t synced; /* snapshot that is safe from here on, if this is a flush */
	uint8_t *bytes;
};

struct work {
	struct image *image;
	uint64_t random;
	struct event *events;
	size_t event_count, event_size;
	uint64_t *snapshots; /* digests of the tree */
	uint32_t snapshot_count, snapshot_size;
	uint8_t *first; /* the volume before the work */
};

static uint64_t next(struct work *w, uint64_t below)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return (w->random * 0x2545f4914f6cdd1d >> 33) % below;
}

/* ---- what the disk is told ---- */

static void note(struct work *w, uint32_t block, const uint8_t *bytes)
{
	if (w->event_count == w->event_size) {
		w->event_size = w->event_size * 2 + 1024;
		w->events = realloc(w->events, w->event_size * sizeof *w->events);
		assert_non_null(w->events);
	}
	struct event event = {.block = block};
	if (bytes) {
		event.bytes = malloc(EXT_BLOCK_BYTES);
		assert_non_null(event.bytes);
		memcpy(event.bytes, bytes, EXT_BLOCK_BYTES);
	}
	w->events[w->event_count++] = event;
}

static enum status work_read(void *context, uint64_t block, uint32_t count, void *bytes)
{
	struct work *w = context;
	return image_read(w->image, block, count, bytes);
}

static enum status work_write(void *context, uint64_t block, uint32_t count, const void *bytes)
{
	struct work *w = context;
	for (uint32_t k = 0; k < count; k++)
		note(w, (uint32_t)block + k, (const uint8_t *)bytes + k * EXT_BLOCK_BYTES);
	return image_write(w->image, block, count, bytes);
}

static enum status work_flush(void *context)
{
	struct work *w = context;
	note(w, FLUSH, NULL);
	return image_flush(w->image);
}

/* ---- what the volume holds ---- */

static void snapshot(struct work *w)
{
	if (w->snapshot_count == w->snapshot_size) {
		w->snapshot_size = w->snapshot_size * 2 + 1024;
		w->snapshots = realloc(w->snapshots, w->snapshot_size * sizeof *w->snapshots);
		assert_non_null(w->snapshots);
	}
	w->snapshots[w->snapshot_count++] = digest_of(&w->image->volume, EXT_ROOT, 1);
}

/* ---- the work ---- */

struct file {
	uint32_t directory, inode;
	char name[8];
	uint64_t now_ns;
};

/* A name of the work-load: in the root, or in one of two folders. inode 0: it is free. */
static struct file choose(struct work *w, const uint32_t *folders)
{
	uint64_t number = next(w, FILES);
	struct file f = {.directory = folders[number % 3],
	                 .now_ns = w->snapshot_count * 1000000000ull};
	snprintf(f.name, sizeof f.name, "f%u", (unsigned)number);
	enum status status = ext_find(&w->image->volume, f.directory, str_from_c(f.name), &f.inode);
	assert_true(status == OK || status == ERR_NOT_FOUND);
	if (status != OK)
		f.inode = 0;
	return f;
}

/* The same place of the same file always has the same bytes, so that an older state may be told
 * from its bytes. */
static void append(struct work *w, const struct file *f)
{
	static uint8_t bytes[EXT_BLOCK_BYTES];
	struct ext_facts facts;
	size_t done;
	for (uint64_t count = 1 + next(w, 12); count > 0; count--) {
		assert_int_equal(ext_facts(&w->image->volume, f->inode, &facts), OK);
		uint64_t at = facts.size + (next(w, 10) ? 0 : next(w, 50000));
		struct ext_range range = {at, EXT_BLOCK_BYTES - at % EXT_BLOCK_BYTES};
		if (!next(w, 3))
			range.len = 1 + next(w, range.len);
		for (size_t k = 0; k < range.len; k++)
			bytes[k] =
			        (uint8_t)(facts.inode * 31 + facts.generation + (at + k) / 7 + 1);
		enum status status = ext_write(&w->image->volume, f->inode, range, bytes, &done);
		assert_true(status == OK || status == ERR_NO_SPACE);
		snapshot(w);
	}
}

static void forget(struct work *w, uint32_t inode)
{
	/* sometimes it stays in use, and stays in the chain */
	if (inode && next(w, 4))
		assert_int_equal(ext_forget(&w->image->volume, inode), OK);
}

static void work_step(struct work *w, const uint32_t *folders)
{
	struct ext_volume *v = &w->image->volume;
	struct file f = choose(w, folders), to = choose(w, folders);
	uint32_t gone = 0;
	const struct ext_name name = {f.directory, str_from_c(f.name), (int64_t)f.now_ns};
	const struct ext_name other = {to.directory, str_from_c(to.name), (int64_t)f.now_ns};
	const struct ext_change change = {.mask = EXT_CHANGE_MODE | EXT_CHANGE_MODIFY,
	                                  .mode = (uint32_t)next(w, 01000),
	                                  .modify_ns = (int64_t)f.now_ns};
	const struct ext_rename move = {.from_directory = f.directory,
	                                .from_name = name.name,
	                                .to_directory = to.directory,
	                                .to_name = other.name,
	                                .now_ns = name.now_ns};
	struct ext_new new = {.directory = f.directory,
	                      .name = name.name,
	                      .mode = next(w, 8) ? 0100600 : 0040700,
	                      .now_ns = name.now_ns};
	enum status status = OK;
	uint64_t choice = next(w, 20);
	if (!f.inode)
		status = ext_create(v, &new, &gone);
	else if (choice < 4)
		status = ext_unlink(v, &name, &gone);
	else if (choice < 7)
		status = ext_rename(v, &move, &gone);
	else if (choice < 9)
		status = ext_link(v, f.inode, &other);
	else if (choice < 11)
		status = ext_set_size(v, f.inode, next(w, 40) * EXT_BLOCK_BYTES);
	else if (choice < 12)
		status = ext_set(v, f.inode, &change);
	assert_true(status != ERR_IO);
	snapshot(w);
	if (!f.inode || status != OK)
		return;
	struct ext_facts facts;
	if (choice < 7)
		forget(w, gone);
	else if (ext_facts(v, f.inode, &facts) == OK && (facts.mode & 0170000) == 0100000)
		append(w, &f);
}

static void work_sync(struct work *w)
{
	uint64_t kind = next(w, 60);
	if (kind > 2)
		return;
	assert_int_equal(kind ? ext_sync(&w->image->volume) : ext_checkpoint(&w->image->volume),
	                 OK);
	note(w, FLUSH, NULL);
	w->events[w->event_count - 1].synced = w->snapshot_count - 1;
}

static void forget_orphans(struct ext_volume *v)
{
	uint32_t orphan;
	while (ext_orphan(v, 0, &orphan) == OK)
		assert_int_equal(ext_forget(v, orphan), OK);
}

static void work_do(struct work *w)
{
	struct image *i = w->image;
	uint32_t folders[3] = {EXT_ROOT};
	i->source = (struct ext_source){.context = w,
	                                .read = work_read,
	                                .write = work_write,
	                                .flush = work_flush,
	                                .block_count = i->bytes / EXT_BLOCK_BYTES};
	w->first = malloc(i->bytes);
	memcpy(w->first, i->disk, i->bytes);
	image_open(i);
	snapshot(w);
	for (int k = 1; k < 3; k++) {
		const struct ext_new new = {.directory = EXT_ROOT,
		                            .name = k == 1 ? STR("one") : STR("two"),
		                            .mode = 0040700,
		                            .now_ns = 1};
		assert_int_equal(ext_create(&i->volume, &new, &folders[k]), OK);
		snapshot(w);
	}
	for (int k = 0; k < OPERATIONS; k++) {
		work_step(w, folders);
		work_sync(w);
	}
	forget_orphans(&i->volume);
	image_close_clean(i);
}

/* ---- the cut ---- */

/* disk: as it was at the last flush before event `end`; some of what came later reached it too. */
static void cut_apply(struct work *w, uint8_t *disk, size_t flush, size_t end)
{
	size_t count = end - flush;
	for (size_t k = 0; k < count; k++) {
		const struct event *event = &w->events[flush + next(w, count)];
		if (event->block != FLUSH && next(w, 3))
			memcpy(disk + (size_t)event->block * EXT_BLOCK_BYTES, event->bytes,
			       EXT_BLOCK_BYTES);
	}
}

/* Nothing of what lay behind a file's end comes to light when it grows. */
static void expect_clean_tails(struct ext_volume *v, uint32_t directory)
{
	struct ext_entry entry = {};
	while (ext_list(v, directory, entry.cookie, &entry) == OK) {
		uint8_t bytes[EXT_BLOCK_BYTES] = {}, zeros[EXT_BLOCK_BYTES] = {};
		struct ext_facts facts;
		size_t len;
		assert_int_equal(ext_facts(v, entry.inode, &facts), OK);
		if (entry.kind != 0100000)
			continue;
		const struct ext_range behind = {facts.size, sizeof bytes};
		enum status status = ext_set_size(v, entry.inode, facts.size + sizeof bytes);
		assert_int_equal(status, OK);
		assert_int_equal(ext_read(v, entry.inode, behind, bytes, &len), OK);
		assert_memory_equal(bytes, zeros, sizeof bytes);
	}
}

static void cut_check(struct work *w, struct image *cut, uint32_t synced)
{
	uint32_t k = synced;
	/* a question of e2fsck ends with a question mark: it asks for nothing but the journal */
	image_run(cut, "cp --sparse=always image content && { e2fsck -fy content || test $? = 1; }",
	          "&& cp log log2 && ! grep -F '?' log2 && e2fsck -fn content");
	/* the power goes once more, while the journal is replayed */
	cut->fail_in = (int)(1 + next(w, 40));
	(void)!ext_open(&cut->volume, &cut->source, cut->memory, IMAGE_MEMORY);
	cut->fail_in = 0;
	image_open(cut);
	uint64_t digest = digest_of(&cut->volume, EXT_ROOT, 1);
	while (k < w->snapshot_count && w->snapshots[k] != digest)
		k++;
	if (k == w->snapshot_count)
		fail_msg("no state behind snapshot %u of %u", synced, w->snapshot_count);
	forget_orphans(&cut->volume);
	image_close_clean(cut);

	uint8_t *ours = malloc(cut->bytes);
	memcpy(ours, cut->disk, cut->bytes);
	image_run(cut, "cat content >image", "");
	cut->writes = 0;
	image_open(cut);
	assert_true(digest_of(&cut->volume, EXT_ROOT, 1) == digest);
	assert_int_equal(cut->writes, 0);
	memcpy(cut->disk, ours, cut->bytes);
	free(ours);
	image_open(cut);
	expect_clean_tails(&cut->volume, EXT_ROOT);
	image_close_clean(cut);
}

static void power_may_go_at_any_moment(void **state)
{
	struct image *i = *state, cut = {};
	struct work w = {.image = i, .random = 0x706f776572};
	unsigned cuts = getenv("XTASK_SOAK") ? CUTS_SOAK : CUTS;
	const char *seed = getenv("CRASH_SEED");
	if (seed)
		w.random ^= strtoull(seed, NULL, 10) << 20;
	image_make(i, IMAGE_FORMAT, IMAGE_BYTES);
	work_do(&w);
	test_folder_make(cut.folder, sizeof cut.folder);
	image_make(&cut, IMAGE_FORMAT, IMAGE_BYTES);
	size_t flush = 0, at = 0;
	uint32_t synced = 0;
	for (unsigned k = 0; k < cuts; k++) {
		size_t end = w.event_count * k / cuts + next(&w, w.event_count / cuts);
		for (; at < end; at++) {
			const struct event *event = &w.events[at];
			if (event->block != FLUSH)
				continue;
			for (; flush < at; flush++)
				if (w.events[flush].block != FLUSH)
					memcpy(w.first + (size_t)w.events[flush].block *
					                         EXT_BLOCK_BYTES,
					       w.events[flush].bytes, EXT_BLOCK_BYTES);
			if (event->synced)
				synced = event->synced;
		}
		memcpy(cut.disk, w.first, cut.bytes);
		cut_apply(&w, cut.disk, flush, end);
		cut_check(&w, &cut, synced);
	}
	for (size_t k = 0; k < w.event_count; k++)
		free(w.events[k].bytes);
	free(w.events);
	free(w.snapshots);
	free(w.first);
	image_clean(&cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(power_may_go_at_any_moment, image_setup,
	                                        image_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
