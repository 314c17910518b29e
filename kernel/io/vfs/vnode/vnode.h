/*
 * Vnodes: the files that the kernel knows, by the name that vfsd gave them for ever.
 *
 * One for each file that is open, mapped, a working directory, or whose bytes are the kernel's. A
 * hold is what vfsd counted when it answered an open: with the last user the kernel gives its holds
 * back, from a thread of its own, so that nobody who closes a file waits. Inside kernel/io only.
 */
#pragma once

#include "io/vfs/file_locks.h"
#include "ps/api.h"
#include <abi/vfs.h>

struct pipe;

struct vnode {
	/* set at creation, then constant */
	struct vfs_node node; /* all 0: a file without a name */
	uint32_t content; /* VFS_CONTENT_* */
	uint64_t device; /* st_rdev */
	struct vm_object *pages; /* the page cache, owned; NULL: no bytes that are kept */

	/* guarded by the lock of its bucket */
	struct list link; /* in the bucket, unless is_gone */
	uint64_t users; /* open files, mappings, and who works with it */
	uint64_t holds;
	uint64_t forgets; /* holds to give back */
	bool is_kept; /* its bytes are the file: it stays without users */
	bool is_gone; /* no longer found by its name: freed with its last user */
	bool tells_end; /* has no name any more: its last user is told of */
	bool is_queued; /* in the queue of those with forgets */
	struct list forget_link; /* guarded by the queue's lock */

	int32_t writers; /* atomic; open files that write it; below 0: processes that run it */
	uint32_t mode; /* atomic; rights as vfsd told them last, where the bytes can be written */

	/* of a file whose bytes are the kernel's, and the size of others; atomic each */
	uint64_t size;
	int64_t modify_ns;
	int64_t change_ns;
	bool is_mapped_for_writing; /* once was: bytes behind the end may not be zero */

	/* of a file on a volume that is written (write_back.h) */
	uint64_t stored_size; /* atomic; what vfsd has of it */
	uint32_t write_errors; /* atomic; how often writing back failed */
	enum status write_error; /* the latest; written before it is counted */
	bool is_changed; /* in the list of changed files; atomic */
	struct list changed_link;

	struct sleep_lock changing; /* held while bytes and size change together */
	struct file_locks locks;

	struct sleep_lock fifo_lock;
	struct pipe *fifo; /* guarded by it; of a FIFO with ends open */
};

/* Before the first file. ERR_NO_MEMORY. */
enum status vnodes_init(void);

/*
 * The vnode of what vfsd answered, with a user for the caller. with_hold: the answer gave a hold,
 * which the vnode takes, also when this fails. ERR_NO_MEMORY; ERR_NO_SPACE.
 */
enum status vnode_get(const struct vfs_facts *facts, bool with_hold, struct vnode **out_vnode);
/* The vnode of a file that the kernel knows, with a user for the caller; NULL: it does not. */
struct vnode *vnode_of_node(const struct vfs_node *node);
/* A file of the kernel's own bytes that has no name. */
enum status vnode_create_unnamed(struct vnode **out_vnode);
struct vnode *vnode_ref(struct vnode *vnode);
/* More than these? */
bool vnode_has_users(struct vnode *vnode, uint64_t count);
/* Accepts NULL. Never sleeps. */
void vnode_unref(struct vnode *vnode);
/* A file has lost its last name: whether somebody has it still, whose end with it will be told of.
 */
bool vnode_tell_end(const struct vfs_node *node);
/* One more open file that writes it. ERR_TEXT_BUSY: it runs as a program. */
enum status vnode_begin_writing(struct vnode *vnode);
void vnode_end_writing(struct vnode *vnode);
/* One more process that runs it. ERR_TEXT_BUSY: somebody writes it. */
enum status vnode_begin_running(struct vnode *vnode);
void vnode_end_running(struct vnode *vnode);
/* It stays, until vfsd says that the file is no more. */
void vnode_keep(struct vnode *vnode);
/* Size, blocks and times that the kernel knows better. */
void vnode_mix_facts(struct vfs_facts *facts);

static inline bool vnode_is(const struct vnode *vnode, uint32_t type)
{
	enum { VNODE_TYPE = 0170000 };
	return (vnode->mode & VNODE_TYPE) == type;
}

/* What its bytes are charged to, and how much of it is left. */
struct memory_account *vnode_account(void);
/* The same for what is read of volumes, and can be had again: without a limit. */
struct memory_account *vnode_cache_account(void);

/* Before a file has a name: what happens when it is closed. */
void vfs_install(void);

/* A vnode with forgets, taken out of the queue; NULL: none. Sleeps until there is one when wait. */
struct vnode *vnode_next_forget(bool wait, struct vfs_node *out_node, uint64_t *out_count);
/* Done with it; the vnode may be freed. */
void vnode_end_forget(struct vnode *vnode);
