/* The first tree, and the adoption of one that another vfsd left. */
#pragma once

#include "vfsd.h"
#include <boot_archive/api.h>
#include <registry/api.h>

#define BUILD_TREE_PATH "system/registry/system/tree.tsv"
#define BUILD_LINKS_PATH "system/registry/system/links.tsv"
#define BUILD_ACCESS_PATH "system/registry/system/linux-runtime-access.tsv"

struct build_outcome {
	size_t files, links;
	size_t refused; /* entries of the archive, lines of the registry */
};

/* Once, before the first request. ERR_INVALID_ARGS: the archive is damaged; ERR_NO_SPACE. */
enum status build_tree(struct vfs_service *self, int64_t now_ns, struct build_outcome *out);

struct build_kernel {
	void *context;
	/* As the call vfs_list_nodes: how many records; 0 at the end. */
	size_t (*list)(void *context, uint64_t cookie, struct vfs_held_node *out, size_t capacity);
};

/* The user and the group, one number, of the folder that a line of tree.tsv tells; root's without
 * one. ERR_INVALID_ARGS: it is no number. */
enum status build_owner(const struct registry_record *record, uint32_t *out_owner);

/*
 * What another vfsd left, made to agree with what the kernel holds: files without name and hold
 * go, and so does content whose file is gone.
 */
void build_adopt(struct vfs_service *self, const struct build_kernel *kernel);
