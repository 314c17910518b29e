/*
 * Random operations on a volume and on the host's own files: every errno and every byte is the
 * same, also over closing, over the death of the owner, and with a disk that fails now and then.
 */
#include "../../test.h"
#include "image.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	STEPS = 5000,
	HELD_MAX = 4,
	PATH_BYTES = 64,
	WRITE_MAX = 20000,
	OFFSET_MAX = 5 << 20,
	IMAGE_BYTES = 64 << 20,
};

struct held {
	int fd; /* 0: none */
	uint32_t inode;
};

struct model {
	struct image *image;
	struct ext_volume *volume;
	uint64_t random;
	int host; /* folder */
	struct held held[HELD_MAX];
	bool fails; /* the disk does now and then */
	unsigned done, failed;
};

static uint64_t next(struct model *m, uint64_t below)
{
	m->random ^= m->random >> 12;
	m->random ^= m->random << 25;
	m->random ^= m->random >> 27;
	return (m->random * 0x2545f4914f6cdd1d >> 33) % below;
}

static void make_path(struct model *m, char *path)
{
	size_t len = 0;
	for (uint64_t depth = 1 + next(m, 3); depth > 0; depth--) {
		path[len++] = (char)('a' + next(m, 6));
		/* names of some length, so that blocks of directories are split */
		for (uint64_t k = next(m, 2) * 12; k > 0; k--)
			path[len++] = 'x';
		path[len++] = depth > 1 ? '/' : '\0';
	}
}

/* "a/b/c", mostly in a directory that is there. */
static void choose_path(struct model *m, char *path)
{
	for (int tries = 0; tries < 6; tries++) {
		char parent[PATH_BYTES];
		struct stat st;
		make_path(m, path);
		strcpy(parent, path);
		char *slash = strrchr(parent, '/');
		if (!slash)
			return;
		*slash = '\0';
		if (fstatat(m->host, parent, &st, 0) == 0 && S_ISDIR(st.st_mode))
			return;
	}
}

/* Targets of links are not there. */
static enum status enter(struct model *m, uint32_t inode)
{
	struct ext_facts facts;
	TRY(ext_facts(m->volume, inode, &facts));
	if (S_ISLNK(facts.mode))
		return ERR_NOT_FOUND;
	return S_ISDIR(facts.mode) ? OK : ERR_NOT_DIRECTORY;
}

/* The directory of the last name. */
static enum status walk(struct model *m, const char *path, uint32_t *out_directory,
                        struct str *out_name)
{
	struct str_split split = str_cut_last(str_from_c(path), '/');
	struct str rest = split.head;
	*out_directory = EXT_ROOT;
	*out_name = split.rest;
	while (rest.len) {
		struct str_split part = str_cut(rest, '/');
		TRY(ext_find(m->volume, *out_directory, part.head, out_directory));
		TRY(enter(m, *out_directory));
		rest = part.rest;
	}
	return OK;
}

static enum status find(struct model *m, const char *path, uint32_t *out_inode)
{
	struct str name;
	TRY(walk(m, path, out_inode, &name));
	return ext_find(m->volume, *out_inode, name, out_inode);
}

static struct held *held_find(struct model *m, uint32_t inode)
{
	for (size_t k = 0; k < HELD_MAX; k++)
		if (m->held[k].fd && m->held[k].inode == inode)
			return &m->held[k];
	return NULL;
}

/* As its owner does when a name is gone. */
static void settle(struct model *m, uint32_t inode)
{
	if (!inode || held_find(m, inode))
		return;
	enum status status;
	do {
		status = ext_forget(m->volume, inode);
		assert_true(status == OK || m->fails);
	} while (status == ERR_IO);
}

static enum status host_status(int result)
{
	return result < 0 ? (enum status) - errno : OK;
}

static void expect_same(struct model *m, const char *what, const char *path, enum status ours,
                        enum status host)
{
	if (ours != host)
		fail_msg("step %u: %s %s: %d, the host says %d", m->done, what, path, ours, host);
}

