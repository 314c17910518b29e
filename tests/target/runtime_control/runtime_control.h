/* What the parts of the test share. */
#pragma once

#include <linux_calls/api.h>
#include <runtime_control/api.h>
#include <tap/api.h>

enum {
	FAMILY_LOCAL = 1,
	STREAM = 1,
	USER = 4242, /* nobody else's: other tests count their processes */
	GROUP = 4242,
	PATIENCE_MS = 60000, /* what has not come by then will never come */
};

extern struct runtime_program programs[RUNTIME_PROGRAMS_MAX]; /* of the last snapshot */

/* Waits until something can be read. False: a minute went by, so that it will never come. */
bool comes(int32_t fd);
/* The entry of a pid in a snapshot; NULL: it does not run. */
const struct runtime_program *find(uint64_t pid);
void wait_until_gone(uint64_t pid);
/* Takes answers until one in which pid runs, or does not; false: there are no more. */
bool watch_until(int32_t watch, uint64_t pid, bool runs);

/* ---- sessions.c ---- */

void check_sessions(struct tap *tap);
void check_console(struct tap *tap);
/* As a program at a console: says so, and says again what is typed. Its status. */
int talk_over_console(void);
/* Where there is one. */
void say_over_console(const char *text);
