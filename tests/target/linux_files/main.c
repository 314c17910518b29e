#include "linux_files.h"
#include <string.h>

void run_steps(struct tap *tap, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const uint64_t *a = steps[i].arguments;
		int64_t got = CALL(steps[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);
		tap_check_equal(tap, got, steps[i].answer, steps[i].name);
	}
}

int64_t make_file(const char *path, const char *text)
{
	int64_t fd = CALL(LINUX_OPEN, path, CREATE | READ_WRITE | TRUNCATE, 0644);
	if (fd >= 0 && *text)
		CALL(LINUX_PWRITE64, fd, text, strlen(text), 0);
	return fd;
}

bool file_holds(const char *path, const char *text)
{
	char bytes[256];
	int64_t fd = CALL(LINUX_OPEN, path, READ_ONLY, 0);
	int64_t len = CALL(LINUX_READ, fd, bytes, sizeof bytes);
	CALL(LINUX_CLOSE, fd);
	return len == (int64_t)strlen(text) && memcmp(bytes, text, (size_t)len) == 0;
}

struct file_stat stat_of(const char *path)
{
	struct file_stat stat = {};
	CALL(LINUX_LSTAT, path, &stat);
	return stat;
}

int main(void)
{
	struct tap tap = {};
	CALL(LINUX_UMASK, 022);
	tap_check_equal(&tap, CALL(LINUX_MKDIR, HOME, 0755), OK, "there is a folder for the tests");
	tap_check_equal(&tap, CALL(LINUX_CHDIR, HOME), OK, "and it can be gone to");
	check_names(&tap);
	check_renames(&tap);
	check_walks(&tap);
	check_listing(&tap);
	check_places(&tap);
	check_bytes(&tap);
	check_sizes(&tap);
	check_facts(&tap);
	check_copies(&tap);
	check_mappings(&tap);
	check_locks(&tap);
	check_fifos(&tap);
	check_programs(&tap);
	check_unnamed(&tap);
	CALL(LINUX_CHDIR, "/");
	tap_check_equal(&tap, CALL(LINUX_RMDIR, HOME), OK, "nothing is left over");
	return tap_finish(&tap);
}
