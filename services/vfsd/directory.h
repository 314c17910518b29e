/* Directories of the store: names in the order they were made, found by a hash. */
#pragma once

#include "store.h"

enum { DIRECTORY_COOKIE_FIRST = 3 }; /* those before are "." and ".." */

/* Index of the entry; 0: there is none. */
uint32_t directory_find(const struct store *s, uint32_t directory, struct str name);
/* ERR_NO_SPACE. Counts no links. */
enum status directory_insert(struct store *s, uint32_t directory, struct str name, uint32_t inode);
void directory_remove(struct store *s, uint32_t entry);
/* The first entry behind a cookie; 0: none. */
uint32_t directory_after(const struct store *s, uint32_t directory, uint64_t cookie);
/* Some entry of the directory that names inode; 0: none. */
uint32_t directory_name_of(const struct store *s, uint32_t directory, uint32_t inode);
