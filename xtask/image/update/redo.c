#include "image/update/redo.h"
#include "engine/engine.h"
#include "image/update/pieces.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	ZEROS_BYTES = 64 * 1024,
	KEPT_BYTES_MAX = 4 << 20, /* a larger journal does not stay */
};

static const char redo_magic[8] = "xtaskR01";

/* No padding. Followed by the ranges, then the bytes of those that are not zeros. */
struct redo_header {
	char magic[8]; /* zeros: emptied */
	uint64_t device, inode, image_bytes;
	uint64_t range_count;
	uint64_t file_bytes; /* what follows is of former journals */
	struct digest digest; /* over file_bytes, this field zero */
};

struct redo_entry {
	uint64_t offset, len;
	uint64_t is_zeros; /* 0 or 1 */
};

struct str image_side_path(struct arena *a, const char *path, const char *suffix)
{
	struct str whole = str_from_c(path);
	struct str name = str_format(a, ".%.*s.%s", STR_ARG(path_name(whole)), suffix);
	return path_join(a, path_folder(whole), name);
}

static struct redo_range *last_touching(struct redo *r, uint64_t offset, const uint8_t *bytes)
{
	struct redo_range *last = r->count ? &r->items[r->count - 1] : NULL;
	return last && last->offset + last->len == offset && !last->bytes == !bytes ? last : NULL;
}

void redo_add(struct redo *r, uint64_t offset, const uint8_t *bytes, size_t len)
{
	struct redo_range *last = last_touching(r, offset, bytes);
	r->changed_bytes += len;
	if (last && !bytes) {
		last->len += len;
		return;
	}
	if (r->count == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 64;
		struct redo_range *items = ARENA_ARRAY(r->arena, struct redo_range, capacity);
		if (r->count)
			memcpy(items, r->items, r->count * sizeof *items);
		r->items = items;
		r->capacity = capacity;
	}
	uint8_t *copy = NULL;
	if (bytes) {
		copy = arena_alloc(r->arena, len);
		memcpy(copy, bytes, len);
		r->payload_bytes += len;
	}
	r->items[r->count++] = (struct redo_range){.offset = offset, .len = len, .bytes = copy};
}

static int header_fill(struct redo_header *h, const struct redo *r, int fd)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return errno;
	*h = (struct redo_header){
	        .device = status.st_dev,
	        .inode = status.st_ino,
	        .image_bytes = (uint64_t)status.st_size,
	        .range_count = r->count,
	        .file_bytes = sizeof *h + r->count * sizeof(struct redo_entry) + r->payload_bytes,
	};
	memcpy(h->magic, redo_magic, sizeof h->magic);
	return 0;
}

int folder_sync(struct arena *a, const char *path)
{
	struct str folder = path_folder(str_from_c(path));
	int fd =
	        open(folder.len ? arena_c_str(a, folder) : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = fd < 0 || fsync(fd) < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return error == EINVAL ? 0 : error; /* a file system that knows no such thing */
}

static bool journal_is_emptied(int fd)
{
	static const char empty[sizeof redo_magic];
	char magic[sizeof redo_magic];
	return pread(fd, magic, sizeof magic, 0) == sizeof magic &&
	       memcmp(magic, empty, sizeof magic) == 0;
}

/* To the disk. One that was emptied once was there with its name before. */
static int journal_put(struct arena *a, const char *name, struct str file, struct text *why)
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		int error = errno;
		text_addf(why, "cannot write %s: %s", name, strerror(error));
		return error;
	}
	bool is_known = journal_is_emptied(fd);
	int error = image_put(fd, 0, file.ptr, file.len, why);
	if (!error && fdatasync(fd) < 0 && errno != EINVAL) {
		error = errno;
		text_addf(why, "cannot force %s to the disk: %s", name, strerror(error));
	}
	if (!error && !is_known)
		error = folder_sync(a, name);
	close(fd);
	return error;
}

int redo_save(const struct redo *r, const char *path, int fd, uint64_t *out_bytes, struct text *why)
{
	struct arena *a = why->arena;
	struct redo_header header = {};
	struct str name = image_side_path(a, path, "redo");
	int error = header_fill(&header, r, fd);
	char *file = arena_alloc(a, header.file_bytes), *at = file + sizeof header;
	memcpy(file, &header, sizeof header);
	for (size_t i = 0; i < r->count; i++, at += sizeof(struct redo_entry)) {
		const struct redo_range *range = &r->items[i];
		struct redo_entry entry = {range->offset, range->len, !range->bytes};
		memcpy(at, &entry, sizeof entry);
	}
	for (size_t i = 0; i < r->count; i++) {
		if (!r->items[i].bytes)
			continue;
		memcpy(at, r->items[i].bytes, r->items[i].len);
		at += r->items[i].len;
	}
	header.digest = digest_bytes((struct str){file, header.file_bytes});
	memcpy(file, &header, sizeof header);

	if (error)
		text_addf(why, "cannot write %s: %s", name.ptr, strerror(error));
	else
		error = journal_put(a, name.ptr, (struct str){file, header.file_bytes}, why);
	*out_bytes = header.file_bytes;
	return error;
}

/* Whether the bytes are a whole journal of this file; their digest field is zeroed on the way. */
static bool journal_is_good(struct str bytes, const struct stat *image, struct redo_header *out)
{
	if (bytes.len < sizeof *out)
		return false;
	memcpy(out, bytes.ptr, sizeof *out);
	if (memcmp(out->magic, redo_magic, sizeof out->magic) != 0 ||
	    out->file_bytes < sizeof *out || out->file_bytes > bytes.len ||
	    out->device != image->st_dev || out->inode != image->st_ino ||
	    out->image_bytes != (uint64_t)image->st_size ||
	    out->range_count > (out->file_bytes - sizeof *out) / sizeof(struct redo_entry))
		return false;
	struct redo_header blank = *out;
	blank.digest = (struct digest){};
	memcpy((char *)(uintptr_t)bytes.ptr, &blank, sizeof blank);
	struct digest digest = digest_bytes(str_slice(bytes, 0, out->file_bytes));
	return memcmp(&digest, &out->digest, sizeof digest) == 0;
}

