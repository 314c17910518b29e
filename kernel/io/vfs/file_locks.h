/*
 * Advisory locks of one file: those of flock, which an open description has, and those of fcntl on
 * ranges, which a process has. The two do not see each other.
 */
#pragma once

#include "ps/api.h"

enum { FILE_LOCKS_MAX = 1024 };

enum file_lock_kind { FILE_LOCK_SHARED, FILE_LOCK_EXCLUSIVE, FILE_LOCK_NONE };

struct file_locks {
	struct sleep_lock lock;
	/* guarded by lock */
	struct list held; /* struct file_lock, in no order */
	uint32_t count; /* of them */
	struct readiness released; /* READY_IN is told when one goes */
};

void file_locks_init(struct file_locks *locks);

struct file_lock_request {
	const void *owner; /* only to compare: a file, or a process */
	uint64_t pid; /* told to others; 0: of flock */
	enum file_lock_kind kind; /* NONE takes it away */
	uint64_t start;
	uint64_t end; /* exclusive */
	bool waits;
};

/* ERR_TRY_AGAIN: another one's is in the way; ERR_INTERRUPTED; ERR_NO_MEMORY, also when the file
 * has FILE_LOCKS_MAX. */
enum status file_locks_set(struct file_locks *locks, const struct file_lock_request *request);
/* Which lock would be in the way? False: none. */
bool file_locks_test(struct file_locks *locks, const struct file_lock_request *request,
                     struct file_lock_request *out_other);
/* The owner is gone. */
void file_locks_drop(struct file_locks *locks, const void *owner);
