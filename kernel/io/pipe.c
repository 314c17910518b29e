/* Pipes and FIFOs: files over one ring. A write of up to PIPE_ATOMIC bytes is never split. */
#include "core/api.h"
#include "io/api.h"
#include "io/fifo.h"
#include "io/pipe_ring.h"
#include "io/vfs/vnode/vnode.h"
#include <base/cleanup.h>

enum { PIPE_ATOMIC = 4096, PIPE_MODE = 010600 };

struct pipe_end {
	struct file file;
	struct pipe *pipe;
	bool reads, writes;
	bool was_met; /* when it was opened, the other end was */
	uint64_t met_before; /* other ends that were ever opened by then */
};

struct pipe {
	uint64_t inode;
	struct vnode *vnode; /* of a FIFO, owned; NULL: it has no name */
	struct readiness readable, writable; /* of ends that only read, or only write */
	struct readiness both; /* of those that do both; kept once there was one */
	struct readiness opened; /* READY_IN is told when an end is */
	struct sleep_lock lock;
	/* guarded by lock */
	struct pipe_ring ring;
	uint32_t readers, writers; /* ends */
	bool has_both; /* there was an end that does both */
	uint64_t readers_opened, writers_opened; /* ever */
};

static struct pipe_end *pipe_end_of(struct file *file)
{
	return container_of(file, struct pipe_end, file);
}