static bool ranges_take(struct str file, const struct redo_header *h, struct redo *out)
{
	struct str bytes = str_slice(file, 0, h->file_bytes);
	const char *entries = bytes.ptr + sizeof *h;
	size_t at = sizeof *h + h->range_count * sizeof(struct redo_entry);
	out->items = ARENA_ARRAY(out->arena, struct redo_range, h->range_count);
	for (size_t i = 0; i < h->range_count; i++) {
		struct redo_entry entry;
		memcpy(&entry, entries + i * sizeof entry, sizeof entry);
		if (entry.offset > h->image_bytes || entry.len > h->image_bytes - entry.offset ||
		    (!entry.is_zeros && entry.len > bytes.len - at))
			return false;
		const void *content = bytes.ptr + at;
		out->items[i] = (struct redo_range){entry.offset, entry.len,
		                                    entry.is_zeros ? NULL : content};
		if (!entry.is_zeros)
			at += entry.len;
	}
	out->count = h->range_count;
	return at == bytes.len;
}

/* Whether fd begins as one does that was not emptied. */
static bool journal_is_begun(int fd)
{
	char magic[sizeof redo_magic];
	return pread(fd, magic, sizeof magic, 0) == sizeof magic &&
	       memcmp(magic, redo_magic, sizeof magic) == 0;
}

/* Whether somebody has to look closer; also when that cannot be told. */
static bool journal_may_wait(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOENT;
	bool may = journal_is_begun(fd);
	close(fd);
	return may;
}

int redo_load(struct arena *a, const char *path, int fd, struct redo *out_redo, struct text *why)
{
	struct str name = image_side_path(a, path, "redo"), bytes;
	struct redo_header header;
	struct redo redo = {.arena = a};
	struct stat status;
	*out_redo = redo;
	if (!journal_may_wait(name.ptr))
		return 0;
	int error = file_read(a, name.ptr, &bytes);
	if (error == ENOENT)
		return 0;
	if (!error && fstat(fd, &status) < 0)
		error = errno;
	if (error) {
		text_addf(why, "cannot read %s: %s", name.ptr, strerror(error));
		return error;
	}
	if (journal_is_good(bytes, &status, &header) && ranges_take(bytes, &header, &redo))
		*out_redo = redo;
	return 0;
}

static int zeros_put(int fd, const struct redo_range *range, struct text *why)
{
	static const uint8_t zeros[ZEROS_BYTES];
	for (uint64_t done = 0; done < range->len;) {
		uint64_t left = range->len - done;
		size_t len = left < sizeof zeros ? (size_t)left : sizeof zeros;
		TRY(image_put(fd, range->offset + done, zeros, len, why));
		done += len;
	}
	return 0;
}

int redo_apply(const struct redo *r, int fd, struct text *why)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct redo_range *range = &r->items[i];
		if (range->bytes)
			TRY(image_put(fd, range->offset, range->bytes, range->len, why));
		else
			TRY(zeros_put(fd, range, why));
	}
	if (!r->count || fdatasync(fd) == 0 || errno == EINVAL)
		return 0;
	int error = errno;
	text_addf(why, "cannot force the image to the disk: %s", strerror(error));
	return error;
}

void redo_apply_in_memory(const struct redo *r, uint8_t *image)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct redo_range *range = &r->items[i];
		if (range->bytes)
			memcpy(image + range->offset, range->bytes, range->len);
		else
			memset(image + range->offset, 0, range->len);
	}
}

void redo_empty(const char *path)
{
	static const char empty[sizeof redo_magic];
	struct arena a;
	struct stat status;
	host_arena_init(&a);
	const char *name = image_side_path(&a, path, "redo").ptr;
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	bool stays = fd >= 0 && fstat(fd, &status) == 0 && status.st_size <= KEPT_BYTES_MAX &&
	             pwrite(fd, empty, sizeof empty, 0) == sizeof empty;
	if (fd >= 0)
		close(fd);
	if (!stays)
		(void)unlink(name); /* most often it is not there */
	arena_release(&a);
}

int redo_remove(const char *path)
{
	struct arena a;
	host_arena_init(&a);
	int error = unlink(image_side_path(&a, path, "redo").ptr) < 0 ? errno : 0;
	error = error == ENOENT ? 0 : error ? error : folder_sync(&a, path);
	arena_release(&a);
	return error;
}

int image_hold(const char *path, int *out_fd, struct text *why)
{
	*out_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*out_fd < 0)
		return errno;
	TRY(image_recover(path, why));
	return flock(*out_fd, LOCK_SH) < 0 ? errno : 0;
}

int image_recover(const char *path, struct text *why)
{
	struct str name = image_side_path(why->arena, path, "redo");
	if (!journal_may_wait(name.ptr) && file_exists(path))
		return 0;
	struct redo redo;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int error = fd < 0 || flock(fd, LOCK_EX) < 0 ? errno : 0;
	if (error)
		text_addf(why, "cannot open %s: %s", path, strerror(error));
	if (!error)
		error = redo_load(why->arena, path, fd, &redo, why);
	if (!error)
		error = redo_apply(&redo, fd, why);
	if (!error)
		error = redo_remove(path); /* its name was perhaps never on the disk */
	if (fd >= 0)
		close(fd);
	return error;
}
