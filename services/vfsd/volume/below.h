/*
 * Volumes below the tree: their files become part of it.
 *
 * A directory with a folder below it takes the folder's names in when it is first looked at; from
 * then on they are names of the tree, and only bytes are asked of the volume. What the tree had
 * stays, but links that yield. Where the tree has a link to a directory and the volume a folder,
 * the folder lies below that directory.
 */
#pragma once

#include "vfsd.h"

/* Puts a folder of a volume below a directory. ERR_IO, ERR_NO_SPACE: of what is below already. */
enum status below_attach(struct vfs_service *self, uint32_t directory, uint32_t volume,
                         uint64_t folder);
/* The directory that a path leads to by names of the tree alone; 0: none. */
uint32_t below_find(struct vfs_service *self, uint32_t directory, struct str path);
/* Where a link in a directory of the tree leads; 0: not to a directory of the tree. */
uint32_t below_leads_to(struct vfs_service *self, uint32_t directory, uint32_t link);
