/* Walking: long names, many links, and where a process is. */
#include "linux_files.h"
#include <string.h>

static bool is_text(const char *text, const char *expected)
{
	return str_equal(str_from_c(text), str_from_c(expected));
}

static void check_lengths(struct tap *tap)
{
	static char path[8192];
	memset(path, 'n', sizeof path - 1);
	path[255] = '\0';
	tap_check_equal(tap, CALL(LINUX_MKDIR, path, 0755), OK, "a name may have 255 bytes");
	tap_check_equal(tap, CALL(LINUX_RMDIR, path), OK, "and is found again");
	path[255] = 'n';
	path[256] = '\0';
	tap_check_equal(tap, CALL(LINUX_MKDIR, path, 0755), ERR_NAME_TOO_LONG, "not 256");
	for (size_t i = 0; i < sizeof path - 1; i += 2)
		memcpy(path + i, "./", 2);
	path[4095] = '\0';
	tap_check_equal(tap, CALL(LINUX_ACCESS, path, 0), OK, "a path may have 4095 bytes");
	path[4095] = '/';
	path[4096] = '\0';
	tap_check_equal(tap, CALL(LINUX_ACCESS, path, 0), ERR_NAME_TOO_LONG, "not 4096");
}

/* l0 -> folder, l1 -> l0, and so on. */
static void check_links(struct tap *tap)
{
	char name[] = "l00", target[] = "l00";
	CALL(LINUX_MKDIR, "folder", 0755);
	CALL(LINUX_SYMLINK, "folder", name);
	for (int i = 1; i <= 40; i++) {
		memcpy(target, name, sizeof name);
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		CALL(LINUX_SYMLINK, target, name);
	}
	tap_check_equal(tap, CALL(LINUX_ACCESS, "l39", 0), OK, "forty links are followed");
	tap_check_equal(tap, CALL(LINUX_ACCESS, "l40", 0), ERR_TOO_MANY_SYMLINKS, "and no more");
	for (int i = 0; i <= 40; i++) {
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		CALL(LINUX_UNLINK, name);
	}
	CALL(LINUX_SYMLINK, "../linux_files/./folder", "around");
	int64_t fd = make_file("around/file", "x");
	CALL(LINUX_CLOSE, fd);
	tap_check(tap, file_holds("folder/file", "x"), "a link leads on from where it lies");
	tap_check_equal(tap, CALL(LINUX_ACCESS, "around/../folder/file", 0), OK,
	                "two dots go up from where it led");
	CALL(LINUX_UNLINK, "folder/file");
	CALL(LINUX_UNLINK, "around");
	CALL(LINUX_RMDIR, "folder");
}

void check_walks(struct tap *tap)
{
	check_lengths(tap);
	check_links(tap);
}

/* ---- listing ---- */

struct listing {
	unsigned count;
	bool dots, all_sorts;
};

/* Records as linux_dirent64: the length at 16, the type at 18, the name at 19. */
static void listing_take(struct listing *listing, const char *bytes, int64_t len)
{
	unsigned dots = 0, kinds = 0;
	for (int64_t at = 0; at < len;) {
		const char *record = bytes + at;
		uint16_t length;
		memcpy(&length, record + 16, sizeof length);
		const char *name = record + 19;
		dots += is_text(name, ".") || is_text(name, "..");
		kinds |= 1u << record[18];
		listing->count++;
		at += length;
	}
	listing->dots |= dots == 2;
	/* folder, file, link */
	listing->all_sorts |=
	        (kinds & (1u << 4 | 1u << 8 | 1u << 10)) == (1u << 4 | 1u << 8 | 1u << 10);
}

enum { MANY = 200 };

static void many_name(char *name, int i)
{
	name[5] = (char)('0' + i / 100);
	name[6] = (char)('0' + i / 10 % 10);
	name[7] = (char)('0' + i % 10);
}

static void check_many(struct tap *tap)
{
	static char room[32 * 1024];
	char bytes[120], name[] = "many/000";
	unsigned count = 0;
	CALL(LINUX_MKDIR, "many", 0755);
	for (int i = 0; i < MANY; i++) {
		many_name(name, i);
		CALL(LINUX_MKNOD, name, TYPE_FILE | 0644);
	}
	int64_t fd = CALL(LINUX_OPEN, "many", READ_ONLY | DIRECTORY, 0), len;
	struct listing listing = {};
	while ((len = CALL(LINUX_GETDENTS64, fd, bytes, sizeof bytes)) > 0) {
		listing_take(&listing, bytes, len);
		count++;
	}
	tap_check_equal(tap, listing.count, MANY + 2, "a long listing comes in pieces, whole");
	tap_check(tap, count > 20, "of the size that was asked for");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 0, 0), 0, "a folder can be read again");
	listing = (struct listing){};
	while ((len = CALL(LINUX_GETDENTS64, fd, room, sizeof room)) > 0)
		listing_take(&listing, room, len);
	tap_check_equal(tap, len, 0, "from its start, with much room");
	tap_check_equal(tap, listing.count, MANY + 2, "and is whole again");
	CALL(LINUX_CLOSE, fd);
	for (int i = 0; i < MANY; i++) {
		many_name(name, i);
		CALL(LINUX_UNLINK, name);
	}
	CALL(LINUX_RMDIR, "many");
}

