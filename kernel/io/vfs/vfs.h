/*
 * Files by name: vfsd says what a name is (abi/vfs.h), the kernel has the open descriptions and the
 * bytes. Included by io/api.h.
 */
#pragma once

#include "io/vfs/file_locks.h"
#include "ps/api.h"
#include <abi/vfs.h>

/* One question to vfsd, in the name of the calling process. */
struct vfs_call {
	uint32_t operation; /* enum vfs_operation */
	struct vfs_request request; /* caller, root, lengths and time are filled in */
	struct str name, name2;
	const struct process_view *view; /* in whose name; NULL: the calling process's */
	struct str data; /* bytes instead of names */
	void *bytes; /* what follows the reply goes here; kernel memory */
	size_t capacity;
	bool has_head; /* before bytes there is room for the reply: nothing need be copied */
	enum ipc_patience patience;

	/* filled in */
	struct vfs_reply reply; /* zero where nothing came */
	size_t len; /* of bytes */
};

/*
 * What vfsd answers, with the facts that the kernel knows better. ERR_IO: there is no vfsd, or it
 * died with a request that may not be sent again. Before vfsd is there for the first time, the boot
 * archive's files and a few devices have names.
 */
enum status vfs_call(struct vfs_call *call);

/* A path from the working directory of the calling process, or its root; path must outlive the
 * call. */
void vfs_call_from_directory(struct vfs_call *call, struct str path);

/* Before the first process. ERR_NO_MEMORY. */
enum status vfs_init(void);
/* Starts what gives holds back. ERR_NO_MEMORY. */
enum status vfs_start(void);
/* Tells vfsd, in a while. */
void vfs_disk_came(void);
/* Until it has been told of every disk that came. */
void vfs_await_disks(void);
/* Frees what is kept only for speed, and all files: once all processes are gone. */
void vfs_drain(void);
/* The kernel gives up holds that it has no vnode for. */
void vfs_forget(const struct vfs_node *node, uint64_t count, enum ipc_patience patience);

/* ---- open files ---- */

/*
 * Opens what a call to openat, create or chdir has found, whose hold it takes. flags as open has
 * them; FILE_PATH: only a name, that can neither be read nor written. ERR_NO_DEVICE_ADDRESS: nobody
 * is at the other end of a FIFO, or the device is not there.
 */
enum status vfs_open_found(const struct vfs_call *call, uint32_t flags, struct file **out_file);
/* Another open description of the same file. */
enum status vfs_reopen(struct file *file, uint32_t flags, struct file **out_file);
/* Facts of an open file; one without a name describes itself. */
enum status vfs_describe(struct file *file, struct vfs_facts *out_facts);
bool vfs_has_name(const struct file *file);
/* Where a path may begin: a file, and its mount. ERR_NOT_DIRECTORY: it has no name. */
enum status vfs_node_of(const struct file *file, struct vfs_node *out_node, uint16_t *out_mount);
/* A file of memory only, as memfd_create makes it. */
enum status vfs_create_unnamed(uint32_t flags, struct file **out_file);
/*
 * Records of a directory from its offset on, as linux_dirent64; before bytes there is room for a
 * reply of vfsd.
 */
enum status vfs_read_directory(struct file *file, void *bytes, size_t capacity, size_t *out_len);
/* What was read last was the end of the directory: true once, then vfsd is asked again. */
bool vfs_directory_ends(struct file *file);
/* ERR_INVALID_ARGS: it has no bytes; ERR_FILE_TOO_BIG. */
enum status vfs_resize(struct file *file, uint64_t size);
enum status vfs_reserve(struct file *file, uint64_t offset, uint64_t len, bool keep_size);
/* A range reads as zeros and takes no room. ERR_NOT_SUPPORTED: on this volume. */
enum status vfs_punch(struct file *file, uint64_t offset, uint64_t len);
/*
 * What was written to a file is on its disk; ERR_IO: some was not, which each description is told
 * of once. Of files in memory only: nothing.
 */
enum status vfs_sync_file(struct file *file);
/* The same for a file that is mapped. What no volume keeps is there already. */
enum status vfs_sync_node(const struct vfs_node *node);
/* All files; flags: VFS_SYNC_*. */
enum status vfs_sync_all(uint32_t flags, enum ipc_patience patience);
/* Only what vfsd has: the volume of a node, or all. */
enum status vfs_sync_volumes(const struct vfs_node *node, uint32_t flags,
                             enum ipc_patience patience);
/* Nothing of the kernel's stands in the way of taking a mount away. */
void vfs_prepare_unmount(void);
/* NULL: it has no name and no bytes to lock. */
struct file_locks *vfs_locks_of(struct file *file);
/* After a call to set: the times that the kernel keeps for the file. */
void vfs_set_times(const struct vfs_call *call);
/* Free bytes where the kernel has the files. */
void vfs_fill_space(struct vfs_volume_facts *facts);
/* The names of programs to start. */
/* Bytes of files whose content is the kernel's; and of what is kept of volumes. */
uint64_t vfs_content_bytes(void);
uint64_t vfs_cache_bytes(void);
extern const struct name_ops vfs_names;

/* ---- for vfsd ---- */

/* Its content and size are no more. ERR_NOT_FOUND. */
enum status vfs_drop_content(const struct vfs_node *node);
/* How many were written. */
size_t vfs_list_nodes(uint64_t cookie, struct vfs_held_node *out_nodes, size_t capacity);
