/*
 * One writer of the state at a time: flock on OUT/.state/lock.
 *
 * The file says who holds it and whether the last holder came to its end; when
 * it did not, there are temporary files to sweep. Processes that the holder
 * starts inherit the lock: when it is killed, its compilers still write for a
 * moment, and the next run must not sweep before they end.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct state_lock {
	const char *path;
	int fd; /* -1: not held */
	bool clean; /* the last holder finished */
};

/* 0; EWOULDBLOCK and the holder (0 when it can't be told); or another errno value. */
[[nodiscard]] int state_lock_try(struct state_lock *l, const char *path, pid_t *out_holder);
/*
 * Waits for it. Of a holder that is dead, what it started is waited for orphans_ms at
 * most: then the lock file is replaced, and whoever still holds the old one holds nothing.
 */
[[nodiscard]] int state_lock_wait(struct state_lock *l, const char *path, unsigned orphans_ms);
/* Notes in the file that work begins. */
[[nodiscard]] int state_lock_begin(struct state_lock *l);
/* finished: nothing was left behind. */
void state_lock_release(struct state_lock *l, bool finished);
