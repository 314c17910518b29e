/*
 * The page cache: one memory object for each file with bytes.
 *
 * read, write and mmap hit it without asking anybody; a page that is not there comes from vfsd, by
 * a call of whoever needs it, with no lock held. Inside kernel/io only.
 */
#pragma once

#include "ps/api.h"

struct vnode;

/* The object of a new vnode, if its content has one. ERR_NO_MEMORY. */
enum status page_cache_create(struct vnode *vnode);
/* The vnode and its pages stay for a while after its last user. */
void page_cache_remember(struct vnode *vnode);
/* Nothing is remembered any more. */
void page_cache_drain(void);

/* From offset on; less at the end of the file. ERR_IO: the volume's fault. */
enum status page_cache_read(struct vnode *vnode, struct transfer *to, uint64_t offset,
                            size_t *out_count);
/* The same into kernel memory. */
enum status page_cache_copy(struct vnode *vnode, uint64_t offset, void *dst, size_t len,
                            size_t *out_count);
/*
 * Grows the file where needed. ERR_NO_SPACE: files have all the memory that they may;
 * ERR_INVALID_ARGS: beyond what a file can hold. What was written before an error counts.
 */
enum status page_cache_write(struct vnode *vnode, struct transfer *from, uint64_t offset,
                             size_t *out_count);
/* The same at the end, wherever it is. */
enum status page_cache_append(struct vnode *vnode, struct transfer *from, uint64_t *out_offset,
                              size_t *out_count);
/* ERR_FILE_TOO_BIG. */
enum status page_cache_resize(struct vnode *vnode, uint64_t size);
/*
 * Where the next data, or the next hole, begins from offset on; what a volume has counts as data.
 * ERR_NO_DEVICE_ADDRESS: behind the end, or no data up to there.
 */
enum status page_cache_seek(struct vnode *vnode, uint64_t offset, bool is_hole,
                            uint64_t *out_offset);
/* A range of a file in memory is zero again, and takes no room where it covers pages. */
enum status page_cache_punch(struct vnode *vnode, uint64_t offset, uint64_t len);
/* Makes the pages of a range, so that writing them cannot fail; grows the file unless keep_size. */
enum status page_cache_reserve(struct vnode *vnode, uint64_t offset, uint64_t len, bool keep_size);
