/*
 * The boot image: a disk with an EFI system partition and, for packages that need it, the package
 * volume; or a bare FAT volume.
 *
 * IMAGE_DISK: GPT, the partition at 1 MiB, layout as image/fat.h says; disk and partition GUIDs are
 * derived from identity. The package volume has the next partition; in a bare FAT volume it is a
 * file. IMAGE_VOLUME: no partition table, 32 KiB clusters, max(128 MiB, 2 * payload + 64 MiB)
 * rounded up to 1 MiB (contract section 4.3). Both carry
 * system/registry/kernel/root-file-extents.tsv. A pure function of paths, contents, label, slack,
 * epoch and identity.
 */
#pragma once

#include "image/fat/reader.h"

enum image_format { IMAGE_DISK, IMAGE_VOLUME };

#define IMAGE_EXTENTS_PATH "system/registry/kernel/root-file-extents.tsv"
/* What lists of files call the package volume; no file of a FAT volume can have that name. */
#define IMAGE_PACKAGES_NAME ":packages"
/* Where it lies, in one piece, in a bare FAT volume. */
#define IMAGE_PACKAGES_PATH "system/boot/packages.erofs"
enum { IMAGE_VOLUME_ID = 0x52555354 }; /* "RUST" */

struct image_request {
	enum image_format format;
	struct image_files files; /* prepared */
	struct image_file packages; /* the package volume, whole mebibytes; no host: none */
	struct str label; /* FAT volume label */
	uint32_t slack_percent;
	uint64_t epoch; /* seconds since 1970 */
	struct str identity; /* what the GUIDs are derived from: the product's name */
};

/* Takes the sizes of files and of the package volume, and numbers them. */
[[nodiscard]] int image_measure(struct image_request *request, struct text *why);

/* Writes out (made or cut off; the caller renames). Sparse where nothing lies. */
[[nodiscard]] int image_write(const struct image_request *request, const char *out,
                              struct text *why);

/* The pieces of that image; request must live as long as they do. */
[[nodiscard]] int image_plan_pieces(const struct image_request *request,
                                    struct image_pieces *pieces, struct text *why);
/* Writes pieces to a file that is made or cut off. out_digests as for image_pieces_write. */
[[nodiscard]] int image_write_new(const struct image_pieces *pieces, const char *out,
                                  struct digest *out_digests, struct text *why);

/*
 * An image opened for reading: mapped, whole (image/redo.h), locked against changes until
 * image_close.
 */
struct image {
	int fd;
	struct str disk; /* the whole file */
	uint64_t volume_start; /* bytes */
	struct fat_volume volume;
	uint64_t packages_start; /* bytes; 0: no package volume */
	struct str packages;
	bool packages_is_file; /* IMAGE_PACKAGES_PATH */
};

/* A disk's first EFI system partition, or a bare volume. */
[[nodiscard]] int image_open(const char *path, struct image *out_image, struct text *why);
void image_close(struct image *image);
/* One file's content by its path in the volume. */
[[nodiscard]] int image_extract(struct arena *a, const struct image *image, struct str path,
                                struct str *out_content, struct text *why);
