/* Linux calls that copy from one file to another within the kernel. */
#include "compat/linux/file/path.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>

enum { LINUX_COPY_BYTES = 16 * 1024 };

struct linux_copy {
	struct file *from, *to;
	uint64_t from_offset;
	uint64_t to_offset;
	bool to_place; /* at to_offset, not at the file's own */
	char *bytes; /* LINUX_COPY_BYTES */
};

static enum status linux_copy_read(struct linux_copy *copy, size_t len, size_t *out_count)
{
	struct transfer transfer;
	transfer_init_kernel(&transfer, copy->bytes, len);
	return file_read_at(copy->from, &transfer, copy->from_offset, out_count);
}

static enum status linux_copy_write(struct linux_copy *copy, size_t len, size_t *out_count)
{
	struct transfer transfer;
	transfer_init_kernel(&transfer, copy->bytes, len);
	if (copy->to_place)
		return file_write_at(copy->to, &transfer, copy->to_offset, out_count);
	return file_write(copy->to, &transfer, out_count);
}

/* The count, or why nothing was copied. */
static int64_t linux_copy_run(struct linux_copy *copy, uint64_t length)
{
	uint64_t done = 0;
	enum status status = OK;
	while (done < length) {
		uint64_t left = length - done;
		size_t part = left < LINUX_COPY_BYTES ? (size_t)left : LINUX_COPY_BYTES;
		size_t got = 0, put = 0;
		status = linux_copy_read(copy, part, &got);
		if (status != OK || !got)
			break;
		status = linux_copy_write(copy, got, &put);
		copy->from_offset += put;
		copy->to_offset += put;
		done += put;
		if (status != OK || put < got)
			break;
		thread_offer_cpu();
	}
	return done || status == OK ? (int64_t)done : status;
}

static int64_t linux_copy_with_buffer(struct linux_copy *copy, uint64_t length)
{
	if (length > TRANSFER_MAX)
		length = TRANSFER_MAX;
	copy->bytes = heap_alloc(LINUX_COPY_BYTES);
	if (!copy->bytes)
		return ERR_NO_MEMORY;
	int64_t result = linux_copy_run(copy, length);
	heap_free(copy->bytes, LINUX_COPY_BYTES);
	return result;
}

/* Where to begin: at address, or where the file stands. */
static enum status linux_copy_begin(struct file *file, uintptr_t address, uint64_t *out_offset)
{
	enum { SEEK_FROM_CURRENT = 1 };
	if (!address)
		return file_seek(file, 0, SEEK_FROM_CURRENT, out_offset);
	TRY(user_copy_in(out_offset, (struct user_in){address, sizeof *out_offset}));
	return *out_offset > INT64_MAX ? ERR_INVALID_ARGS : OK;
}

static enum status linux_copy_end(struct file *file, uintptr_t address, uint64_t offset)
{
	uint64_t place;
	if (!address)
		return file_seek(file, (int64_t)offset, 0, &place);
	return user_copy_out((struct user_out){address, sizeof offset}, &offset);
}

int64_t linux_sendfile(int32_t to, int32_t from, uintptr_t offset, uint64_t length)
{
	LINUX_FILE in = NULL;
	LINUX_FILE out = NULL;
	TRY(linux_file_get(from, &in));
	TRY(linux_file_get(to, &out));
	struct linux_copy copy = {.from = in, .to = out};
	if (!file_may_read(in) || !file_may_write(out))
		return ERR_BAD_HANDLE;
	if (!in->ops->read_at || out->flags & FILE_APPEND)
		return ERR_INVALID_ARGS;
	TRY(linux_copy_begin(in, offset, &copy.from_offset));
	int64_t result = linux_copy_with_buffer(&copy, length);
	if (result > 0)
		TRY(linux_copy_end(in, offset, copy.from_offset));
	return result;
}

int64_t linux_copy_file_range(int32_t from, uintptr_t from_offset, int32_t to, uintptr_t to_offset,
                              uint64_t length, uint32_t flags)
{
	LINUX_FILE in = NULL;
	LINUX_FILE out = NULL;
	TRY(linux_file_get(from, &in));
	TRY(linux_file_get(to, &out));
	struct linux_copy copy = {.from = in, .to = out, .to_place = true};
	if (!file_may_read(in) || !file_may_write(out) || out->flags & FILE_APPEND)
		return ERR_BAD_HANDLE;
	if (flags || !in->ops->map || !out->ops->map)
		return ERR_INVALID_ARGS;
	TRY(linux_copy_begin(in, from_offset, &copy.from_offset));
	TRY(linux_copy_begin(out, to_offset, &copy.to_offset));
	uint64_t a = copy.from_offset, b = copy.to_offset, gap = a < b ? b - a : a - b;
	if (in->vnode == out->vnode && gap < length)
		return ERR_INVALID_ARGS;
	int64_t result = linux_copy_with_buffer(&copy, length);
	if (result > 0) {
		TRY(linux_copy_end(in, from_offset, copy.from_offset));
		TRY(linux_copy_end(out, to_offset, copy.to_offset));
	}
	return result;
}

/* Advice that nothing has to follow. Linux include/uapi/linux/fadvise.h */
int64_t linux_fadvise64(int32_t descriptor, int64_t, int64_t length, uint32_t advice)
{
	enum { FADVICE_LAST = 5 };
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	if (!file->ops->size)
		return ERR_NOT_SEEKABLE;
	return length < 0 || advice > FADVICE_LAST ? ERR_INVALID_ARGS : OK;
}
