/*
 * Open file descriptions: what a descriptor stands for, shared by dup and fork.
 *
 * A descriptor is a handle to one. Each kind of file brings its operations, which never sleep for
 * data: they answer ERR_TRY_AGAIN, and the functions here wait.
 */
#pragma once

#include "object/api.h"
#include "ps/transfer.h"
#include "ps/wait.h"

struct file;
struct vm_object;
struct vnode;

/* fstat, as far as the kernel knows; names, owners and times are vfsd's. */
struct file_facts {
	uint32_t mode; /* type and rights, as st_mode */
	uint64_t size;
	uint64_t inode;
	uint64_t device; /* st_rdev */
	uint32_t block_bytes;
};

/* Missing operations are answered with the status in brackets. */
struct file_ops {
	const char *name;
	/* At least one byte, or 0 at the end; ERR_TRY_AGAIN when it would have to wait. (INVALID)
	 */
	enum status (*read)(struct file *file, struct transfer *to, size_t *out_count);
	enum status (*write)(struct file *file, struct transfer *from, size_t *out_count);
	/* The same at a place. (NOT_SEEKABLE) */
	enum status (*read_at)(struct file *file, struct transfer *to, uint64_t offset,
	                       size_t *out_count);
	enum status (*write_at)(struct file *file, struct transfer *from, uint64_t offset,
	                        size_t *out_count);
	/* Where the end is. (NOT_SEEKABLE) */
	uint64_t (*size)(struct file *file);
	/* At the end, wherever that is; where it was comes out. (write_at at size) */
	enum status (*append)(struct file *file, struct transfer *from, uint64_t *out_offset,
	                      size_t *out_count);
	/* Where the next data, or the next hole, is from offset on. NO_DEVICE_ADDRESS: behind the
	 * end. (all of it is data) */
	enum status (*seek_data)(struct file *file, uint64_t offset, bool is_hole,
	                         uint64_t *out_offset);
	/* The pages for a mapping; is_written: programs will write to them. (NO_DEVICE) */
	enum status (*map)(struct file *file, bool is_written, struct vm_object **out_pages);
	/* ioctl. (NOT_TERMINAL) */
	enum status (*control)(struct file *file, uint32_t request, uintptr_t argument,
	                       int64_t *out_value);
	void (*describe)(struct file *file, struct file_facts *out_facts);
	/* The last reference is gone: frees the file. */
	void (*release)(struct file *file);
};

/* Bits of file.flags, as open has them. */
enum file_flag {
	FILE_READ_ONLY = 0,
	FILE_WRITE_ONLY = 1,
	FILE_READ_WRITE = 2,
	FILE_ACCESS_MASK = 3,
	FILE_APPEND = 02000,
	FILE_NONBLOCK = 04000,
	FILE_DATA_SYNC = 010000, /* what is written is on its disk when the call ends */
	FILE_SYNC = 04000000, /* with all that is told of the file */
	FILE_PATH = 010000000, /* only a name: neither read nor written */
	FILE_LARGE = 0100000, /* told by F_GETFL, means nothing */
	FILE_CLOSE_ON_EXEC = 02000000, /* of the descriptor */
	FILE_UNTOLD = 1 << 29, /* inside the kernel: who watches hears nothing of its end */
	FILE_TIMER_REAL = 1 << 30, /* of a timer, inside the kernel: set by the time of day */
	FILE_CHANGEABLE = FILE_APPEND | FILE_NONBLOCK, /* by F_SETFL */
};

extern const struct object_type file_type;

struct file {
	struct object object;
	const struct file_ops *ops;
	struct readiness *readiness; /* NULL: always ready */
	uint32_t flags; /* atomic; enum file_flag */
	struct vnode *vnode; /* of io: the name it was opened by, owned; NULL: none */
	uint16_t mount; /* of io: the mount that the name lies on, as vfsd numbers them */
	uint32_t write_errors_seen; /* atomic; of io */
	struct sleep_lock moving; /* held by who reads or writes at the offset */
	struct spinlock lock;
	/* guarded by lock */
	uint64_t offset;
	uint64_t listed_offset; /* of io: where a directory ends, until that was told; 0: not known
	                         */
	struct list observers; /* struct file_observer; guarded by whoever made them */
};

/* Something that knows a file without keeping it open. */
struct file_observer {
	struct list link;
	/* The file ends: takes the observer out of the list. */
	void (*gone)(struct file_observer *observer, struct file *file);
};

/* What vfsd knows a file by (struct vfs_node); all 0: it has no name. */
struct file_place {
	uint32_t volume, generation;
	uint64_t inode;
	uint16_t mount; /* by which it was found */
};

/* Upward calls; installed once, by io. */
struct file_name_ops {
	struct file_place (*place)(const struct file *file);
	/* The last reference is gone: locks that it had, and its name. Before release. */
	void (*closing)(struct file *file);
	/* Bytes of a file with a name were read or written, while something is watched. */
	void (*used)(struct file *file, bool is_written);
	/* A process runs it as its program, or does no more: nobody opens it for writing meanwhile.
	 * ERR_TEXT_BUSY: somebody writes it. */
	enum status (*begin_run)(struct file *file);
	void (*end_run)(struct file *file);
	/* A process that had it open has closed it, and with that lost its locks on it. */
	void (*drop_locks)(struct file *file, const void *owner);
};

void file_install(const struct file_name_ops *ops);
/* Whether anybody watches any file: what happens to files is told only then. */
void file_set_watched(bool is_watched);
bool file_is_watched(void);

/* With one reference, the caller's. */
void file_init(struct file *file, const struct file_ops *ops, struct readiness *readiness,
               uint32_t flags);
static inline struct file *file_of(struct object *object)
{
	return container_of(object, struct file, object);
}
static inline struct file *file_ref(struct file *file)
{
	object_ref(&file->object);
	return file;
}
/* Accepts NULL. */
void file_unref(struct file *file);

struct file_place file_place(const struct file *file);
/* Once for each process whose program it is. Files without a name, and NULL, are always OK. */
enum status file_begin_run(struct file *file);
void file_end_run(struct file *file);
/* Of this owner, if the file has a name. */
void file_drop_locks(struct file *file, const void *owner);
bool file_may_read(const struct file *file);
bool file_may_write(const struct file *file);
/* READY_IN and READY_OUT when the file has no readiness. */
uint32_t file_ready(const struct file *file);

/*
 * At the file's own offset, which moves on. Wait unless FILE_NONBLOCK. ERR_INTERRUPTED: a signal
 * came first, and nothing was moved.
 */
enum status file_read(struct file *file, struct transfer *to, size_t *out_count);
enum status file_write(struct file *file, struct transfer *from, size_t *out_count);
enum status file_read_at(struct file *file, struct transfer *to, uint64_t offset,
                         size_t *out_count);
enum status file_write_at(struct file *file, struct transfer *from, uint64_t offset,
                          size_t *out_count);
enum status file_seek(struct file *file, int64_t offset, uint32_t whence, uint64_t *out_offset);
enum status file_control(struct file *file, uint32_t request, uintptr_t argument,
                         int64_t *out_value);
