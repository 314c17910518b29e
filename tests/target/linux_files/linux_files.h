/* What the tests of files share. */
#pragma once

#include <linux_calls/api.h>
#include <tap/api.h>

enum open_flag {
	READ_ONLY = 0,
	WRITE_ONLY = 1,
	READ_WRITE = 2,
	CREATE = 0100,
	EXCLUSIVE = 0200,
	TRUNCATE = 01000,
	APPEND = 02000,
	NO_WAIT = 04000,
	DIRECTORY = 0200000,
	NO_FOLLOW = 0400000,
	CLOSE_ON_EXEC = 02000000,
	NAME_ONLY = 010000000,
};

enum mode_type {
	TYPE = 0170000,
	TYPE_FIFO = 0010000,
	TYPE_CHARACTERS = 0020000,
	TYPE_DIRECTORY = 0040000,
	TYPE_FILE = 0100000,
	TYPE_LINK = 0120000,
};

enum { PAGE = 4096 };

#define AT_CWD (-100)
#define BAD_ADDRESS 0x1000 /* below every program */
#define HOME "/tmp/linux_files" /* the folder that the tests make */

/* One call and its answer; rows are run in order. */
struct step {
	const char *name;
	uint64_t number;
	uint64_t arguments[6];
	int64_t answer;
};

#define TEXT(text) ((uint64_t)(uintptr_t)(text))

void run_steps(struct tap *tap, const struct step *steps, size_t count);
/* A file of these bytes; its descriptor, which reads and writes. */
int64_t make_file(const char *path, const char *text);
/* Does the file hold exactly this text? */
bool file_holds(const char *path, const char *text);

struct file_times {
	int64_t seconds, nanoseconds;
};

/* As struct stat of Linux. */
struct file_stat {
	uint64_t device, inode, links;
	uint32_t mode, uid, gid, reserved0;
	uint64_t special;
	int64_t size, block_bytes, blocks;
	struct file_times accessed, modified, changed;
	int64_t reserved1[3];
};

struct file_stat stat_of(const char *path);

void check_names(struct tap *tap);
void check_renames(struct tap *tap);
void check_walks(struct tap *tap);
void check_listing(struct tap *tap);
void check_places(struct tap *tap);
void check_bytes(struct tap *tap);
void check_sizes(struct tap *tap);
void check_facts(struct tap *tap);
void check_copies(struct tap *tap);
void check_mappings(struct tap *tap);
void check_locks(struct tap *tap);
void check_fifos(struct tap *tap);
void check_programs(struct tap *tap);
void check_unnamed(struct tap *tap);
