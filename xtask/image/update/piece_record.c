#include "image/update/piece_record.h"
#include "image/update/redo.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char record_magic[8] = "xtaskP02";

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

int image_stamp_take(int fd, struct image_stamp *out_stamp)
{
	struct stat s;
	if (fstat(fd, &s) < 0)
		return errno;
	*out_stamp = (struct image_stamp){
	        .device = s.st_dev,
	        .inode = s.st_ino,
	        .size = (uint64_t)s.st_size,
	        .modified_ns = nanoseconds(&s.st_mtim),
	        .changed_ns = nanoseconds(&s.st_ctim),
	};
	return 0;
}

/* Ascending and apart, inside the image: what everything after this trusts. */
static bool entries_are_sound(const struct piece_record *r)
{
	uint64_t end = 0, size = r->header.stamp.size;
	for (size_t i = 0; i < r->header.entry_count; i++) {
		const struct piece_entry *e = &r->entries[i];
		if (e->offset < end || e->offset > size || e->len > size - e->offset)
			return false;
		end = e->offset + e->len;
	}
	return true;
}

bool piece_record_load(struct arena *a, const char *path, int fd, struct piece_record *out_record)
{
	struct piece_record r;
	struct image_stamp now;
	if (file_read(a, image_side_path(a, path, "pieces").ptr, &r.bytes) != 0 ||
	    r.bytes.len < sizeof r.header || image_stamp_take(fd, &now) != 0)
		return false;
	memcpy(&r.header, r.bytes.ptr, sizeof r.header);
	size_t rest = r.bytes.len - sizeof r.header;
	if (memcmp(r.header.magic, record_magic, sizeof record_magic) != 0 ||
	    memcmp(&r.header.stamp, &now, sizeof now) != 0 || !boot_id_is_now(r.header.boot) ||
	    rest % sizeof *r.entries || r.header.entry_count != rest / sizeof *r.entries)
		return false;
	r.entries = ARENA_ARRAY(a, struct piece_entry, r.header.entry_count + 1);
	memcpy(r.entries, r.bytes.ptr + sizeof r.header, rest);
	if (!entries_are_sound(&r))
		return false;
	*out_record = r;
	return true;
}

void piece_record_fill(struct arena *a, const struct image_pieces *pieces,
                       const struct digest *digests, const struct digest *layout,
                       struct piece_record *out_record)
{
	struct piece_record r = {.header = {.layout = *layout, .entry_count = pieces->count}};
	memcpy(r.header.magic, record_magic, sizeof record_magic);
	r.entries = ARENA_ARRAY(a, struct piece_entry, pieces->count + 1);
	for (size_t i = 0; i < pieces->count; i++) {
		const struct image_piece *p = &pieces->items[i];
		r.entries[i] = (struct piece_entry){
		        .offset = p->offset,
		        .len = p->len,
		        .file_number = p->file ? p->file->number + 1 : 0,
		        .digest = p->file ? digests[i] : (struct digest){},
		};
	}
	*out_record = r;
}

/* The entries that differ from former's, or all; the header with its stamp last. */
static int entries_put(int fd, const struct piece_record *r, const struct piece_record *former,
                       uint64_t *out_bytes, struct text *why)
{
	uint64_t count = r->header.entry_count;
	bool same_length = former && former->header.entry_count == count;
	size_t size = sizeof *r->entries;
	uint64_t start = sizeof r->header;
	*out_bytes = sizeof r->header;
	if (!same_length) {
		if (ftruncate(fd, (off_t)(start + count * size)) < 0)
			return errno;
		*out_bytes += count * size;
		return image_put(fd, start, r->entries, count * size, why);
	}
	for (size_t i = 0; i < count; i++) {
		if (memcmp(&r->entries[i], &former->entries[i], size) == 0)
			continue;
		TRY(image_put(fd, start + i * size, &r->entries[i], size, why));
		*out_bytes += size;
	}
	return 0;
}

int piece_record_save(const char *path, int fd, const struct piece_record *record,
                      const struct piece_record *former, uint64_t *out_bytes, struct text *why)
{
	struct str name = image_side_path(why->arena, path, "pieces");
	struct piece_record_header header = record->header;
	boot_id_read(header.boot);
	int out = open(name.ptr, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	int error = out < 0 ? errno : image_stamp_take(fd, &header.stamp);
	if (!error)
		error = entries_put(out, record, former, out_bytes, why);
	if (!error)
		error = image_put(out, 0, &header, sizeof header, why);
	if (out >= 0 && close(out) < 0 && !error)
		error = errno;
	if (error)
		text_addf(why, "cannot write %s: %s", name.ptr, strerror(error));
	return error;
}