void check_listing(struct tap *tap)
{
	char bytes[1024];
	struct listing listing = {};
	CALL(LINUX_MKDIR, "list", 0755);
	CALL(LINUX_MKDIR, "list/folder", 0755);
	CALL(LINUX_MKNOD, "list/file", TYPE_FILE | 0644);
	CALL(LINUX_SYMLINK, "file", "list/link");
	int64_t fd = CALL(LINUX_OPEN, "list", READ_ONLY, 0);
	int64_t len = CALL(LINUX_GETDENTS64, fd, bytes, sizeof bytes);
	listing_take(&listing, bytes, len);
	tap_check_equal(tap, listing.count, 5, "a folder lists what is in it");
	tap_check(tap, listing.dots, "with itself and its own folder");
	tap_check(tap, listing.all_sorts, "and says what each is");
	tap_check_equal(tap, CALL(LINUX_GETDENTS64, fd, bytes, sizeof bytes), 0, "then it ends");
	CALL(LINUX_CLOSE, make_file("list/later", ""));
	tap_check(tap, CALL(LINUX_GETDENTS64, fd, bytes, sizeof bytes) > 0,
	          "and goes on with what came later");
	CALL(LINUX_UNLINK, "list/later");
	tap_check_equal(tap, CALL(LINUX_READ, fd, bytes, 1), ERR_IS_DIRECTORY,
	                "a folder has no bytes");
	CALL(LINUX_LSEEK, fd, 0, 0);
	tap_check_equal(tap, CALL(LINUX_GETDENTS64, fd, bytes, 10), ERR_INVALID_ARGS,
	                "room for no record is refused");
	CALL(LINUX_CLOSE, fd);
	fd = CALL(LINUX_OPEN, "list/file", READ_ONLY, 0);
	tap_check_equal(tap, CALL(LINUX_GETDENTS64, fd, bytes, sizeof bytes), ERR_NOT_DIRECTORY,
	                "a file lists nothing");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_UNLINK, "list/link");
	CALL(LINUX_UNLINK, "list/file");
	CALL(LINUX_RMDIR, "list/folder");
	CALL(LINUX_RMDIR, "list");
	check_many(tap);
}

/* ---- where a process is ---- */

void check_places(struct tap *tap)
{
	char path[64] = {};
	const size_t home = sizeof HOME;
	tap_check_equal(tap, CALL(LINUX_GETCWD, path, sizeof path), (int64_t)home,
	                "a process knows where it is");
	tap_check(tap, is_text(path, HOME), "by an absolute path");
	tap_check_equal(tap, CALL(LINUX_GETCWD, path, home - 1), ERR_OUT_OF_RANGE,
	                "which needs room");
	tap_check_equal(tap, CALL(LINUX_CHDIR, "none"), ERR_NOT_FOUND, "it goes nowhere else");
	int64_t file = make_file("file", "");
	tap_check_equal(tap, CALL(LINUX_CHDIR, "file"), ERR_NOT_DIRECTORY, "nor into a file");
	tap_check_equal(tap, CALL(LINUX_FCHDIR, file), ERR_NOT_DIRECTORY, "by no way");
	CALL(LINUX_CLOSE, file);
	CALL(LINUX_MKDIR, "folder", 0755);
	int64_t fd = CALL(LINUX_OPEN, "folder", NAME_ONLY | DIRECTORY, 0);
	tap_check_equal(tap, CALL(LINUX_FCHDIR, fd), OK, "a name alone is enough to go by");
	tap_check_equal(tap, CALL(LINUX_GETCWD, path, sizeof path), (int64_t)home + 7,
	                "it is there");
	tap_check_equal(tap, CALL(LINUX_RENAME, "../folder", "../other"), OK, "the folder moves");
	CALL(LINUX_GETCWD, path, sizeof path);
	tap_check(tap, is_text(path, HOME "/other"), "and the process with it");
	tap_check_equal(tap, CALL(LINUX_MKNODAT, fd, "below", TYPE_FILE | 0644), OK,
	                "a descriptor is as good as a path");
	tap_check_equal(tap, CALL(LINUX_UNLINK, HOME "/other/below"), OK, "to the same place");
	tap_check_equal(tap, CALL(LINUX_RMDIR, HOME "/other"), OK, "the folder goes");
	tap_check_equal(tap, CALL(LINUX_GETCWD, path, sizeof path), ERR_NOT_FOUND,
	                "then it is nowhere");
	tap_check_equal(tap, CALL(LINUX_MKNOD, "x", TYPE_FILE | 0644), ERR_NOT_FOUND,
	                "where nothing can be made");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_CHDIR, HOME);
	CALL(LINUX_UNLINK, "file");
}
