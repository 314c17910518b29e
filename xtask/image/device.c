#include "image/device.h"
#include "image/update/pieces.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR_BYTES = 512, COMPARE_BYTES = 1 << 20, COMPARE_ALIGN = 4096 };

struct inspection {
	struct arena *arena;
	struct str root;
	struct device *device;
	struct text *why;
};

/* A file of the device's folder, trimmed; empty when there is none. */
static struct str attribute(struct inspection *i, struct str name, const char *file)
{
	struct str content;
	struct str path = str_format(i->arena, "%.*s/sys/class/block/%.*s/%s", STR_ARG(i->root),
	                             STR_ARG(name), file);
	return file_read(i->arena, path.ptr, &content) == 0 ? str_trim(content) : (struct str){};
}

static int refuse(struct inspection *i, const char *reason)
{
	text_addf(i->why, "%.*s %s", STR_ARG(i->device->path), reason);
	return EPERM;
}

/* The device itself and its partitions. */
static struct strs block_names(struct inspection *i)
{
	struct strs names = {};
	struct folder folder;
	struct str path = str_format(i->arena, "%.*s/sys/class/block/%.*s", STR_ARG(i->root),
	                             STR_ARG(i->device->name));
	strs_add(&names, i->arena, i->device->name);
	if (folder_read(i->arena, path.ptr, &folder) != 0)
		return names;
	for (size_t k = 0; k < folder.count; k++)
		if (str_starts_with(folder.entries[k].name, i->device->name))
			strs_add(&names, i->arena, folder.entries[k].name);
	return names;
}

static bool word_contained(struct str text, struct str word)
{
	while (text.len) {
		size_t end = 0;
		while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\n' &&
		       text.ptr[end] != '\t')
			end++;
		if (str_equal(str_slice(text, 0, end), word))
			return true;
		text = str_slice(text, end + 1, text.len);
	}
	return false;
}

/* Mounts are known by their device's number, swap by its path. */
static bool in_use(struct inspection *i, struct str name)
{
	static const char *const tables[] = {"proc/self/mountinfo", "proc/swaps"};
	struct str wanted[] = {attribute(i, name, "dev"),
	                       str_format(i->arena, "/dev/%.*s", STR_ARG(name))};
	for (size_t t = 0; t < COUNT(tables); t++) {
		struct str table;
		struct str path = str_format(i->arena, "%.*s/%s", STR_ARG(i->root), tables[t]);
		if (file_read(i->arena, path.ptr, &table) != 0)
			return true; /* who can't be asked may not be written over */
		for (size_t w = 0; w < COUNT(wanted); w++)
			if (wanted[w].len && word_contained(table, wanted[w]))
				return true;
	}
	struct folder holders;
	struct str path = str_format(i->arena, "%.*s/sys/class/block/%.*s/holders",
	                             STR_ARG(i->root), STR_ARG(name));
	return folder_read(i->arena, path.ptr, &holders) == 0 && holders.count > 0;
}

int device_inspect(struct arena *a, struct str root, struct str path, struct device *out_device,
                   struct text *why)
{
	struct inspection i = {a, root, out_device, why};
	uint64_t sectors;
	*out_device = (struct device){.path = path, .name = path_name(path)};
	if (!str_starts_with(path, STR("/dev/")) ||
	    !str_to_u64(attribute(&i, out_device->name, "size"), &sectors)) {
		text_addf(why, "%.*s is no block device", STR_ARG(path));
		return ENODEV;
	}
	out_device->bytes = sectors * SECTOR_BYTES;
	out_device->model = attribute(&i, out_device->name, "device/model");
	if (attribute(&i, out_device->name, "partition").len)
		return refuse(&i, "is a partition; the image is a whole disk");
	if (!str_equal(attribute(&i, out_device->name, "removable"), STR("1")))
		return refuse(&i, "is a fixed disk; only removable ones are written");
	if (!str_equal(attribute(&i, out_device->name, "ro"), STR("0")))
		return refuse(&i, "is write protected");
	struct strs names = block_names(&i);
	for (size_t k = 0; k < names.count; k++)
		if (in_use(&i, names.items[k]))
			return refuse(&i, "is mounted or in use");
	return 0;
}

/* Past the page cache where the device can do that: what was written, not what was meant. */
static int read_back(struct str image, const char *path, struct text *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT);
	if (fd < 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	char *memory = arena_alloc(why->arena, COMPARE_BYTES + COMPARE_ALIGN);
	char *bytes = memory + (-(uintptr_t)memory & (COMPARE_ALIGN - 1));
	int error = 0;
	for (size_t at = 0; at < image.len && !error;) {
		ssize_t got = pread(fd, bytes, COMPARE_BYTES, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		size_t len = got > 0 ? (size_t)got : 0;
		len = len < image.len - at ? len : image.len - at;
		if (!len || memcmp(bytes, image.ptr + at, len) != 0) {
			text_addf(why, "%s does not hold what was written, near byte %zu", path,
			          at);
			error = EIO;
		}
		at += len;
	}
	close(fd);
	return error;
}

int device_write(struct str image, const char *path, struct text *why)
{
	int fd = open(path, O_WRONLY | O_EXCL | O_CLOEXEC); /* the kernel refuses what is in use */
	int error = fd < 0 ? errno : 0;
	if (!error)
		error = image_put(fd, 0, image.ptr, image.len, why);
	if (!error && fsync(fd) < 0 && errno != EINVAL) /* EINVAL: nothing to force out */
		error = errno;
	if (fd >= 0 && close(fd) < 0 && !error)
		error = errno;
	if (!error)
		error = read_back(image, path, why);
	if (error && !why->len)
		text_addf(why, "cannot write %s: %s", path, strerror(error));
	return error;
}
