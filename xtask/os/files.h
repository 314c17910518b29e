/*
 * Files and folders of the host, as the tool needs them.
 *
 * Functions answer 0 or a positive errno value; who calls decides what to say.
 * Paths are NUL-terminated C strings, relative ones from the current folder
 * (the tool runs in the project's root).
 */
#pragma once

#include "os/text.h"
#include <sys/stat.h>

/* Memory for the tool: an arena that ends the tool with exit 2 when memory is out. */
void host_arena_init(struct arena *a);

[[nodiscard]] int file_read(struct arena *a, const char *path, struct str *out_content);
/*
 * Whole or not at all: a temporary file beside it, then rename. Creates the
 * folders above. On failure the former file stands and nothing is left behind. A device or a pipe
 * is written into, and stays.
 */
[[nodiscard]] int file_write(const char *path, struct str content, mode_t mode);
/* All of it, over interruptions. */
[[nodiscard]] int write_fully(int fd, struct str content);
bool file_exists(const char *path);
/* Every missing folder of path. */
[[nodiscard]] int folder_create(const char *path);
/* Removes a file or a whole folder; absence is no error. Never follows links. */
[[nodiscard]] int tree_remove(const char *path);

struct folder_entry {
	struct str name;
	bool is_folder;
	bool is_link;
};
struct folder {
	struct folder_entry *entries; /* sorted by name, byte order; without . and .. */
	size_t count;
};
[[nodiscard]] int folder_read(struct arena *a, const char *path, struct folder *out_folder);
/*
 * Every regular file below path, as paths that begin with path, sorted in byte
 * order; links are followed to files but never into folders.
 */
[[nodiscard]] int tree_files(struct arena *a, const char *path, struct strs *out_paths);

/* "a/b" + "c" = "a/b/c"; an empty first part gives the second. */
struct str path_join(struct arena *a, struct str folder, struct str name);
/* Without ".", "..", doubled and trailing slashes; false when it would leave its root. */
bool path_normalise(struct arena *a, struct str path, struct str *out_path);
/* The folder part, "" when there is none; the part behind the last slash. */
struct str path_folder(struct str path);
struct str path_name(struct str path);
