/* Calls of a program that a service answers, and what the registry says of its death with them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { ROUNDS = 5 }; /* each operation on files is made so often at most */

/* When the service is killed. */
enum moment {
	AT_THE_DISK, /* vfsd reads a slow disk for the call, so that it was surely taken */
	AT_WORK, /* at any moment while call follows call: now and then one was taken */
	STOPPED, /* the service is stopped and takes nothing: what waits is its successor's */
};

struct operation {
	const char *service, *name;
	uint64_t idempotent; /* set of operations that are sent again */
	unsigned number; /* in that set */
	/* The files of that round; as a system call: below 0 and errno. */
	long (*call)(unsigned round);
	enum moment moment;
	int usual; /* how it ends when nobody dies */
	long (*before)(unsigned round); /* in the same process; NULL: nothing */
	int ends; /* errno where it goes over a connection that ends with the service; else 0 */
};

#define STOPPED_ONLY(service, name, set, number, call, usual)                                      \
	{                                                                                          \
		service, name, set, number, call, STOPPED, usual, NULL, 0                          \
	}
#define BOTH(service, name, set, number, call, usual)                                              \
	{service, name, set, number, call, AT_WORK, usual, NULL, 0},                               \
	        STOPPED_ONLY(service, name, set, number, call, usual)

struct operations {
	const struct operation *list;
	size_t count;
};

/*
 * On files, on what is there without them, what only services ask for, on sessions over runtimed's
 * socket, and on input devices.
 */
struct operations operations_on_files(void);
struct operations operations_on_others(void);
struct operations operations_asked(void);
struct operations operations_on_sessions(void);
struct operations operations_on_input(void);

/* What they are about: on the disk, and in memory. 0: it cannot be made. */
int operations_prepare_files(void);
int operations_prepare_others(void);
int operations_prepare_asked(void);
/* Waits until a key is pressed. */
int operations_prepare_input(void);

/* What files hold is in nobody's memory. 0: it failed. */
int mount_anew(void);
/* A descriptor; -1 and errno. */
int local_connect(const char *path);
