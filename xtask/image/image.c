#include "image/image.h"
#include "image/gpt.h"
#include "image/update/redo.h"
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

/* The partitions, one behind the other; how many. */
static size_t partitions_fill(const struct image_request *r, const struct guid *space,
                              uint64_t sectors, struct gpt_partition partitions[2])
{
	const struct str names[] = {STR("EFI system partition"), STR("packages")};
	uint64_t end = GPT_ALIGN_SECTORS + sectors;
	end = (end + GPT_ALIGN_SECTORS - 1) / GPT_ALIGN_SECTORS * GPT_ALIGN_SECTORS;
	partitions[0] = (struct gpt_partition){
	        .type = guid_efi_system,
	        .id = guid_derive(space, names[0]),
	        .first = GPT_ALIGN_SECTORS,
	        .end = end,
	        .name = names[0],
	};
	partitions[1] = (struct gpt_partition){
	        .type = guid_linux_data,
	        .id = guid_derive(space, names[1]),
	        .first = end,
	        .end = end + r->packages.size / GPT_SECTOR_BYTES,
	        .name = names[1],
	};
	return r->packages.size ? 2 : 1;
}

static int disk_add(const struct image_request *r, const struct fat_layout *layout,
                    struct image_pieces *pieces, struct text *why)
{
	struct guid space = guid_derive(&guid_namespace, r->identity);
	struct guid disk = guid_derive(&space, STR("disk"));
	struct gpt_partition partitions[2];
	size_t count = partitions_fill(r, &space, layout->total_sectors, partitions);
	uint64_t sectors = gpt_disk_sectors(partitions[count - 1].end);
	struct gpt_bytes *gpt = ARENA_NEW(pieces->arena, struct gpt_bytes);
	if (r->packages.size % (GPT_ALIGN_SECTORS * GPT_SECTOR_BYTES)) {
		text_addf(why, "%s is no package volume", r->packages.host.ptr);
		return EINVAL;
	}
	TRY(gpt_fill(sectors, &disk, partitions, count, gpt, why));
	pieces->total_bytes = sectors * GPT_SECTOR_BYTES;
	image_pieces_add_bytes(pieces, 0, gpt->first, sizeof gpt->first);
	image_pieces_add_bytes(pieces, pieces->total_bytes - sizeof gpt->last, gpt->last,
	                       sizeof gpt->last);
	TRY(fat_add_pieces(layout, pieces, why));
	if (count == 1)
		return 0;
	image_pieces_add_file(pieces, partitions[1].first * GPT_SECTOR_BYTES, &r->packages);
	pieces->reserved_bytes = partitions[1].end * GPT_SECTOR_BYTES;
	return 0;
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

static int packages_measure(struct image_request *request, struct text *why)
{
	if (!request->packages.host.len)
		return 0;
	struct image_files one = {.items = &request->packages, .count = 1};
	TRY(image_files_measure(&one, why));
	request->packages.number = request->files.count;
	return 0;
}

int image_measure(struct image_request *request, struct text *why)
{
	TRY(image_files_measure(&request->files, why));
	return packages_measure(request, why);
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
	struct image_request measured = *request;
	TRY(packages_measure(&measured, why));
	TRY(image_plan_pieces(&measured, &pieces, why));
	return image_write_new(&pieces, out, NULL, why);
}

/* The file in private memory, finished there when an update was killed while it wrote. */
static int file_map(const char *path, int fd, struct str *out_bytes, struct text *why)
{
	struct stat status;
	struct redo redo;
	int error = fd < 0 || flock(fd, LOCK_SH) < 0 || fstat(fd, &status) < 0 ? errno : 0;
	void *bytes = MAP_FAILED;
	if (!error && (!S_ISREG(status.st_mode) || status.st_size == 0)) {
		text_addf(why, "%s is %s", path,
		          S_ISDIR(status.st_mode)   ? "a folder"
		          : S_ISREG(status.st_mode) ? "empty"
		                                    : "no ordinary file");
		return EBADMSG;
	}
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

static const struct gpt_partition *partition_find(const struct gpt_table *table,
                                                  const struct guid *type)
{
	for (size_t i = 0; i < table->count; i++)
		if (guid_equal(&table->partitions[i].type, type))
			return &table->partitions[i];
	return NULL;
}

static struct str partition_bytes(struct str disk, const struct gpt_partition *p)
{
	return str_slice(disk, p->first * GPT_SECTOR_BYTES, p->end * GPT_SECTOR_BYTES);
}

/* Where the FAT volume lies: the first EFI system partition, or the whole; and the packages. */
static int volumes_find(struct image *image, struct str *out_volume, struct text *why)
{
	struct gpt_table table;
	struct text reason = {.arena = why->arena};
	int error = gpt_read(why->arena, image->disk, &table, &reason);
	if (error == ENOENT) {
		*out_volume = image->disk;
		return 0;
	}
	if (error) {
		text_add(why, text_str(&reason));
		return error;
	}
	const struct gpt_partition *system = partition_find(&table, &guid_efi_system);
	const struct gpt_partition *packages = partition_find(&table, &guid_linux_data);
	if (!system) {
		text_addf(why, "no EFI system partition");
		return EBADMSG;
	}
	*out_volume = partition_bytes(image->disk, system);
	if (packages) {
		image->packages = partition_bytes(image->disk, packages);
		image->packages_start = packages->first * GPT_SECTOR_BYTES;
	}
	return 0;
}

/* A bare volume's package volume, which lies in one piece. */
static int packages_file_find(struct arena *a, struct image *image, struct text *why)
{
	struct fat_listing listing;
	TRY(fat_list(a, &image->volume, &listing, why));
	for (size_t i = 0; i < listing.count; i++) {
		const struct fat_file *file = &listing.files[i];
		if (!str_equal(file->path, STR(IMAGE_PACKAGES_PATH)) || file->extent_count != 1)
			continue;
		image->packages_is_file = true;
		image->packages_start = file->extents[0].offset;
		image->packages = str_slice(image->disk, file->extents[0].offset,
		                            file->extents[0].offset + file->size);
	}
	return 0;
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
	error = volumes_find(&image, &volume, &reason);
	if (!error)
		error = fat_open(volume, &image.volume, &reason);
	if (!error && volume.ptr == image.disk.ptr)
		error = packages_file_find(why->arena, &image, &reason);
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
