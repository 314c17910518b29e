#include "image/update/update.h"
#include "image/update/piece_record.h"
#include "image/update/redo.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	SECTOR_BYTES = 512,
	COMPARE_BYTES = 64 * 1024,
	WHOLE_SHARE = 8, /* more than this part of the image is written anew */
	IN_PLACE_BYTES_MIN = 1 << 20, /* what is always in place */
};

struct update {
	const struct image_request *request; /* files measured, in the order given */
	const char *path;
	struct arena *arena;
	struct text *why;
	int fd; /* of the image that stands; -1: none that may be changed */
	struct digest layout;
	struct piece_record former, record;
	struct redo redo;
	uint64_t budget; /* bytes that may change in place */
	struct image_update_report *report;
};

enum verdict { IN_PLACE, ANEW, FAILED };

/* Everything that decides where pieces lie: settings, paths, sizes. */
static struct digest layout_digest(struct arena *a, const struct image_request *r)
{
	const uint64_t numbers[] = {
	        IMAGE_LAYOUT_VERSION, r->format,       r->slack_percent, r->epoch,
	        r->label.len,         r->identity.len, r->packages.size};
	struct text all = {.arena = a};
	text_add(&all, (struct str){(const char *)numbers, sizeof numbers});
	text_add(&all, r->label);
	text_add(&all, r->identity);
	for (size_t i = 0; i < r->files.count; i++) {
		const struct image_file *file = &r->files.items[i];
		const uint64_t sizes[] = {file->path.len, file->size};
		text_add(&all, (struct str){(const char *)sizes, sizeof sizes});
		text_add(&all, file->path);
	}
	return digest_bytes(text_str(&all));
}

static int read_old(struct update *u, uint64_t offset, uint8_t *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t got = pread(u->fd, bytes + done, len - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			int error = got ? errno : EIO;
			text_addf(u->why, "cannot read %s: %s", u->path, strerror(error));
			return error;
		}
		done += (size_t)got;
	}
	return 0;
}

static void sectors_compare(struct update *u, uint64_t offset, const uint8_t *old,
                            const uint8_t *wanted, size_t len)
{
	static const uint8_t zeros[SECTOR_BYTES];
	for (size_t at = 0; at < len;) {
		size_t part = SECTOR_BYTES - (offset + at) % SECTOR_BYTES;
		size_t end = at;
		/* A run of sectors that differ becomes one range. */
		while (end < len) {
			part = len - end < part ? len - end : part;
			const uint8_t *now = wanted ? wanted + end : zeros;
			if (memcmp(old + end, now, part) == 0)
				break;
			end += part;
			part = SECTOR_BYTES;
		}
		if (end > at)
			redo_add(&u->redo, offset + at, wanted ? wanted + at : NULL, end - at);
		at = end < len ? end + part : end;
	}
}

/* What of [offset, offset + len) differs from wanted; NULL: from zeros. */
static enum verdict range_compare(struct update *u, uint64_t offset, const uint8_t *wanted,
                                  uint64_t len)
{
	uint8_t *old = arena_alloc(u->arena, len < COMPARE_BYTES ? len : COMPARE_BYTES);
	for (uint64_t done = 0; done < len;) {
		uint64_t left = len - done;
		size_t part = left < COMPARE_BYTES ? (size_t)left : COMPARE_BYTES;
		if (read_old(u, offset + done, old, part) != 0)
			return FAILED;
		sectors_compare(u, offset + done, old, wanted ? wanted + done : NULL, part);
		if (u->redo.changed_bytes > u->budget)
			return ANEW;
		done += part;
	}
	return IN_PLACE;
}

/* Compares one file's content; *out_digest is of what was read, whatever the engine knew. */
static enum verdict file_compare(struct update *u, const struct image_piece *piece,
                                 struct digest *out_digest)
{
	struct str content;
	bool is_packages =
	        piece->file->number == u->request->files.count; /* one piece, however large */
	if (!is_packages && u->redo.changed_bytes + piece->len > 2 * u->budget)
		return ANEW;
	if (image_piece_read(u->arena, piece, &content, u->why) != 0)
		return FAILED;
	*out_digest = digest_bytes(content);
	return range_compare(u, piece->offset, (const uint8_t *)content.ptr, piece->len);
}

static bool digest_known(const struct image_file *file, struct digest *out_digest)
{
	if (!file->known)
		return digest_file(file->host.ptr, out_digest) == 0;
	*out_digest = file->known->digest;
	return true;
}

