/*
 * What every file looked like at the end of the last run, in OUT/.state/snapshot.
 *
 * Serves twice: mapped and compared by stat alone, it answers engine_unchanged;
 * read into the file table, it spares hashing. Written beside and renamed. Layout: header, entries
 * (the first checked_count are those that decide), paths, identity.
 *
 * It counts for as long as the machine runs. What was written before it went down may never
 * have reached the disk, under an equal stamp, so after that all is hashed once.
 */
#pragma once

#include "engine/state/file_table.h"
#include "os/boot_id.h"

enum snapshot_flag {
	SNAPSHOT_ABSENT = 1 << 0, /* and has to stay so */
	SNAPSHOT_FOLDER = 1 << 1, /* digest is of its entries */
	SNAPSHOT_SETTLED = 1 << 2, /* an equal stamp proves the content */
	SNAPSHOT_PLAN = 1 << 3, /* unsettled, it may not be what the plan read */
	SNAPSHOT_DIGEST = 1 << 4, /* digest holds */
};

struct snapshot_entry {
	struct stamp stamp;
	struct digest digest;
	uint32_t path; /* where it begins among the paths */
	uint32_t flags; /* enum snapshot_flag */
};

enum { SNAPSHOT_COMPLETE = 0x600dc0de };

struct snapshot_header {
	char magic[8];
	uint64_t size; /* of the file */
	uint64_t checksum; /* of all that follows `complete` */
	uint32_t complete; /* SNAPSHOT_COMPLETE: the run it is from left nothing stale */
	uint32_t entry_count;
	uint32_t checked_count;
	uint32_t action_count;
	uint64_t paths_size;
	uint64_t identity_size;
	char boot[BOOT_ID_BYTES]; /* of the kernel that wrote it: os/boot_id.h */
};

/* Parts of a snapshot in memory; valid as long as the bytes are. */
struct snapshot {
	const struct snapshot_header *header;
	const struct snapshot_entry *entries;
	const char *paths; /* each NUL-terminated, and the last byte is NUL */
	struct str identity;
};

/* Whether it was written since the machine was started. */
bool snapshot_is_of_this_boot(const struct snapshot *s);
/* False when the bytes (8-byte aligned) are not a whole, unharmed snapshot. */
bool snapshot_parse(struct str bytes, struct snapshot *out_snapshot);
const char *snapshot_path(const struct snapshot *s, const struct snapshot_entry *entry);

/* Former stamps and digests into the table. An absent or harmed file gives none. */
void snapshot_load(const char *path, struct file_table *files);
/* What is there no longer counts as complete. Absence is no error. */
[[nodiscard]] int snapshot_invalidate(const char *path);

struct snapshot_request {
	const struct file_table *files;
	struct str identity;
	size_t action_count;
	bool complete;
};
/* Content of the file, in a. It must not be written before the stamps in it prove what they seem to. */
struct str snapshot_bytes(struct arena *a, const struct snapshot_request *request);
