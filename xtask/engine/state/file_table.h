/*
 * Every path the engine knows, once, with what is known about the file there.
 *
 * A file is looked at (stat) at most once a run and hashed only when its stamp
 * differs from the one a former run left with the digest. A stamp proves content
 * only when it is settled: taken 2 s or more after the last change, so that a
 * later change within one tick of a coarse clock can't hide behind it.
 */
#pragma once

#include "engine/engine.h"

enum { NO_ACTION = UINT32_MAX };

/* What stat() says; equal stamps mean the same content. No padding. */
struct stamp {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t modified_ns;
	int64_t changed_ns;
};

[[nodiscard]] int stamp_read(const char *path, struct stamp *out_stamp, bool *out_is_folder);
bool stamp_equal(const struct stamp *a, const struct stamp *b);
bool stamp_settled(const struct stamp *s, int64_t now_ns);
/* Whether the file system counts in whole seconds. */
bool stamp_is_coarse(const struct stamp *s);
/*
 * Now, as the kernel stamps files at the earliest: some tick ago. What changes from
 * now on gets this stamp or a later one.
 */
int64_t clock_stamp_ns(void);
/* Now. What changed before got an earlier stamp or this one. */
int64_t clock_now_ns(void);
/* Digest of the names in a folder and of what they are (file, folder, link). */
[[nodiscard]] int folder_digest(const char *path, struct digest *out_digest);
bool digest_equal(const struct digest *a, const struct digest *b);

enum file_state { FILE_UNSEEN, FILE_ABSENT, FILE_PRESENT, FILE_UNREADABLE };

struct tracked_file {
	struct str path; /* NUL-terminated, without "." and doubled slashes */
	uint32_t producer; /* index of the action that makes it, or NO_ACTION */
	uint32_t journal_number; /* of its path record, counted from 1; 0: none yet */
	enum file_state state;
	int error; /* of the last attempt to look or read */
	bool is_input; /* some action of the graph declares it */
	bool is_plan; /* the plan was made from it */
	bool is_folder;
	bool reported; /* as missing, once is enough */
	bool checked; /* part of what engine_unchanged looks at */
	bool settled; /* stamp is */
	bool has_digest;
	bool has_former; /* former_* hold a settled stamp and its digest, of an earlier run */
	int64_t looked_ns; /* when stamp was taken, clock_stamp_ns */
	struct stamp stamp;
	struct digest digest;
	struct stamp former_stamp;
	struct digest former_digest;
	struct trace *trace; /* of the action whose first output this is; NULL: never ran */
};

struct file_table {
	struct arena *arena;
	struct tracked_file **slots; /* open addressing, NULL: free */
	size_t capacity; /* a power of two */
	struct tracked_file **files; /* in order of arrival */
	size_t count;
};

void file_table_init(struct file_table *t, struct arena *a);
/* The file of this path, made when it is new. Lives as long as the arena. */
struct tracked_file *file_table_get(struct file_table *t, struct str path);
/* NULL when it is not there. path is in normal form. */
struct tracked_file *file_table_find(const struct file_table *t, struct str path);

/* Stats the file unless that was done. */
enum file_state file_look(struct tracked_file *f);
/* The same again, whatever was known: after an action wrote it. */
void file_look_again(struct tracked_file *f);
/* 0 and f->digest, or why not. */
[[nodiscard]] int file_hash(struct tracked_file *f);
/* Whether it still has the stamp it was looked at with. */
bool file_stands(const struct tracked_file *f);
