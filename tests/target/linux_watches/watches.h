/* What the files of this test share. */
#pragma once

#include <linux_calls/api.h>

enum {
	READ_ONLY = 0,
	WRITE_ONLY = 1,
	READ_WRITE = 2,
	CREATE = 0100,
	TRUNCATE = 01000,
	NO_WAIT = 04000,
	DIRECTORY = 0200000,
	TYPE_FIFO = 0010000,
	EVENTS = 0xfff,
	ON_OPEN = 0x20,
	ON_MODIFY = 0x2,
	ON_CREATE = 0x100,
	ONLY_DIRECTORY = 0x1000000,
	NO_FOLLOW = 0x2000000,
	NOT_UNLINKED = 0x4000000,
	MASK_CREATE = 0x10000000,
	MASK_ADD = 0x20000000,
	IS_DIRECTORY = 0x40000000,
};

#define ONCE 0x80000000ull
#define HOME "/tmp/linux_watches"
#define AT_CWD (-100)
#define TEXT(text) ((uint64_t)(uintptr_t)(text))
/* Descriptors; NEW is the one that was opened last. */
enum { OPENED = 20, OLD, GROUP, NEW = 1000 };

/* A call, and what is told of it as text: "watch what name", with commas. */
struct step {
	const char *name;
	uint64_t number;
	uint64_t arguments[5];
	int64_t answer;
	const char *told;
};

extern char watch_room[64]; /* read into */

extern const struct step refusals_steps[];
extern const size_t refusals_count;
extern const struct step bytes_steps[];
extern const size_t bytes_count;
extern const struct step names_steps[];
extern const size_t names_count;
extern const struct step masks_steps[];
extern const size_t masks_count;
