#include "os/files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { EXIT_OUT_OF_MEMORY = 2, HUGE_PAGE = 2 << 20 };

/* A large block costs one page fault instead of hundreds, where the host gives huge pages. */
static void *host_memory_get(size_t size)
{
	bool large = size >= HUGE_PAGE && size % HUGE_PAGE == 0;
	void *memory = large ? aligned_alloc(HUGE_PAGE, size) : malloc(size);
	if (large && memory)
		(void)madvise(memory, size, MADV_HUGEPAGE); /* else it is as any other */
	if (!memory) {
		static const char message[] = "xtask: error: out of memory\n";
		(void)!write(STDERR_FILENO, message, sizeof message - 1);
		_exit(EXIT_OUT_OF_MEMORY);
	}
	return memory;
}

void host_arena_init(struct arena *a)
{
	static const struct arena_source host = {host_memory_get, free, HUGE_PAGE};
	arena_init(a, &host);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Up to size bytes; fewer only at the end of the file. -1 with errno set. */
static ssize_t read_fully(int fd, char *bytes, size_t size)
{
	size_t len = 0;
	while (len < size) {
		ssize_t got = read(fd, bytes + len, size - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

/* For what has no size of its own: devices, /proc. */
static int read_stream(struct arena *a, int fd, struct text *content)
{
	char bytes[4096];
	for (;;) {
		ssize_t got = read_fully(fd, bytes, sizeof bytes);
		if (got < 0)
			return errno;
		if (got == 0)
			return 0;
		content->arena = a;
		text_add(content, (struct str){bytes, (size_t)got});
	}
}

int file_read(struct arena *a, const char *path, struct str *out_content)
{
	AUTO(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;

	struct text content = {.arena = a};
	if (S_ISREG(st.st_mode) && st.st_size > 0) {
		char *bytes = arena_alloc(a, (size_t)st.st_size + 1);
		ssize_t got = read_fully(fd, bytes, (size_t)st.st_size);
		if (got < 0)
			return errno;
		content = (struct text){a, bytes, (size_t)got, (size_t)st.st_size + 1};
	} else {
		int error = read_stream(a, fd, &content);
		if (error)
			return error;
	}
	*out_content = text_str(&content);
	return 0;
}

int write_fully(int fd, struct str content)
{
	while (content.len) {
		ssize_t put = write(fd, content.ptr, content.len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno;
		content = str_slice(content, (size_t)put, content.len);
	}
	return 0;
}

/* Makes the folder that path lies in. */
static int folder_create_above(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return 0;
	char *folder = strndup(path, (size_t)(slash - path));
	if (!folder)
		return ENOMEM;
	int error = folder_create(folder);
	free(folder);
	return error;
}

static int write_and_rename(const char *path, char *temporary, struct str content, mode_t mode)
{
	int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return errno;
	int error = write_fully(fd, content);
	if (!error && fchmod(fd, mode) < 0)
		error = errno;
	if (close(fd) < 0 && !error)
		error = errno;
	if (!error && rename(temporary, path) < 0)
		error = errno;
	if (error)
		unlink(temporary);
	return error;
}

/* A device, a pipe or a socket, which nobody wants replaced by a file. */
static bool is_special(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_special(const char *path, struct str content)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	int error = write_fully(fd, content);
	if (close(fd) < 0 && !error)
		error = errno;
	return error;
}

int file_write(const char *path, struct str content, mode_t mode)
{
	char *temporary;
	if (is_special(path))
		return write_special(path, content);
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return ENOMEM;
	int error = write_and_rename(path, temporary, content, mode);
	if (error == ENOENT) {
		error = folder_create_above(path);
		if (!error) {
			memcpy(temporary + strlen(path), ".XXXXXX", sizeof ".XXXXXX");
			error = write_and_rename(path, temporary, content, mode);
		}
	}
	free(temporary);
	return error;
}

bool file_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

int folder_create(const char *path)
{
	if (mkdir(path, 0777) == 0)
		return 0;
	if (errno == EEXIST) {
		struct stat st;
		if (stat(path, &st) < 0)
			return errno;
		return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	}
	if (errno != ENOENT)
		return errno;
	int error = folder_create_above(path);
	if (error)
		return error;
	return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : errno;
}

static int compare_entries(const void *a, const void *b)
{
	return str_compare(((const struct folder_entry *)a)->name,
	                   ((const struct folder_entry *)b)->name);
}

static void folder_add(struct arena *a, struct folder *folder, size_t *capacity, const char *path,
                       const struct dirent *entry)
{
	if (folder->count == *capacity) {
		*capacity = *capacity ? *capacity * 2 : 16;
		struct folder_entry *entries = ARENA_ARRAY(a, struct folder_entry, *capacity);
		if (folder->count)
			memcpy(entries, folder->entries, folder->count * sizeof *entries);
		folder->entries = entries;
	}
	bool is_folder = entry->d_type == DT_DIR, is_link = entry->d_type == DT_LNK;
	if (entry->d_type == DT_UNKNOWN) {
		struct str full = str_format(a, "%s/%s", path, entry->d_name);
		struct stat st;
		if (lstat(full.ptr, &st) == 0) {
			is_folder = S_ISDIR(st.st_mode);
			is_link = S_ISLNK(st.st_mode);
		}
	}
	folder->entries[folder->count++] = (struct folder_entry){
	        .name = arena_str(a, str_from_c(entry->d_name)),
	        .is_folder = is_folder,
	        .is_link = is_link,
	};
}

int folder_read(struct arena *a, const char *path, struct folder *out_folder)
{
	DIR *stream = opendir(path);
	if (!stream)
		return errno;
	struct folder folder = {};
	size_t capacity = 0;
	const struct dirent *entry;
	errno = 0;
	while ((entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			folder_add(a, &folder, &capacity, path, entry);
		errno = 0;
	}
	int error = errno;
	closedir(stream);
	if (error)
		return error;
	if (folder.count)
		qsort(folder.entries, folder.count, sizeof *folder.entries, compare_entries);
	*out_folder = folder;
	return 0;
}

static int tree_files_add(struct arena *a, const char *path, struct strs *paths)
{
	struct folder folder;
	int error = folder_read(a, path, &folder);
	for (size_t i = 0; !error && i < folder.count; i++) {
		const struct folder_entry *entry = &folder.entries[i];
		struct str full = path_join(a, str_from_c(path), entry->name);
		struct stat st;
		if (entry->is_folder)
			error = tree_files_add(a, full.ptr, paths);
		else if (!entry->is_link || (stat(full.ptr, &st) == 0 && S_ISREG(st.st_mode)))
			strs_add(paths, a, full);
	}
	return error;
}

int tree_files(struct arena *a, const char *path, struct strs *out_paths)
{
	struct strs paths = {};
	int error = tree_files_add(a, path, &paths);
	if (error)
		return error;
	strs_sort(&paths);
	*out_paths = paths;
	return 0;
}

static int tree_remove_below(struct arena *a, const char *path)
{
	struct folder folder;
	int error = folder_read(a, path, &folder);
	for (size_t i = 0; !error && i < folder.count; i++)
		error = tree_remove(path_join(a, str_from_c(path), folder.entries[i].name).ptr);
	if (!error && rmdir(path) < 0)
		error = errno;
	return error;
}

int tree_remove(const char *path)
{
	if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return errno;
	struct arena a;
	host_arena_init(&a);
	int error = tree_remove_below(&a, path);
	arena_release(&a);
	return error;
}
