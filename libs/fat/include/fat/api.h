/*
 * Reader of FAT16 and FAT32 volumes with long names, over a source of bytes.
 *
 * Nothing on the volume is trusted: every number is checked before use, and a walk along a chain
 * or through a folder ends after as many steps as the volume has clusters, whatever the links say.
 * It allocates nothing. Where a file's bytes lie is told as runs, so that a caller may read them as
 * it likes. Format: Microsoft FAT specification, 2005.
 */
#pragma once

#include <abi/status.h>
#include <base/str.h>

enum {
	FAT_NAME_MAX = 255 * 3, /* bytes of UTF-8 */
	FAT_FOLDER_BYTES_MAX = 65536 * 32,
	FAT_SECTOR_BYTES_MAX = 4096,
};

/* read: all of len bytes at offset, or a status. Called with at most FAT_SECTOR_BYTES_MAX. */
struct fat_source {
	void *context;
	enum status (*read)(void *context, uint64_t offset, void *buffer, size_t len);
	uint64_t size; /* bytes */
};

struct fat_volume {
	struct fat_source source;
	uint32_t sector_bytes;
	uint32_t cluster_bytes;
	uint32_t cluster_count; /* clusters 2 to cluster_count + 1 */
	uint64_t table_offset; /* of the first FAT */
	uint64_t data_offset; /* of cluster 2 */
	uint64_t root_offset; /* FAT16: the root folder's own place */
	uint32_t root_bytes; /* FAT16 only; 0 on FAT32 */
	uint32_t root_cluster; /* FAT32 only; 0 on FAT16 */
	bool is_fat32;
};

/* ERR_INVALID_ARGS: no FAT16 or FAT32 volume, or one that lies; or what read says. */
enum status fat_volume_open(const struct fat_source *source, struct fat_volume *out_volume);

/* A file or folder. First cluster 0: empty; or, of a folder, the root. */
struct fat_file {
	uint32_t first_cluster;
	uint32_t size; /* bytes; 0 of folders */
	bool is_folder;
	bool is_read_only;
	int64_t modify_time; /* seconds since 1970, the volume's local time taken as UTC */
};

struct fat_file fat_root(const struct fat_volume *volume);

struct fat_entry {
	struct fat_file file;
	uint32_t position; /* of the next entry, for fat_folder_open */
	size_t name_len;
	char name[FAT_NAME_MAX]; /* UTF-8; the long one where it is sound */
};

/* Where a walk along a chain stands; zeroed: at its beginning. */
struct fat_cursor {
	uint32_t first_cluster;
	uint32_t cluster;
	uint32_t index; /* of the cluster in the chain */
};

struct fat_folder {
	const struct fat_volume *volume;
	struct fat_file file;
	struct fat_cursor cursor;
	uint32_t position; /* bytes */
};

/* position 0, or of an entry that was read. */
struct fat_folder fat_folder_open(const struct fat_volume *volume, const struct fat_file *file,
                                  uint32_t position);
/* "." and ".." and labels are left out. ERR_NOT_FOUND at the end; ERR_IO: damaged. */
enum status fat_folder_next(struct fat_folder *folder, struct fat_entry *out_entry);
/* Case counts for nothing in ASCII letters. ERR_NOT_FOUND; ERR_NOT_DIRECTORY; ERR_IO. */
enum status fat_find(const struct fat_volume *volume, const struct fat_file *folder,
                     struct str name, struct fat_entry *out_entry);
/* Components between slashes, from the root on; empty ones and "." count for nothing. */
enum status fat_walk(const struct fat_volume *volume, struct str path, struct fat_file *out_file);

/* Bytes of a file. */
struct fat_range {
	uint32_t offset;
	uint32_t len;
};

/* Bytes that lie in one piece on the volume. */
struct fat_run {
	uint64_t offset; /* on the volume */
	uint32_t len; /* at least 1 */
};

/*
 * Where the bytes of the range begin: as many as lie in neighbouring clusters, at most range.len.
 * A cursor that was used for an earlier place of the same file saves the walk from its beginning.
 * ERR_NOT_FOUND: behind the end, or an empty range; ERR_IO: the chain lies.
 */
enum status fat_find_run(const struct fat_volume *volume, const struct fat_file *file,
                         struct fat_cursor *cursor, struct fat_range range,
                         struct fat_run *out_run);
/* *out_len: what was read, less than range.len only at the end. */
enum status fat_file_read(const struct fat_volume *volume, const struct fat_file *file,
                          struct fat_range range, void *buffer, size_t *out_len);