/* The words of the ends, and who is told. The lock is held. */
static void pipe_tell(struct pipe *pipe)
{
	size_t count = pipe->ring.count;
	uint32_t in = count ? READY_IN : 0;
	uint32_t out = PIPE_BYTES - count >= PIPE_ATOMIC ? READY_OUT : 0;
	in |= pipe->writers ? 0 : READY_HANGUP;
	out |= pipe->readers ? 0 : READY_ERROR | READY_OUT;
	if (!readiness_stays(&pipe->readable, in))
		readiness_set(&pipe->readable, in, in);
	if (!readiness_stays(&pipe->writable, out))
		readiness_set(&pipe->writable, out, out);
	if (__builtin_expect(pipe->has_both, 0))
		readiness_set(&pipe->both, in | out, in | out);
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
	} else if (pipe->writers) {
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
	if (!pipe->readers)
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

static void pipe_free(struct pipe *pipe)
{
	pipe_ring_release(&pipe->ring);
	vnode_unref(pipe->vnode);
	heap_free(pipe, sizeof *pipe);
}

/* One end less; true: it was the last. */
static bool pipe_leave(struct pipe *pipe, const struct pipe_end *end)
{
	sleep_lock_acquire(&pipe->lock);
	pipe->readers -= end->reads;
	pipe->writers -= end->writes;
	bool is_last = !pipe->readers && !pipe->writers;
	pipe_tell(pipe);
	sleep_lock_release(&pipe->lock);
	return is_last;
}

static void pipe_release(struct file *file)
{
	struct pipe_end *end = pipe_end_of(file);
	struct pipe *pipe = end->pipe;
	struct vnode *vnode = pipe->vnode;
	if (vnode)
		sleep_lock_acquire(&vnode->fifo_lock);
	bool is_last = pipe_leave(pipe, end);
	if (vnode && is_last)
		vnode->fifo = NULL;
	if (vnode)
		sleep_lock_release(&vnode->fifo_lock);
	heap_free(end, sizeof *end);
	if (is_last)
		pipe_free(pipe);
}

static const struct file_ops pipe_ops = {
        .name = "pipe",
        .read = pipe_read,
        .write = pipe_write,
        .control = pipe_control,
        .describe = pipe_describe,
        .release = pipe_release,
};

/* Takes a user of vnode when there is one. */
static struct pipe *pipe_new(struct vnode *vnode)
{
	static uint64_t last_inode; /* atomic */
	struct pipe *pipe = HEAP_NEW(struct pipe);
	if (!pipe)
		return NULL;
	sleep_lock_init(&pipe->lock);
	pipe_ring_init(&pipe->ring, process_account());
	readiness_init(&pipe->readable, 0);
	readiness_init(&pipe->writable, 0);
	readiness_init(&pipe->both, 0);
	readiness_init(&pipe->opened, 0);
	pipe->vnode = vnode;
	pipe->inode = __atomic_add_fetch(&last_inode, 1, __ATOMIC_RELAXED);
	return pipe;
}

/* One end more. ERR_NO_MEMORY. */
static enum status pipe_join(struct pipe *pipe, uint32_t flags, struct file **out_file)
{
	uint32_t access = flags & FILE_ACCESS_MASK;
	struct pipe_end *end = HEAP_NEW(struct pipe_end);
	if (!end)
		return ERR_NO_MEMORY;
	end->pipe = pipe;
	end->reads = access != FILE_WRITE_ONLY;
	end->writes = access != FILE_READ_ONLY;
	struct readiness *readiness = end->reads && end->writes ? &pipe->both
	                              : end->reads              ? &pipe->readable
	                                                        : &pipe->writable;
	file_init(&end->file, &pipe_ops, readiness, flags & (FILE_ACCESS_MASK | FILE_NONBLOCK));
	sleep_lock_acquire(&pipe->lock);
	end->was_met = end->reads ? pipe->writers : pipe->readers;
	end->met_before = end->reads ? pipe->writers_opened : pipe->readers_opened;
	pipe->has_both |= end->reads && end->writes;
	pipe->readers += end->reads;
	pipe->writers += end->writes;
	pipe->readers_opened += end->reads;
	pipe->writers_opened += end->writes;
	pipe_tell(pipe);
	readiness_set(&pipe->opened, 0, READY_IN);
	sleep_lock_release(&pipe->lock);
	*out_file = &end->file;
	return OK;
}

enum status pipe_create(uint32_t flags, struct file **out_reader, struct file **out_writer)
{
	struct pipe *pipe = pipe_new(NULL);
	if (!pipe)
		return ERR_NO_MEMORY;
	enum status status = pipe_join(pipe, flags | FILE_READ_ONLY, out_reader);
	if (status != OK) {
		pipe_free(pipe);
		return status;
	}
	status = pipe_join(pipe, flags | FILE_WRITE_ONLY, out_writer);
	if (status != OK)
		file_unref(*out_reader);
	return status;
}

/* ---- FIFOs ---- */

/* An end of the vnode's pipe, which the first one makes. */
static enum status fifo_join(struct vnode *vnode, uint32_t flags, struct file **out_file)
{
	enum status status = ERR_NO_MEMORY;
	sleep_lock_acquire(&vnode->fifo_lock);
	struct pipe *pipe = vnode->fifo ? vnode->fifo : pipe_new(vnode_ref(vnode));
	if (!pipe)
		vnode_unref(vnode);
	else
		status = pipe_join(pipe, flags, out_file);
	if (status == OK)
		vnode->fifo = pipe;
	else if (pipe && !vnode->fifo)
		pipe_free(pipe);
	sleep_lock_release(&vnode->fifo_lock);
	return status;
}

/* Until somebody has opened the other end, perhaps only for a moment. */
static enum status fifo_wait(const struct pipe_end *end)
{
	struct pipe *pipe = end->pipe;
	const uint64_t *opened = end->reads ? &pipe->writers_opened : &pipe->readers_opened;
	if (end->was_met)
		return OK;
	sleep_lock_acquire(&pipe->lock);
	while (*opened == end->met_before) {
		TRY(task_wait_told(&pipe->opened, &pipe->lock));
		sleep_lock_acquire(&pipe->lock);
	}
	sleep_lock_release(&pipe->lock);
	return OK;
}

enum status fifo_open(struct vnode *vnode, uint32_t flags, struct file **out_file)
{
	struct file *file;
	TRY(fifo_join(vnode, flags, &file));
	const struct pipe_end *end = pipe_end_of(file);
	bool waits = !(flags & FILE_NONBLOCK) && !(end->reads && end->writes);
	enum status status = OK;
	if (waits)
		status = fifo_wait(end);
	else if (!end->reads && !__atomic_load_n(&end->pipe->readers, __ATOMIC_RELAXED))
		status = ERR_NO_DEVICE_ADDRESS;
	if (status == OK)
		*out_file = file;
	else
		file_unref(file);
	return status;
}
