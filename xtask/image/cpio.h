/*
 * Writer of cpio archives in "newc" format (cpio(5), "New ASCII Format").
 *
 * Entries in byte order of their paths, each folder before what lies in it; uid and gid 0,
 * one link, inode numbers from 1, mtime = epoch. Mode 0755 for folders and for files that begin
 * with the ELF magic or "#!", else 0644: a function of the content, not of the host's mode bits.
 * File data begins at a multiple of 4 in the archive. No file can be named "TRAILER!!!".
 */
#pragma once

#include "image/file_list.h"

/*
 * Writes out (made or cut off; the caller renames). files: prepared. epoch: seconds since 1970,
 * at most 32 bits. 0, or an errno value after adding what is wrong to why.
 */
[[nodiscard]] int cpio_write(const struct image_files *files, uint64_t epoch, const char *out,
                             struct text *why);
