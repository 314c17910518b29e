/* Registries as files, and which programs run, as /proc has it. */
#include "runtimed.h"
#include <linux_calls/api.h>
#include <string.h>

enum {
	OPEN_DIRECTORY = 0200000,
	OPEN_CLOSE_ON_EXEC = 02000000,
	SEEK_END = 2,
	ENTRY_LEN_AT = 16, /* of linux_dirent64 */
	ENTRY_NAME_AT = 19,
	LINK_MAX = 256,
	PID_DIGITS = 20,
};

struct str runtime_read_file(const char *path)
{
	uint64_t memory = 0;
	struct str text = {};
	int64_t file = CALL(LINUX_OPEN, path, OPEN_CLOSE_ON_EXEC);
	int64_t size = file < 0 ? 0 : CALL(LINUX_LSEEK, file, 0, SEEK_END);
	if (size > 0 && rustos_memory_map(0, ((uint64_t)size + 4095) & ~4095ull,
	                                  MEMORY_READ | MEMORY_WRITE, 0, &memory) == OK) {
		int64_t len = CALL(LINUX_PREAD64, file, memory, size, 0);
		text = (struct str){(const char *)(uintptr_t)memory, len > 0 ? (size_t)len : 0};
	}
	if (file >= 0)
		CALL(LINUX_CLOSE, file);
	return text;
}

struct str runtime_read_lines(const char *path, char *bytes, size_t capacity)
{
	int64_t file = CALL(LINUX_OPEN, path, OPEN_CLOSE_ON_EXEC);
	int64_t len = file < 0 ? 0 : CALL(LINUX_PREAD64, file, bytes, capacity, 0);
	if (file >= 0)
		CALL(LINUX_CLOSE, file);
	struct str text = {bytes, len > 0 ? (size_t)len : 0};
	while (text.len == capacity || (text.len && text.ptr[text.len - 1] != '\n'))
		text.len--;
	return text;
}

/* "/proc/PID/exe" of a name in /proc; false when the name is no number. */
static bool running_link(char *out, const char *name)
{
	size_t len = strlen(name);
	if (!len || len > PID_DIGITS || name[0] < '0' || name[0] > '9')
		return false;
	memcpy(out, "/proc/", 6);
	memcpy(out + 6, name, len);
	memcpy(out + 6 + len, "/exe", 5);
	return true;
}

static bool running_is(const char *name, struct str exec)
{
	char link[PID_DIGITS + 16], target[LINK_MAX];
	if (!running_link(link, name))
		return false;
	int64_t len = CALL(LINUX_READLINK, link, target, sizeof target);
	return len > 0 && target[0] == '/' &&
	       str_equal((struct str){target + 1, (size_t)len - 1}, exec);
}

bool runtime_is_running(struct str exec)
{
	uint64_t bytes[512]; /* linux_dirent64 records */
	int64_t folder = CALL(LINUX_OPEN, "/proc", OPEN_DIRECTORY | OPEN_CLOSE_ON_EXEC), len;
	bool found = false;
	while (folder >= 0 && !found &&
	       (len = CALL(LINUX_GETDENTS64, folder, bytes, sizeof bytes)) > 0) {
		for (int64_t at = 0; at < len && !found;) {
			const char *entry = (const char *)bytes + at;
			uint16_t step;
			memcpy(&step, entry + ENTRY_LEN_AT, sizeof step);
			found = running_is(entry + ENTRY_NAME_AT, exec);
			at += step;
		}
	}
	if (folder >= 0)
		CALL(LINUX_CLOSE, folder);
	return found;
}
