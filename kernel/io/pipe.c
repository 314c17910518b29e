/* Pipes: two files over one ring. A write of up to PIPE_ATOMIC bytes is never split. */
#include "core/api.h"
#include "io/api.h"
#include "io/pipe_ring.h"
#include <base/cleanup.h>

enum { PIPE_ATOMIC = 4096, PIPE_MODE = 010600 };

struct pipe_end {
	struct file file;
	struct readiness readiness;
	struct pipe *pipe;
};

struct pipe {
	uint64_t inode;
	struct sleep_lock lock;
	/* guarded by lock */
	struct pipe_ring ring;
	struct pipe_end *reader; /* NULL: closed */
	struct pipe_end *writer;
};

static struct pipe_end *pipe_end_of(struct file *file)
{
	return container_of(file, struct pipe_end, file);
}

/* The words of both ends, and who is told. The lock is held. */
static void pipe_tell(struct pipe *pipe)
{
	size_t count = pipe->ring.count;
	uint32_t in = count ? READY_IN : 0;
	uint32_t out = PIPE_BYTES - count >= PIPE_ATOMIC ? READY_OUT : 0;
	in |= pipe->writer ? 0 : READY_HANGUP;
	out |= pipe->reader ? 0 : READY_ERROR | READY_OUT;
	if (pipe->reader)
		readiness_set(&pipe->reader->readiness, in, in);
	if (pipe->writer)
		readiness_set(&pipe->writer->readiness, out, out);
}

static enum status pipe_copy_out(struct pipe *pipe, struct transfer *to, size_t *out_count)
{
	while (to->left && pipe->ring.count) {
		struct str piece = pipe_ring_readable(&pipe->ring);
		size_t len = piece.len < to->left ? piece.len : to->left;
		TRY(transfer_to_user(to, piece.ptr, len));
		pipe_ring_consume(&pipe->ring, len);
		*out_count += len;
	}
	return OK;
}

static enum status pipe_read(struct file *file, struct transfer *to, size_t *out_count)
{
	struct pipe *pipe = pipe_end_of(file)->pipe;
	enum status status = OK;
	if (!to->left)
		return OK;
	sleep_lock_acquire(&pipe->lock);
	if (pipe->ring.count) {
		status = pipe_copy_out(pipe, to, out_count);
		pipe_tell(pipe);
	} else if (pipe->writer) {
		status = ERR_TRY_AGAIN;
	}
	sleep_lock_release(&pipe->lock);
	return *out_count ? OK : status;
}

static enum status pipe_copy_in(struct pipe *pipe, struct transfer *from, size_t *out_count)
{
	while (from->left) {
		struct pipe_space space;
		TRY(pipe_ring_writable(&pipe->ring, &space));
		size_t len = space.len < from->left ? space.len : from->left;
		if (!len)
			return *out_count ? OK : ERR_TRY_AGAIN;
		TRY(transfer_from_user(from, space.at, len));
		pipe_ring_produce(&pipe->ring, len);
		*out_count += len;
	}
	return OK;
}

static enum status pipe_write(struct file *file, struct transfer *from, size_t *out_count)
{
	struct pipe *pipe = pipe_end_of(file)->pipe;
	enum status status;
	sleep_lock_acquire(&pipe->lock);
	size_t room = PIPE_BYTES - pipe->ring.count;
	if (!pipe->reader)
		status = ERR_BROKEN_PIPE;
	else if (from->left > room && from->left <= PIPE_ATOMIC)
		status = ERR_TRY_AGAIN;
	else
		status = pipe_copy_in(pipe, from, out_count);
	if (*out_count)
		pipe_tell(pipe);
	sleep_lock_release(&pipe->lock);
	return *out_count ? OK : status;
}

static enum status pipe_control(struct file *file, uint32_t request, uintptr_t argument, int64_t *)
{
	enum { CONTROL_BYTES_READY = 0x541b };
	struct pipe *pipe = pipe_end_of(file)->pipe;
	if (request != CONTROL_BYTES_READY)
		return ERR_NOT_TERMINAL;
	sleep_lock_acquire(&pipe->lock);
	int32_t count = (int32_t)pipe->ring.count;
	sleep_lock_release(&pipe->lock);
	return user_copy_out((struct user_out){argument, sizeof count}, &count);
}

static void pipe_describe(struct file *file, struct file_facts *out_facts)
{
	*out_facts = (struct file_facts){
	        .mode = PIPE_MODE,
	        .inode = pipe_end_of(file)->pipe->inode,
	        .block_bytes = PAGE_SIZE,
	};
}

static void pipe_release(struct file *file)
{
	struct pipe_end *end = pipe_end_of(file);
	struct pipe *pipe = end->pipe;
	sleep_lock_acquire(&pipe->lock);
	if (pipe->reader == end)
		pipe->reader = NULL;
	else
		pipe->writer = NULL;
	bool is_last = !pipe->reader && !pipe->writer;
	pipe_tell(pipe);
	sleep_lock_release(&pipe->lock);
	heap_free(end, sizeof *end);
	if (!is_last)
		return;
	pipe_ring_release(&pipe->ring);
	heap_free(pipe, sizeof *pipe);
}

static const struct file_ops pipe_ops = {
        .name = "pipe",
        .read = pipe_read,
        .write = pipe_write,
        .control = pipe_control,
        .describe = pipe_describe,
        .release = pipe_release,
};

static struct pipe_end *pipe_end_new(struct pipe *pipe, uint32_t flags, uint32_t word)
{
	struct pipe_end *end = HEAP_NEW(struct pipe_end);
	if (!end)
		return NULL;
	end->pipe = pipe;
	readiness_init(&end->readiness, word);
	file_init(&end->file, &pipe_ops, &end->readiness, flags);
	return end;
}

enum status pipe_create(uint32_t flags, struct file **out_reader, struct file **out_writer)
{
	static uint64_t last_inode; /* atomic */
	struct pipe *pipe = HEAP_NEW(struct pipe);
	if (!pipe)
		return ERR_NO_MEMORY;
	sleep_lock_init(&pipe->lock);
	pipe->inode = __atomic_add_fetch(&last_inode, 1, __ATOMIC_RELAXED);
	pipe->reader = pipe_end_new(pipe, flags | FILE_READ_ONLY, 0);
	pipe->writer = pipe_end_new(pipe, flags | FILE_WRITE_ONLY, READY_OUT);
	if (!pipe->reader || !pipe->writer) {
		heap_free(pipe->reader, sizeof *pipe->reader);
		heap_free(pipe->writer, sizeof *pipe->writer);
		heap_free(pipe, sizeof *pipe);
		return ERR_NO_MEMORY;
	}
	*out_reader = &pipe->reader->file;
	*out_writer = &pipe->writer->file;
	return OK;
}