static bool entry_is_current(const struct piece_entry *former, const struct image_piece *piece)
{
	struct digest now;
	return former->file_number && former->len == piece->len &&
	       digest_known(piece->file, &now) && memcmp(&now, &former->digest, sizeof now) == 0;
}

/* Nothing has moved: the record itself says where each file lies. */
static enum verdict contents_compare(struct update *u)
{
	size_t count = u->former.header.entry_count;
	u->record = u->former;
	u->record.entries = ARENA_ARRAY(u->arena, struct piece_entry, count + 1);
	memcpy(u->record.entries, u->former.entries, count * sizeof *u->record.entries);
	for (size_t i = 0; i < count; i++) {
		struct piece_entry *entry = &u->record.entries[i];
		if (!entry->file_number)
			continue;
		if (entry->file_number > u->request->files.count + (u->request->packages.size > 0))
			return ANEW;
		struct image_piece piece = {
		        .offset = entry->offset,
		        .len = entry->len,
		        .file = entry->file_number > u->request->files.count
		                        ? &u->request->packages
		                        : &u->request->files.items[entry->file_number - 1],
		};
		if (piece.file->size != piece.len)
			return ANEW;
		if (entry_is_current(entry, &piece))
			continue;
		enum verdict verdict = file_compare(u, &piece, &entry->digest);
		if (verdict != IN_PLACE)
			return verdict;
	}
	return IN_PLACE;
}

/* What stood in [start, end) and belongs to nothing any more becomes zero. */
static enum verdict gap_compare(struct update *u, size_t *next, uint64_t start, uint64_t end)
{
	const struct piece_entry *entries = u->former.entries;
	size_t count = u->former.header.entry_count;
	while (*next < count && entries[*next].offset + entries[*next].len <= start)
		++*next;
	for (size_t i = *next; i < count && entries[i].offset < end; i++) {
		uint64_t from = entries[i].offset > start ? entries[i].offset : start;
		uint64_t to = entries[i].offset + entries[i].len;
		enum verdict verdict = range_compare(u, from, NULL, (to < end ? to : end) - from);
		if (verdict != IN_PLACE)
			return verdict;
	}
	return IN_PLACE;
}

static enum verdict piece_compare(struct update *u, const struct image_piece *piece,
                                  const struct piece_entry *former, struct digest *out_digest)
{
	if (piece->bytes)
		return range_compare(u, piece->offset, piece->bytes, piece->len);
	if (former && entry_is_current(former, piece)) {
		*out_digest = former->digest;
		return IN_PLACE;
	}
	return file_compare(u, piece, out_digest);
}

static enum verdict pieces_compare(struct update *u, const struct image_pieces *pieces)
{
	size_t gap_entry = 0, entry = 0, count = u->former.header.entry_count;
	uint64_t end = 0;
	struct digest *digests = ARENA_ARRAY(u->arena, struct digest, pieces->count + 1);
	for (size_t i = 0; i <= pieces->count; i++) {
		bool last = i == pieces->count;
		uint64_t start = last ? pieces->total_bytes : pieces->items[i].offset;
		enum verdict verdict = gap_compare(u, &gap_entry, end, start);
		if (!last && verdict == IN_PLACE) {
			while (entry < count && u->former.entries[entry].offset < start)
				entry++;
			bool same = entry < count && u->former.entries[entry].offset == start;
			verdict =
			        piece_compare(u, &pieces->items[i],
			                      same ? &u->former.entries[entry] : NULL, &digests[i]);
			end = start + pieces->items[i].len;
		}
		if (verdict != IN_PLACE)
			return verdict;
	}
	piece_record_fill(u->arena, pieces, digests, &u->layout, &u->record);
	return IN_PLACE;
}

/* Files are prepared in a copy: their order decides where each number of the record points. */
static int pieces_plan(struct update *u, struct image_pieces *out_pieces)
{
	struct image_request *r = ARENA_NEW(u->arena, struct image_request);
	*r = *u->request;
	r->files.items = ARENA_ARRAY(u->arena, struct image_file, r->files.count + 1);
	if (r->files.count)
		memcpy(r->files.items, u->request->files.items,
		       r->files.count * sizeof *r->files.items);
	*out_pieces = (struct image_pieces){.arena = u->arena};
	TRY(image_files_prepare(&r->files, u->why));
	/* Preparing counts them anew, in the same order as given: numbers stay. */
	return image_plan_pieces(r, out_pieces, u->why);
}