static void do_create(struct model *m)
{
	static const uint32_t modes[] = {0100640, 0100640, 0040750, 0040750, 0120777};
	char path[PATH_BYTES], target[200];
	struct ext_new new = {.mode = modes[next(m, COUNT(modes))], .now_ns = 1};
	uint32_t inode;
	choose_path(m, path);
	size_t len = 1 + next(m, sizeof target - 1);
	memset(target, 't', len);
	target[len - 1] = '\0';
	new.target = str_from_c(len > 1 ? target : "u");
	enum status status = walk(m, path, &new.directory, &new.name);
	if (status == OK)
		status = ext_create(m->volume, &new, &inode);
	if (status == ERR_IO)
		return;
	int result;
	if (S_ISDIR(new.mode))
		result = mkdirat(m->host, path, 0750);
	else if (S_ISLNK(new.mode))
		result = symlinkat(new.target.ptr, m->host, path);
	else
		result = openat(m->host, path, O_CREAT | O_EXCL | O_WRONLY, 0640);
	expect_same(m, "create", path, status, host_status(result));
	if (result > 0)
		close(result);
}

static bool host_is(struct model *m, const char *path, mode_t kind)
{
	struct stat st;
	return fstatat(m->host, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (st.st_mode & S_IFMT) == kind;
}

static void do_unlink(struct model *m)
{
	char path[PATH_BYTES];
	struct ext_name name = {.now_ns = 2};
	uint32_t gone = 0;
	choose_path(m, path);
	enum status status = walk(m, path, &name.directory, &name.name);
	if (status == OK)
		status = ext_unlink(m->volume, &name, &gone);
	if (status == ERR_IO)
		return;
	int flags = host_is(m, path, S_IFDIR) ? AT_REMOVEDIR : 0;
	expect_same(m, "unlink", path, status, host_status(unlinkat(m->host, path, flags)));
	settle(m, gone);
}

static void do_link(struct model *m)
{
	char from[PATH_BYTES], to[PATH_BYTES];
	struct ext_name name = {.now_ns = 3};
	uint32_t inode;
	choose_path(m, from);
	choose_path(m, to);
	enum status status = find(m, from, &inode);
	if (status == OK)
		status = walk(m, to, &name.directory, &name.name);
	if (status == OK)
		status = ext_link(m->volume, inode, &name);
	if (status == ERR_IO)
		return;
	int result = linkat(m->host, from, m->host, to, 0);
	expect_same(m, "link", to, status, host_status(result));
}

static void do_rename(struct model *m)
{
	char from[PATH_BYTES], to[PATH_BYTES];
	uint64_t kind = next(m, 6);
	struct ext_rename q = {.keep = kind == 0, .exchange = kind == 1, .now_ns = 4};
	uint32_t gone = 0;
	choose_path(m, from);
	choose_path(m, to);
	/* the order of two errors at once is the caller's */
	enum status status = walk(m, from, &q.from_directory, &q.from_name);
	enum status other = walk(m, to, &q.to_directory, &q.to_name);
	if (status != OK || other != OK)
		return;
	status = ext_rename(m->volume, &q, &gone);
	if (status == ERR_IO)
		return;
	unsigned flags = q.keep ? RENAME_NOREPLACE : q.exchange ? RENAME_EXCHANGE : 0;
	enum status host = host_status(renameat2(m->host, from, m->host, to, flags));
	/* the caller sees to what lies above */
	bool above = host == ERR_NOT_EMPTY && (status == ERR_IS_DIRECTORY || status == OK);
	if (!above)
		expect_same(m, from, to, status, host);
	assert_true(!above || status == ERR_IS_DIRECTORY);
	settle(m, gone);
}

/* A file by its path, or one that is held. */
static enum status choose_file(struct model *m, uint32_t *out_inode, int *out_fd)
{
	char path[PATH_BYTES];
	struct held *held = &m->held[next(m, HELD_MAX)];
	if (held->fd && next(m, 2)) {
		*out_inode = held->inode;
		*out_fd = dup(held->fd);
		return OK;
	}
	choose_path(m, path);
	if (!host_is(m, path, S_IFREG))
		return ERR_NOT_FOUND;
	*out_fd = openat(m->host, path, O_RDWR);
	assert_true(*out_fd > 0);
	enum status status = find(m, path, out_inode);
	if (status != OK) {
		assert_true(m->fails);
		close(*out_fd);
	}
	return status;
}

static void do_write(struct model *m)
{
	static uint8_t bytes[WRITE_MAX];
	uint32_t inode;
	int fd;
	size_t done;
	if (choose_file(m, &inode, &fd) != OK)
		return;
	struct ext_range range = {next(m, next(m, 4) ? 60000 : OFFSET_MAX), 1 + next(m, WRITE_MAX)};
	if (next(m, 2))
		range.offset &= ~4095ull;
	for (size_t k = 0; k < range.len; k++)
		bytes[k] = (uint8_t)next(m, 256);
	enum status status = ext_write(m->volume, inode, range, bytes, &done);
	assert_true(status == OK ? done == range.len : status == ERR_IO && m->fails);
	/* what was being written may be there or not: once more without failures */
	while (status == ERR_IO)
		status = ext_write(m->volume, inode, range, bytes, &done);
	assert_int_equal(pwrite(fd, bytes, range.len, (off_t)range.offset), range.len);
	close(fd);
}

static void do_size(struct model *m)
{
	uint32_t inode;
	int fd;
	if (choose_file(m, &inode, &fd) != OK)
		return;
	uint64_t size = next(m, next(m, 3) ? 60000 : OFFSET_MAX);
	enum status status;
	do {
		status = ext_set_size(m->volume, inode, size);
		assert_true(status == OK || (status == ERR_IO && m->fails));
	} while (status != OK);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

static void do_hold(struct model *m)
{
	struct held *held = &m->held[next(m, HELD_MAX)];
	uint32_t inode;
	int fd;
	if (held->fd) {
		close(held->fd);
		held->fd = 0;
		settle(m, held->inode);
	} else if (choose_file(m, &inode, &fd) == OK) {
		*held = (struct held){fd, inode};
	}
}

static void expect_same_bytes(struct model *m, uint32_t inode, int fd)
{
	static uint8_t ours[1 << 16], theirs[1 << 16];
	struct ext_facts facts;
	struct stat st;
	size_t len;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(ext_facts(m->volume, inode, &facts), OK);
	assert_int_equal(facts.size, st.st_size);
	assert_int_equal(facts.links, st.st_nlink);
	for (uint64_t at = 0; at < facts.size; at += sizeof ours) {
		const struct ext_range range = {at, sizeof ours};
		assert_int_equal(ext_read(m->volume, inode, range, ours, &len), OK);
		assert_int_equal(pread(fd, theirs, sizeof theirs, (off_t)at), len);
		assert_memory_equal(ours, theirs, len);
	}
}

static void expect_same_link(struct model *m, uint32_t inode, int host, const char *name)
{
	char ours[256], theirs[256];
	size_t len;
	assert_int_equal(ext_read_link(m->volume, inode, ours, sizeof ours, &len), OK);
	assert_int_equal(readlinkat(host, name, theirs, sizeof theirs), len);
	assert_memory_equal(ours, theirs, len);
}

static unsigned host_count(int host)
{
	unsigned count = 0;
	int fd = dup(host);
	lseek(fd, 0, SEEK_SET);
	DIR *folder = fdopendir(fd);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void expect_same_tree(struct model *m, uint32_t directory, int host)
{
	struct ext_entry entry = {};
	unsigned count = 0;
	for (; ext_list(m->volume, directory, entry.cookie, &entry) == OK; count++) {
		char name[EXT_NAME_MAX + 1] = {};
		struct stat st;
		memcpy(name, entry.name, entry.name_len);
		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		assert_int_equal(fstatat(host, name, &st, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(entry.kind, st.st_mode & S_IFMT);
		if (S_ISLNK(st.st_mode)) {
			expect_same_link(m, entry.inode, host, name);
			continue;
		}
		int fd = openat(host, name, O_RDONLY);
		if (S_ISDIR(st.st_mode))
			expect_same_tree(m, entry.inode, fd);
		else
			expect_same_bytes(m, entry.inode, fd);
		close(fd);
	}
	assert_int_equal(count, host_count(host));
}

static void do_check(struct model *m)
{
	m->image->fail_in = 0;
	expect_same_tree(m, EXT_ROOT, m->host);
	for (size_t k = 0; k < HELD_MAX; k++)
		if (m->held[k].fd)
			expect_same_bytes(m, m->held[k].inode, m->held[k].fd);
}

/* Closed with files that are in use: the next opening finds them in the chain. */
static void do_reopen(struct model *m)
{
	uint32_t orphan = 0;
	m->image->fail_in = 0;
	assert_int_equal(ext_close(m->volume), OK);
	image_open(m->image);
	while (ext_orphan(m->volume, orphan, &orphan) == OK)
		assert_non_null(held_find(m, orphan));
	do_check(m);
}

static void do_adopt(struct model *m)
{
	struct image *i = m->image;
	memset(&i->volume, 0xa5, sizeof i->volume);
	assert_int_equal(ext_adopt(&i->volume, &i->source, i->memory, IMAGE_MEMORY), OK);
}

static void do_sync(struct model *m)
{
	enum status status = next(m, 4) ? ext_sync(m->volume) : ext_checkpoint(m->volume);
	assert_true(status == OK || (status == ERR_IO && m->fails));
}

static void run(struct model *m)
{
	static const struct {
		void (*act)(struct model *m);
		unsigned share;
	} acts[] = {
	        {do_create, 25}, {do_unlink, 12}, {do_link, 6}, {do_rename, 14}, {do_write, 22},
	        {do_size, 8},    {do_hold, 6},    {do_sync, 3}, {do_adopt, 3},   {do_check, 1},
	};
	for (m->done = 0; m->done < STEPS; m->done++) {
		uint64_t choice = next(m, 100);
		size_t k = 0;
		while (choice >= acts[k].share)
			choice -= acts[k++].share;
		if (m->fails)
			m->image->fail_in = next(m, 3) ? 0 : (int)(1 + next(m, 12));
		acts[k].act(m);
		if (m->done % 1000 == 999)
			do_reopen(m);
	}
	do_check(m);
	for (size_t k = 0; k < HELD_MAX; k++)
		if (m->held[k].fd) {
			close(m->held[k].fd);
			m->held[k].fd = 0;
			settle(m, m->held[k].inode);
		}
}

static void check_seed(struct image *i, uint64_t seed, bool fails)
{
	struct model m = {.image = i, .volume = &i->volume, .random = seed, .fails = fails};
	char path[512];
	image_make(i, IMAGE_FORMAT, IMAGE_BYTES);
	image_run(i, "rm -rf host && mkdir -p host/lost+found", "");
	snprintf(path, sizeof path, "%s/host", i->folder);
	m.host = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(m.host > 0);
	image_open(i);
	run(&m);
	image_close_clean(i);
	close(m.host);
	image_run(i, "rm -rf host image", "");
}

static void random_operations_do_what_the_host_does(void **state)
{
	check_seed(*state, 0x5275734f53, false);
}

static void failing_requests_of_the_disk_undo_their_operation(void **state)
{
	check_seed(*state, 0x4449534b, true);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, image_setup, image_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(random_operations_do_what_the_host_does),
	        TEST(failing_requests_of_the_disk_undo_their_operation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
