#include "ps/file.h"
#include "ps/api.h"
#include "ps/task.h"

static const struct file_name_ops *file_names;
static bool file_watched; /* atomic */

void file_set_watched(bool is_watched)
{
	__atomic_store_n(&file_watched, is_watched, __ATOMIC_RELAXED);
}

bool file_is_watched(void)
{
	return __builtin_expect(__atomic_load_n(&file_watched, __ATOMIC_RELAXED), false);
}

void file_install(const struct file_name_ops *ops)
{
	file_names = ops;
}

struct file_place file_place(const struct file *file)
{
	return file->vnode ? file_names->place(file) : (struct file_place){};
}

enum status file_begin_run(struct file *file)
{
	return file && file->vnode ? file_names->begin_run(file) : OK;
}

void file_end_run(struct file *file)
{
	if (file && file->vnode)
		file_names->end_run(file);
}

void file_drop_locks(struct file *file, const void *owner)
{
	if (file->vnode)
		file_names->drop_locks(file, owner);
}

static void file_destroy(struct object *object)
{
	struct file *file = file_of(object);
	while (!list_empty(&file->observers)) {
		struct file_observer *observer =
		        container_of(file->observers.next, struct file_observer, link);
		observer->gone(observer, file);
	}
	if (file->vnode)
		file_names->closing(file);
	file->ops->release(file);
}

const struct object_type file_type = {
        .name = "file",
        .rights = RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_TRANSFER,
        .is_inherited = true,
        .destroy = file_destroy,
};

void file_init(struct file *file, const struct file_ops *ops, struct readiness *readiness,
               uint32_t flags)
{
	*file = (struct file){.ops = ops, .readiness = readiness, .flags = flags};
	sleep_lock_init(&file->moving);
	spinlock_set_rank(&file->lock, LOCK_FILE);
	list_init(&file->observers);
	object_init(&file->object, &file_type);
}

void file_unref(struct file *file)
{
	if (file)
		object_unref(&file->object);
}

static uint32_t file_flags(const struct file *file)
{
	return __atomic_load_n(&file->flags, __ATOMIC_RELAXED);
}

bool file_may_read(const struct file *file)
{
	uint32_t flags = file_flags(file);
	return (flags & FILE_ACCESS_MASK) != FILE_WRITE_ONLY && !(flags & FILE_PATH);
}

bool file_may_write(const struct file *file)
{
	uint32_t flags = file_flags(file), access = flags & FILE_ACCESS_MASK;
	return (access == FILE_WRITE_ONLY || access == FILE_READ_WRITE) && !(flags & FILE_PATH);
}

uint32_t file_ready(const struct file *file)
{
	return file->readiness ? readiness_word(file->readiness) : READY_IN | READY_OUT;
}

static bool file_may_wait(const struct file *file)
{
	return !(file_flags(file) & FILE_NONBLOCK) && file->readiness;
}

static uint64_t file_offset(struct file *file)
{
	spinlock_acquire(&file->lock);
	uint64_t offset = file->offset;
	spinlock_release(&file->lock);
	return offset;
}

static void file_set_offset(struct file *file, uint64_t offset)
{
	spinlock_acquire(&file->lock);
	file->offset = offset;
	spinlock_release(&file->lock);
}

static enum status file_read_stream(struct file *file, struct transfer *to, size_t *out_count)
{
	for (;;) {
		enum status status = file->ops->read(file, to, out_count);
		if (status != ERR_TRY_AGAIN || !file_may_wait(file))
			return status;
		TRY(task_wait(file->readiness, READY_IN | READY_HANGUP | READY_ERROR, 0));
	}
}

static enum status file_read_here(struct file *file, struct transfer *to, size_t *out_count)
{
	*out_count = 0;
	if (!file_may_read(file))
		return ERR_BAD_HANDLE;
	if (file->ops->read)
		return file_read_stream(file, to, out_count);
	if (!file->ops->read_at)
		return ERR_INVALID_ARGS;
	sleep_lock_acquire(&file->moving);
	uint64_t offset = file_offset(file);
	enum status status = file->ops->read_at(file, to, offset, out_count);
	if (status == OK)
		file_set_offset(file, offset + *out_count);
	sleep_lock_release(&file->moving);
	return status;
}

/* Goes on until all is written; what was written before an error counts. */
static enum status file_write_stream(struct file *file, struct transfer *from, size_t *out_count)
{
	enum status status;
	do {
		size_t count = 0;
		status = file->ops->write(file, from, &count);
		*out_count += count;
		bool blocked = status == ERR_TRY_AGAIN || (status == OK && from->left);
		if (!blocked || !file_may_wait(file))
			break;
		status = task_wait(file->readiness, READY_OUT | READY_HANGUP | READY_ERROR, 0);
	} while (status == OK);
	return *out_count ? OK : status;
}

/* A regular file grows as far as its writer's limit. */
static enum status file_limit(struct file *file, struct transfer *from, uint64_t offset)
{
	uint64_t len = from->left;
	if (!file->ops->size)
		return OK;
	if (file_flags(file) & FILE_APPEND && file->ops->append)
		offset = file->ops->size(file);
	TRY(process_may_write_to(offset, &len));
	from->left = len;
	return OK;
}

