/* Linux's advisory locks: flock, and those of fcntl on ranges. */
#include "compat/linux/file/locks.h"
#include "compat/linux/file/path.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>

static enum status linux_locks_of(struct file *file, struct file_locks **out_locks)
{
	*out_locks = vfs_locks_of(file);
	return *out_locks && !(file->flags & FILE_PATH) ? OK : ERR_BAD_HANDLE;
}

int64_t linux_flock(int32_t descriptor, uint32_t operation)
{
	enum { FLOCK_SHARED = 1, FLOCK_EXCLUSIVE = 2, FLOCK_NO_WAIT = 4, FLOCK_RELEASE = 8 };
	LINUX_FILE file = NULL;
	struct file_locks *locks;
	TRY(linux_file_get(descriptor, &file));
	TRY(linux_locks_of(file, &locks));
	struct file_lock_request request = {
	        .owner = file,
	        .end = UINT64_MAX,
	        .waits = !(operation & FLOCK_NO_WAIT),
	};
	switch (operation & ~(uint32_t)FLOCK_NO_WAIT) {
	case FLOCK_SHARED:
		request.kind = FILE_LOCK_SHARED;
		break;
	case FLOCK_EXCLUSIVE:
		request.kind = FILE_LOCK_EXCLUSIVE;
		break;
	case FLOCK_RELEASE:
		request.kind = FILE_LOCK_NONE;
		break;
	default:
		return ERR_INVALID_ARGS;
	}
	return file_locks_set(locks, &request);
}

/* Linux include/uapi/asm-generic/fcntl.h */
struct linux_flock {
	int16_t type;
	int16_t whence;
	int64_t start;
	int64_t length;
	int32_t pid;
};

enum { LINUX_LOCK_READ, LINUX_LOCK_WRITE, LINUX_LOCK_RELEASE };

static enum status linux_lock_base(struct file *file, int16_t whence, int64_t *out_base)
{
	enum { WHENCE_START, WHENCE_CURRENT, WHENCE_END };
	uint64_t place = 0;
	*out_base = 0;
	if (whence == WHENCE_START)
		return OK;
	if (whence == WHENCE_END)
		place = file->ops->size ? file->ops->size(file) : 0;
	else if (whence == WHENCE_CURRENT)
		TRY(file_seek(file, 0, WHENCE_CURRENT, &place));
	else
		return ERR_INVALID_ARGS;
	*out_base = (int64_t)place;
	return OK;
}

static enum status linux_lock_range(struct file *file, const struct linux_flock *in,
                                    struct file_lock_request *request)
{
	int64_t start, end;
	TRY(linux_lock_base(file, in->whence, &start));
	if (__builtin_add_overflow(start, in->start, &start) ||
	    __builtin_add_overflow(start, in->length, &end))
		return ERR_OVERFLOW;
	/* a negative length is what lies before */
	int64_t low = start < end ? start : end, high = start < end ? end : start;
	if (low < 0)
		return ERR_INVALID_ARGS;
	request->start = (uint64_t)low;
	request->end = in->length ? (uint64_t)high : UINT64_MAX;
	return OK;
}

static enum status linux_lock_kind(const struct file *file, int16_t type,
                                   enum file_lock_kind *out_kind)
{
	if (type < LINUX_LOCK_READ || type > LINUX_LOCK_RELEASE)
		return ERR_INVALID_ARGS;
	if ((type == LINUX_LOCK_READ && !file_may_read(file)) ||
	    (type == LINUX_LOCK_WRITE && !file_may_write(file)))
		return ERR_BAD_HANDLE;
	*out_kind = (enum file_lock_kind)type;
	return OK;
}

_Static_assert((int)LINUX_LOCK_READ == (int)FILE_LOCK_SHARED &&
               (int)LINUX_LOCK_WRITE == (int)FILE_LOCK_EXCLUSIVE &&
               (int)LINUX_LOCK_RELEASE == (int)FILE_LOCK_NONE);

static int64_t linux_lock_tell(struct file_locks *locks, const struct file_lock_request *request,
                               struct linux_flock *flock, uintptr_t address)
{
	enum { WHENCE_START };
	struct file_lock_request other;
	if (file_locks_test(locks, request, &other)) {
		flock->type = (int16_t)other.kind;
		flock->whence = WHENCE_START;
		flock->start = (int64_t)other.start;
		flock->length = other.end == UINT64_MAX ? 0 : (int64_t)(other.end - other.start);
		flock->pid = (int32_t)other.pid;
	} else {
		flock->type = LINUX_LOCK_RELEASE;
	}
	return user_copy_out((struct user_out){address, sizeof *flock}, flock);
}

int64_t linux_lock_range_call(int32_t descriptor, uint32_t operation, uintptr_t address)
{
	LINUX_FILE file = NULL;
	struct file_locks *locks;
	struct linux_flock flock;
	bool of_file = operation >= LINUX_F_OFD_GETLK;
	uint32_t kind = of_file ? operation - LINUX_F_OFD_GETLK : operation - LINUX_F_GETLK;
	struct process *self = process_current();
	TRY(linux_file_get(descriptor, &file));
	TRY(linux_locks_of(file, &locks));
	TRY(user_copy_in(&flock, (struct user_in){address, sizeof flock}));
	if (of_file && flock.pid)
		return ERR_INVALID_ARGS;
	struct file_lock_request request = {
	        .owner = of_file ? (const void *)file : self,
	        .pid = of_file ? UINT64_MAX : process_id(self),
	        .waits = kind == LINUX_F_SETLKW - LINUX_F_GETLK,
	};
	TRY(linux_lock_range(file, &flock, &request));
	if (kind == 0) {
		if (flock.type != LINUX_LOCK_READ && flock.type != LINUX_LOCK_WRITE)
			return ERR_INVALID_ARGS;
		request.kind = (enum file_lock_kind)flock.type;
		return linux_lock_tell(locks, &request, &flock, address);
	}
	TRY(linux_lock_kind(file, flock.type, &request.kind));
	if (!of_file)
		process_note_range_locks();
	return file_locks_set(locks, &request);
}
