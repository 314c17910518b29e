#include "image/image.h"
#include "image/gpt.h"
#include "image/redo.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MEBIBYTE = 1 << 20,
	VOLUME_CLUSTER_BYTES = 32 * 1024,
	VOLUME_MIB_MIN = 128,
	VOLUME_MIB_SPARE = 64,
};

static const struct str extents_path = STR_INIT(IMAGE_EXTENTS_PATH);

static int disk_add(const struct image_request *r, const struct fat_layout *layout,
                    struct image_pieces *pieces, struct text *why)
{
	uint64_t end = GPT_ALIGN_SECTORS + (uint64_t)layout->total_sectors;
	end = (end + GPT_ALIGN_SECTORS - 1) / GPT_ALIGN_SECTORS * GPT_ALIGN_SECTORS;
	uint64_t sectors = gpt_disk_sectors(end);
	struct guid space = guid_derive(&guid_namespace, r->identity);
	struct guid disk = guid_derive(&space, STR("disk"));
	struct gpt_partition partition = {
	        .type = guid_efi_system,
	        .id = guid_derive(&space, STR("EFI system partition")),
	        .first = GPT_ALIGN_SECTORS,
	        .end = end,
	        .name = STR("EFI system partition"),
	};
	struct gpt_bytes *gpt = ARENA_NEW(pieces->arena, struct gpt_bytes);
	TRY(gpt_fill(sectors, &disk, &partition, 1, gpt, why));
	pieces->total_bytes = sectors * GPT_SECTOR_BYTES;
	image_pieces_add_bytes(pieces, 0, gpt->first, sizeof gpt->first);
	image_pieces_add_bytes(pieces, pieces->total_bytes - sizeof gpt->last, gpt->last,
	                       sizeof gpt->last);
	return fat_add_pieces(layout, pieces, why);
}

static uint64_t volume_minimum(const struct image_files *files)
{
	uint64_t bytes = (uint64_t)VOLUME_MIB_SPARE * MEBIBYTE;
	for (size_t i = 0; i < files->count; i++)
		bytes += 2 * files->items[i].size;
	uint64_t minimum = (uint64_t)VOLUME_MIB_MIN * MEBIBYTE;
	if (bytes < minimum)
		bytes = minimum;
	return (bytes + MEBIBYTE - 1) / MEBIBYTE * MEBIBYTE;
}

int image_plan_pieces(const struct image_request *request, struct image_pieces *pieces,
                      struct text *why)
{
	bool is_disk = request->format == IMAGE_DISK;
	struct fat_request *fat = ARENA_NEW(pieces->arena, struct fat_request);
	*fat = (struct fat_request){
	        .files = &request->files,
	        .label = request->label,
	        .id = IMAGE_VOLUME_ID,
	        .slack_percent = request->slack_percent,
	        .epoch = request->epoch,
	        .cluster_bytes = is_disk ? 0 : VOLUME_CLUSTER_BYTES,
	        .minimum_bytes = is_disk ? 0 : volume_minimum(&request->files),
	        .start_bytes = is_disk ? GPT_ALIGN_SECTORS * GPT_SECTOR_BYTES : 0,
	        .extents_path = extents_path,
	};
	struct fat_layout layout;
	TRY(fat_plan(pieces->arena, fat, &layout, why));
	if (is_disk) {
		TRY(disk_add(request, &layout, pieces, why));
	} else {
		pieces->total_bytes = fat_volume_bytes(&layout);
		TRY(fat_add_pieces(&layout, pieces, why));
	}
	image_pieces_sort(pieces);
	return 0;
}

int image_write_new(const struct image_pieces *pieces, const char *out, struct digest *out_digests,
                    struct text *why)
{
	int fd = open(out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		int error = errno;
		text_addf(why, "cannot write %s: %s", out, strerror(error));
		return error;
	}
	int error = image_pieces_write(pieces, fd, out_digests, why);
	if (close(fd) < 0 && !error) {
		error = errno;
		text_addf(why, "cannot write %s: %s", out, strerror(error));
	}
	return error;
}

int image_write(const struct image_request *request, const char *out, struct text *why)
{
	struct image_pieces pieces = {.arena = why->arena};
	TRY(image_plan_pieces(request, &pieces, why));
	return image_write_new(&pieces, out, NULL, why);
}

/* The file in private memory, finished there when an update was killed while it wrote. */
static int file_map(const char *path, int fd, struct str *out_bytes, struct text *why)
{
	struct stat status;
	struct redo redo;
	int error = fd < 0 || flock(fd, LOCK_SH) < 0 || fstat(fd, &status) < 0 ? errno : 0;
	void *bytes = MAP_FAILED;
	if (!error && status.st_size == 0)
		error = EBADMSG;
	if (!error) {
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE,
		             MAP_PRIVATE | MAP_NORESERVE, fd, 0);
		error = bytes == MAP_FAILED ? errno : 0;
	}
	if (error) {
		text_addf(why, "cannot read %s: %s", path, strerror(error));
		return error;
	}
	*out_bytes = (struct str){bytes, (size_t)status.st_size};
	error = redo_load(why->arena, path, fd, &redo, why);
	if (!error)
		redo_apply_in_memory(&redo, bytes);
	return error;
}

/* Where the FAT volume lies: the first EFI system partition, or the whole. */
static int volume_find(struct str disk, struct str *out_volume, struct text *why)
{
	struct gpt_table table;
	struct text reason = {.arena = why->arena};
	int error = gpt_read(why->arena, disk, &table, &reason);
	if (error == ENOENT) {
		*out_volume = disk;
		return 0;
	}
	if (error) {
		text_add(why, text_str(&reason));
		return error;
	}
	for (size_t i = 0; i < table.count; i++) {
		const struct gpt_partition *p = &table.partitions[i];
		if (!guid_equal(&p->type, &guid_efi_system))
			continue;
		*out_volume =
		        str_slice(disk, p->first * GPT_SECTOR_BYTES, p->end * GPT_SECTOR_BYTES);
		return 0;
	}
	text_addf(why, "no EFI system partition");
	return EBADMSG;
}

int image_open(const char *path, struct image *out_image, struct text *why)
{
	struct image image = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
	struct text reason = {.arena = why->arena};
	struct str volume;
	int error = file_map(path, image.fd, &image.disk, why);
	if (error) {
		image_close(&image);
		return error;
	}
	error = volume_find(image.disk, &volume, &reason);
	if (!error)
		error = fat_open(volume, &image.volume, &reason);
	if (error) {
		text_addf(why, "%s: %.*s", path, STR_ARG(text_str(&reason)));
		image_close(&image);
		return error;
	}
	image.volume_start = (uint64_t)(volume.ptr - image.disk.ptr);
	*out_image = image;
	return 0;
}

void image_close(struct image *image)
{
	if (image->disk.len)
		munmap((void *)(uintptr_t)image->disk.ptr, image->disk.len);
	if (image->fd >= 0)
		close(image->fd);
	*image = (struct image){.fd = -1};
}

int image_extract(struct arena *a, const struct image *image, struct str path,
                  struct str *out_content, struct text *why)
{
	return fat_read(a, &image->volume, path, out_content, why);
}
