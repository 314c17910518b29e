/*
 * Data volumes: ext3 volumes (libs/ext) that are read and written.
 *
 * Their files are not in the tables of the tree: each question goes to the volume. What was done
 * and not brought to the disk lies in memory that the kernel keeps, one piece for each volume: who
 * takes over goes on with it.
 */
#pragma once

#include "vfsd.h"

enum { DATA_MEMORY_BYTES = 4 << 20 };

/* Reached as `beside` was. */
static inline struct place data_place(struct place beside, uint32_t file)
{
	return (struct place){.mount = beside.mount, .volume = beside.volume, .file = file};
}

/* ---- data.c ---- */

/* The data volume with this number; NULL: it is none, or cannot be read. */
struct data_volume *data_of(struct vfs_service *self, uint32_t volume);
/* What a data volume on this device is called, perhaps nothing. False: there is none. */
bool data_label(struct vfs_service *self, const struct storage_descriptor *device,
                char out_label[VOLUME_LABEL_BYTES + 1]);
/*
 * Opens or, with adopt, goes on with a volume. ERR_BUSY: the device is in use, or there are
 * DATA_VOLUMES_MAX of them. The rest as ext_open.
 */
struct data_request {
	struct storage_descriptor device;
	uint32_t volume;
	unsigned slot; /* to adopt */
	bool adopt, read_only;
};
enum status data_open(struct vfs_service *self, const struct data_request *request,
                      unsigned *out_slot);
/* Everything to the disk, and no more of it. The number is free afterwards. */
enum status data_close(struct vfs_service *self, uint32_t volume);
/* volume 0: all. With `ends` there is nothing to replay afterwards. The first error. */
enum status data_sync(struct vfs_service *self, uint32_t volume, bool ends);
/* Whether a sync would do anything. */
bool data_is_dirty(struct vfs_service *self);
/* Frees the files without names that nobody holds. Once holds are known. */
void data_forget_orphans(struct vfs_service *self);

enum status data_facts(struct vfs_service *self, struct place place, struct vfs_facts *out_facts);
/* ERR_NOT_FOUND: it is not the file that the node names. */
enum status data_of_node(struct vfs_service *self, const struct vfs_node *node,
                         struct place *out_place);
enum status data_child(struct vfs_service *self, struct place directory, struct str name,
                       struct place *out_child);
enum status data_target(struct vfs_service *self, struct place link, struct format_buffer *text);
/* The name of a file in the directory that it was found in, and that directory. */
enum status data_name(struct vfs_service *self, struct place place, struct ext_entry *out_name,
                      struct place *out_directory);
enum status data_statfs(struct vfs_service *self, uint32_t volume, struct vfs_volume_facts *facts);
/* directory: where it was found; all 0: nobody knows. ERR_NO_MEMORY. */
enum status data_hold(struct vfs_service *self, struct place place, struct place directory);
void data_release(struct vfs_service *self, struct place place, uint64_t count);

/* ---- data_names.c ---- */

enum status data_create(struct vfs_service *self, struct place directory,
                        const struct tree_new *new, struct place *out_made);
enum status data_link(struct vfs_service *self, struct place file, struct place directory,
                      const struct tree_new *new);
enum status data_unlink(struct vfs_service *self, struct place directory, struct str name,
                        int64_t now_ns);

struct data_move {
	struct place from, to; /* directories of one volume */
	struct str from_name, to_name;
	bool exchange;
	int64_t now_ns;
};
enum status data_rename(struct vfs_service *self, const struct data_move *move);
/* Whether `directory` is `below` or lies above it. */
bool data_is_above(struct vfs_service *self, struct place directory, struct place below);
/* What a set request changes; facts: those before. */
enum status data_set(struct vfs_service *self, struct place place, const struct vfs_facts *facts,
                     const struct vfs_request *in);
