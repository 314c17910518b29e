/*
 * Redo journal of an image that is changed where it is: `.NAME.redo` beside NAME.
 *
 * It holds every range to be written, and a digest over all of it. Written whole before the image
 * is touched, emptied after; so who finds one that is good finishes the work, and who finds a
 * torn one ignores it: nothing was changed yet. It names the image's inode, so that it never
 * applies to another file that has taken the name. The file stays and is written over by the next
 * update: its blocks are there, so forcing it to the disk forces nothing but its bytes.
 *
 * For a loss of power: the journal and its name are on the disk before the first byte of the image
 * is written, and the image is before the journal is emptied. A journal that comes back though it
 * was emptied says what the image holds, or, after the next update's barrier, is that update's. It
 * is gone from the disk before another image takes the name.
 *
 * Who writes holds flock(LOCK_EX) on the image, who reads LOCK_SH.
 */
#pragma once

#include "os/text.h"

struct redo_range {
	uint64_t offset; /* in the image */
	uint64_t len;
	const uint8_t *bytes; /* NULL: zeros */
};

struct redo {
	struct arena *arena;
	struct redo_range *items; /* ascending, apart from each other */
	size_t count, capacity;
	uint64_t payload_bytes; /* of ranges that are not zeros */
	uint64_t changed_bytes; /* of all ranges */
};

/* Copies bytes; NULL: zeros. Joined to the range before it when they touch. */
void redo_add(struct redo *redo, uint64_t offset, const uint8_t *bytes, size_t len);
/* Writes the journal of the image that fd has open at path, to the disk. */
[[nodiscard]] int redo_save(const struct redo *redo, const char *path, int fd, uint64_t *out_bytes,
                            struct text *why);
/* What a killed update has left to do; count is 0 when there is nothing. */
[[nodiscard]] int redo_load(struct arena *a, const char *path, int fd, struct redo *out_redo,
                            struct text *why);
/* To the image's file, to the disk. Again and again gives the same. */
[[nodiscard]] int redo_apply(const struct redo *redo, int fd, struct text *why);
/* To a copy of the image's bytes. */
void redo_apply_in_memory(const struct redo *redo, uint8_t *image);
/* Says that the image holds it; the file stays for the next one, unless it is large. */
void redo_empty(const char *path);
/* From the disk, too. */
[[nodiscard]] int redo_remove(const char *path);
/* Forces the names in the folder of path to the disk. */
[[nodiscard]] int folder_sync(struct arena *a, const char *path);

/* ".NAME.SUFFIX" beside the image. */
struct str image_side_path(struct arena *a, const char *path, const char *suffix);
/*
 * Finishes what a killed update left at path. Waits for one that is alive. ENOENT when there is no
 * image.
 */
[[nodiscard]] int image_recover(const char *path, struct text *why);
/*
 * The same, for a program that is given the image by name: until *out_fd is closed, updates leave
 * this file alone and make a new one.
 */
[[nodiscard]] int image_hold(const char *path, int *out_fd, struct text *why);
