/*
 * Names until vfsd has them: the files of the boot archive, read-only, and four devices.
 */
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>

enum {
	ARCHIVE_MODE_FILE = 0100555,
	ARCHIVE_MODE_DIRECTORY = 040555,
	DEVICE_MODE = 020666,
};

struct archive_file {
	struct file file;
	struct str data; /* of the archive, which stays */
};

static struct archive_file *archive_file_of(struct file *file)
{
	return container_of(file, struct archive_file, file);
}

static enum status archive_read_at(struct file *file, struct transfer *to, uint64_t offset,
                                   size_t *out_count)
{
	struct str data = archive_file_of(file)->data;
	size_t left = offset < data.len ? data.len - offset : 0;
	size_t len = to->left < left ? to->left : left;
	TRY(transfer_to_user(to, data.ptr + (len ? offset : 0), len));
	*out_count = len;
	return OK;
}

static uint64_t archive_size(struct file *file)
{
	return archive_file_of(file)->data.len;
}

static void archive_facts(struct str data, struct file_facts *out_facts)
{
	*out_facts = (struct file_facts){
	        .mode = ARCHIVE_MODE_FILE,
	        .size = data.len,
	        .inode = (uintptr_t)data.ptr / 4,
	        .block_bytes = PAGE_SIZE,
	};
}

static void archive_describe_file(struct file *file, struct file_facts *out_facts)
{
	archive_facts(archive_file_of(file)->data, out_facts);
}

static void archive_release(struct file *file)
{
	struct archive_file *archive = archive_file_of(file);
	heap_free(archive, sizeof *archive);
}

static const struct file_ops archive_ops = {
        .name = "boot archive",
        .read_at = archive_read_at,
        .size = archive_size,
        .describe = archive_describe_file,
        .release = archive_release,
};

/* ---- /dev/null and /dev/zero ---- */

static enum status null_read(struct file *, struct transfer *, size_t *)
{
	return OK;
}

static enum status null_write(struct file *, struct transfer *from, size_t *out_count)
{
	*out_count = from->left;
	from->left = 0;
	return OK;
}

static enum status zero_read(struct file *, struct transfer *to, size_t *out_count)
{
	static const char zero[PAGE_SIZE];
	while (to->left) {
		size_t len = to->left < sizeof zero ? to->left : sizeof zero;
		TRY(transfer_to_user(to, zero, len));
		*out_count += len;
	}
	return OK;
}

static void device_describe(struct file *, struct file_facts *out_facts)
{
	*out_facts = (struct file_facts){.mode = DEVICE_MODE, .block_bytes = PAGE_SIZE};
}

static void device_release(struct file *file)
{
	heap_free(file, sizeof *file);
}

static const struct file_ops null_ops = {
        .name = "null",
        .read = null_read,
        .write = null_write,
        .describe = device_describe,
        .release = device_release,
};

static const struct file_ops zero_ops = {
        .name = "zero",
        .read = zero_read,
        .write = null_write,
        .describe = device_describe,
        .release = device_release,
};

static enum status device_open(const struct file_ops *ops, uint32_t flags, struct file **out_file)
{
	struct file *file = HEAP_NEW(struct file);
	if (!file)
		return ERR_NO_MEMORY;
	file_init(file, ops, NULL, flags & FILE_ACCESS_MASK);
	*out_file = file;
	return OK;
}

static const struct {
	struct str path;
	const struct file_ops *ops; /* NULL: a terminal */
	uint64_t device; /* of a terminal */
} archive_devices[] = {
        {STR_INIT("dev/null"), &null_ops, 0},       {STR_INIT("dev/zero"), &zero_ops, 0},
        {STR_INIT("dev/tty"), NULL, 5 << 8 | 0},    {STR_INIT("dev/console"), NULL, 5 << 8 | 1},
        {STR_INIT("dev/ttyS0"), NULL, 4 << 8 | 64},
};

enum { ARCHIVE_DEVICES = sizeof archive_devices / sizeof archive_devices[0] };

/* ARCHIVE_DEVICES when it is none. */
static size_t device_find(struct str path)
{
	size_t i = 0;
	while (i < ARCHIVE_DEVICES && !str_equal(path, archive_devices[i].path))
		i++;
	return i;
}

/* Something lies below it. */
static bool archive_is_directory(struct str path)
{
	struct boot_archive_cursor cursor = boot_archive_begin(process_setup()->archive);
	struct boot_archive_entry entry;
	if (path.len == 0 || str_equal(path, STR("dev")))
		return true;
	while (boot_archive_next(&cursor, &entry) == OK)
		if (entry.path.len > path.len && str_starts_with(entry.path, path) &&
		    entry.path.ptr[path.len] == '/')
			return true;
	return false;
}

static enum status archive_open(struct str path, uint32_t flags, struct file **out_file)
{
	struct boot_archive_entry entry;
	size_t device = device_find(path);
	if (device < ARCHIVE_DEVICES)
		return archive_devices[device].ops
		               ? device_open(archive_devices[device].ops, flags, out_file)
		               : terminal_open(archive_devices[device].device, flags, out_file);
	if (boot_archive_find(process_setup()->archive, path, &entry) != OK)
		return archive_is_directory(path) ? ERR_IS_DIRECTORY : ERR_NOT_FOUND;
	if ((flags & FILE_ACCESS_MASK) != FILE_READ_ONLY)
		return ERR_READ_ONLY;
	struct archive_file *file = HEAP_NEW(struct archive_file);
	if (!file)
		return ERR_NO_MEMORY;
	file->data = entry.data;
	file_init(&file->file, &archive_ops, NULL, flags & (FILE_ACCESS_MASK | FILE_NONBLOCK));
	*out_file = &file->file;
	return OK;
}

static enum status archive_describe(struct str path, struct file_facts *out_facts)
{
	struct boot_archive_entry entry;
	if (device_find(path) < ARCHIVE_DEVICES) {
		device_describe(NULL, out_facts);
		return OK;
	}
	if (boot_archive_find(process_setup()->archive, path, &entry) == OK) {
		archive_facts(entry.data, out_facts);
		return OK;
	}
	if (!archive_is_directory(path))
		return ERR_NOT_FOUND;
	*out_facts = (struct file_facts){
	        .mode = ARCHIVE_MODE_DIRECTORY, .inode = 1, .block_bytes = PAGE_SIZE};
	return OK;
}

const struct name_ops archive_names = {
        .open = archive_open,
        .describe = archive_describe,
};