static enum status file_write_place(struct file *file, struct transfer *from, size_t *out_count)
{
	uint64_t offset = file_offset(file);
	TRY(file_limit(file, from, offset));
	if (file_flags(file) & FILE_APPEND && file->ops->append)
		TRY(file->ops->append(file, from, &offset, out_count));
	else
		TRY(file->ops->write_at(file, from, offset, out_count));
	file_set_offset(file, offset + *out_count);
	return OK;
}

static enum status file_write_here(struct file *file, struct transfer *from, size_t *out_count)
{
	*out_count = 0;
	if (!file_may_write(file))
		return ERR_BAD_HANDLE;
	if (file->ops->write)
		return file_write_stream(file, from, out_count);
	if (!file->ops->write_at)
		return ERR_INVALID_ARGS;
	sleep_lock_acquire(&file->moving);
	enum status status = file_write_place(file, from, out_count);
	sleep_lock_release(&file->moving);
	return status;
}

static enum status file_read_there(struct file *file, struct transfer *to, uint64_t offset,
                                   size_t *out_count)
{
	*out_count = 0;
	if (!file_may_read(file))
		return ERR_BAD_HANDLE;
	if (!file->ops->read_at)
		return ERR_NOT_SEEKABLE;
	return file->ops->read_at(file, to, offset, out_count);
}

static enum status file_write_there(struct file *file, struct transfer *from, uint64_t offset,
                                    size_t *out_count)
{
	*out_count = 0;
	if (!file_may_write(file))
		return ERR_BAD_HANDLE;
	if (!file->ops->write_at)
		return ERR_NOT_SEEKABLE;
	TRY(file_limit(file, from, offset));
	/* as Linux has it */
	if (file_flags(file) & FILE_APPEND && file->ops->append)
		return file->ops->append(file, from, &offset, out_count);
	return file->ops->write_at(file, from, offset, out_count);
}

/* For who watches it. */
static void file_tell(struct file *file, bool is_written, size_t count)
{
	if (file_is_watched() && file->vnode && count)
		file_names->used(file, is_written);
}

enum status file_read(struct file *file, struct transfer *to, size_t *out_count)
{
	enum status status = file_read_here(file, to, out_count);
	file_tell(file, false, *out_count);
	return status;
}

enum status file_write(struct file *file, struct transfer *from, size_t *out_count)
{
	enum status status = file_write_here(file, from, out_count);
	file_tell(file, true, *out_count);
	return status;
}

enum status file_read_at(struct file *file, struct transfer *to, uint64_t offset, size_t *out_count)
{
	enum status status = file_read_there(file, to, offset, out_count);
	file_tell(file, false, *out_count);
	return status;
}

enum status file_write_at(struct file *file, struct transfer *from, uint64_t offset,
                          size_t *out_count)
{
	enum status status = file_write_there(file, from, offset, out_count);
	file_tell(file, true, *out_count);
	return status;
}

enum { FILE_SEEK_START, FILE_SEEK_CURRENT, FILE_SEEK_END, FILE_SEEK_DATA, FILE_SEEK_HOLE };

/* Every byte is data, and a hole begins at the end. */
static enum status file_find_plain(struct file *file, uint64_t offset, bool is_hole,
                                   uint64_t *out_offset)
{
	uint64_t size = file->ops->size(file);
	*out_offset = is_hole ? size : offset;
	return offset < size ? OK : ERR_NO_DEVICE_ADDRESS;
}

static enum status file_seek_data(struct file *file, int64_t offset, bool is_hole,
                                  uint64_t *out_offset)
{
	if (offset < 0)
		return ERR_NO_DEVICE_ADDRESS;
	TRY((file->ops->seek_data ? file->ops->seek_data : file_find_plain)(file, (uint64_t)offset,
	                                                                    is_hole, out_offset));
	file_set_offset(file, *out_offset);
	return OK;
}

enum status file_seek(struct file *file, int64_t offset, uint32_t whence, uint64_t *out_offset)
{
	if (!file->ops->size)
		return ERR_NOT_SEEKABLE;
	if (whence == FILE_SEEK_DATA || whence == FILE_SEEK_HOLE)
		return file_seek_data(file, offset, whence == FILE_SEEK_HOLE, out_offset);
	uint64_t size = file->ops->size(file);
	spinlock_acquire(&file->lock);
	int64_t base = whence == FILE_SEEK_CURRENT ? (int64_t)file->offset
	               : whence == FILE_SEEK_END   ? (int64_t)size
	                                           : 0;
	int64_t target;
	bool ok = whence <= FILE_SEEK_END && !__builtin_add_overflow(base, offset, &target) &&
	          target >= 0;
	if (ok)
		*out_offset = file->offset = (uint64_t)target;
	spinlock_release(&file->lock);
	return ok ? OK : ERR_INVALID_ARGS;
}

enum status file_control(struct file *file, uint32_t request, uintptr_t argument,
                         int64_t *out_value)
{
	if (!file->ops->control)
		return ERR_NOT_TERMINAL;
	return file->ops->control(file, request, argument, out_value);
}