static int changes_write(struct update *u)
{
	uint64_t journal = 0, record = 0;
	if (u->redo.count) {
		TRY(redo_save(&u->redo, u->path, u->fd, &journal, u->why));
		TRY(redo_apply(&u->redo, u->fd, u->why));
	}
	TRY(piece_record_save(u->path, u->fd, &u->record, &u->former, &record, u->why));
	if (u->redo.count)
		redo_empty(u->path);
	*u->report = (struct image_update_report){
	        .image_bytes = u->redo.changed_bytes,
	        .journal_bytes = journal,
	        .record_bytes = record,
	};
	return 0;
}

/* The name is given once all is on the disk, and nothing is left there that would change it. */
static int image_place(struct update *u, const char *temporary, int fd)
{
	int error = fd < 0 || fsync(fd) < 0 ? errno : 0;
	if (!error)
		error = redo_remove(u->path); /* the former image needs it no more */
	if (!error && rename(temporary, u->path) < 0)
		error = errno;
	if (error)
		text_addf(u->why, "cannot write %s: %s", u->path, strerror(error));
	return error;
}

static int write_anew(struct update *u, const struct image_pieces *pieces)
{
	struct digest *digests = ARENA_ARRAY(u->arena, struct digest, pieces->count + 1);
	struct str suffix = str_format(u->arena, "xtask-%d-0", (int)getpid());
	struct str temporary = image_side_path(u->arena, u->path, suffix.ptr);
	int error = image_write_new(pieces, temporary.ptr, digests, u->why);
	int fd = error ? -1 : open(temporary.ptr, O_RDONLY | O_CLOEXEC);
	if (!error)
		error = image_place(u, temporary.ptr, fd);
	*u->report = (struct image_update_report){.whole = true};
	if (!error) {
		piece_record_fill(u->arena, pieces, digests, &u->layout, &u->record);
		error = piece_record_save(u->path, fd, &u->record, NULL, &u->report->record_bytes,
		                          u->why);
		for (size_t i = 0; i < pieces->count; i++)
			u->report->image_bytes += pieces->items[i].len;
	} else {
		(void)unlink(temporary.ptr); /* it may not have come to be */
	}
	if (fd >= 0)
		close(fd);
	return error;
}

/* A machine that runs from the image holds locks on it, as QEMU does. */
static bool is_in_use(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	return flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	       (fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK);
}

/* Opens the image for changes in place, if it is the one that its record tells of. */
static int image_take(struct update *u)
{
	u->fd = open(u->path, O_RDWR | O_CLOEXEC);
	if (u->fd < 0)
		return 0;
	TRY(image_recover(u->path, u->why));
	if (is_in_use(u->fd) || !piece_record_load(u->arena, u->path, u->fd, &u->former)) {
		close(u->fd);
		u->fd = -1;
		return 0;
	}
	u->budget = u->former.header.stamp.size / WHOLE_SHARE;
	if (u->budget < IN_PLACE_BYTES_MIN)
		u->budget = IN_PLACE_BYTES_MIN;
	return 0;
}

static int update_run(struct update *u)
{
	struct image_pieces pieces;
	enum verdict verdict = ANEW;
	u->layout = layout_digest(u->arena, u->request);
	TRY(image_take(u));
	bool in_place = u->fd >= 0;
	if (in_place && memcmp(&u->layout, &u->former.header.layout, sizeof u->layout) == 0)
		verdict = contents_compare(u);
	if (verdict == ANEW) {
		TRY(pieces_plan(u, &pieces));
		u->redo = (struct redo){.arena = u->arena};
		if (in_place && pieces.total_bytes == u->former.header.stamp.size)
			verdict = pieces_compare(u, &pieces);
	}
	if (verdict == FAILED)
		return EIO;
	return verdict == IN_PLACE ? changes_write(u) : write_anew(u, &pieces);
}

int image_update(const struct image_request *request, const char *path,
                 struct image_update_report *out_report, struct text *why)
{
	struct image_request measured = *request;
	struct update u = {
	        .request = &measured,
	        .path = path,
	        .arena = why->arena,
	        .why = why,
	        .fd = -1,
	        .redo = {.arena = why->arena},
	        .report = out_report,
	};
	TRY(image_measure(&measured, why));
	int error = update_run(&u);
	if (u.fd >= 0)
		close(u.fd);
	return error;
}
