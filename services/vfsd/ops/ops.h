/* What the operations have in common: names out of a request, a walk, facts into a reply. */
#pragma once

#include "vfsd.h"
#include <rt/vfs_service.h>

/* The first or the second name of a request. ERR_INVALID_ARGS: it is not there whole. */
enum status request_names(const struct vfs_request *in, const struct service_call *call,
                          struct str *out_first, struct str *out_second);

/* Walks the first name of a request; with VFS_EMPTY_PATH and no name: start itself. */
enum status request_walk(struct vfs_service *self, const struct vfs_request *in,
                         struct service_call *call, enum walk_kind kind, struct walked *out_walked);
/* The same, and the file must be there. */
enum status request_place(struct vfs_service *self, const struct vfs_request *in,
                          struct service_call *call, struct place *out_place);

/*
 * Whether a name may be made in a directory, and what a new file there is: its owner, and its
 * group by the directory. ERR_EXISTS, ERR_NOT_FOUND, ERR_ACCESS_DENIED, ERR_READ_ONLY.
 */
enum status request_new(struct vfs_service *self, const struct vfs_request *in,
                        const struct walked *walked, struct tree_new *out_new);

/* ---- names, whatever the directory lies on ---- */

/* A file of a volume that is only read. Those of the boot archive have their names in the tree. */
bool name_is_fixed(const struct vfs_service *self, const struct vfs_facts *facts);
enum status name_create(struct vfs_service *self, struct place directory,
                        const struct tree_new *new, struct place *out_made);
/* Whether mounts need what a walk's last name names (mount_needs). */
bool walked_is_needed(struct vfs_service *self, const struct walked *walked, bool roots);
/* The kernel gives up holds of a file. */
void hold_release(struct vfs_service *self, const struct vfs_node *node, uint64_t count);

/* ---- tell.c: what changed, behind the reply, when VFS_TELL asks for it ---- */

struct telling {
	const struct vfs_request *in;
	struct service_call *call;
};

/* A file has got the name that was walked to. */
void tell_named(struct vfs_service *self, const struct telling *telling,
                const struct walked *walked, const struct vfs_facts *file);
/* It has lost it; its facts are those of before. */
void tell_unnamed(struct vfs_service *self, const struct telling *telling,
                  const struct walked *walked, const struct vfs_facts *file);
void tell_moved(const struct telling *telling, struct vfs_change *change, struct str name,
                struct str new_name);
/* 0: the volume is still to be seen. */
void tell_unmounted(const struct telling *telling, uint32_t volume);

/* ---- ops_data.c ---- */

/* Says in the reply of what changed something whether a sync would do anything. */
void reply_changed(struct vfs_service *self, struct vfs_reply *out);

enum status data_page_in(struct vfs_service *self, struct place place, const struct vfs_request *in,
                         struct service_call *call);
