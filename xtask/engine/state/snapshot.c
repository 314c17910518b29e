#include "engine/state/snapshot.h"
#include "engine/state/record.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { OTHERS_MIN = 1000 }; /* what other targets may leave here; more is forgotten */

static const char snapshot_magic[8] = "xtaskS02";

static uint64_t snapshot_checksum(struct str bytes)
{
	size_t skipped = offsetof(struct snapshot_header, entry_count);
	return record_checksum(str_slice(bytes, skipped, bytes.len));
}

/* Whether the four parts fill the file exactly. */
static bool parts_fit(const struct snapshot_header *header, size_t size)
{
	uint64_t entries = (uint64_t)header->entry_count * sizeof(struct snapshot_entry), end;
	return !__builtin_add_overflow(sizeof *header + entries, header->paths_size, &end) &&
	       !__builtin_add_overflow(end, header->identity_size, &end) && end == size &&
	       header->checked_count <= header->entry_count && header->paths_size <= UINT32_MAX;
}

bool snapshot_parse(struct str bytes, struct snapshot *out_snapshot)
{
	const struct snapshot_header *header = (const void *)bytes.ptr;
	if (bytes.len < sizeof *header || memcmp(header->magic, snapshot_magic, 8) != 0 ||
	    header->size != bytes.len || header->checksum != snapshot_checksum(bytes) ||
	    !parts_fit(header, bytes.len))
		return false;
	const struct snapshot_entry *entries = (const void *)(header + 1);
	const char *paths = (const char *)(entries + header->entry_count);
	if (header->entry_count > 0 &&
	    (header->paths_size == 0 || paths[header->paths_size - 1] != '\0'))
		return false;
	for (size_t i = 0; i < header->entry_count; i++)
		if (entries[i].path >= header->paths_size)
			return false;
	*out_snapshot = (struct snapshot){
	        .header = header,
	        .entries = entries,
	        .paths = paths,
	        .identity = {paths + header->paths_size, header->identity_size},
	};
	return true;
}

bool snapshot_is_of_this_boot(const struct snapshot *s)
{
	return boot_id_is_now(s->header->boot);
}

const char *snapshot_path(const struct snapshot *s, const struct snapshot_entry *entry)
{
	return s->paths + entry->path;
}

void snapshot_load(const char *path, struct file_table *files)
{
	struct str bytes;
	struct snapshot s;
	if (file_read(files->arena, path, &bytes) != 0 || !snapshot_parse(bytes, &s) ||
	    !snapshot_is_of_this_boot(&s))
		return;
	for (size_t i = 0; i < s.header->entry_count; i++) {
		const struct snapshot_entry *entry = &s.entries[i];
		if ((entry->flags & (SNAPSHOT_SETTLED | SNAPSHOT_DIGEST | SNAPSHOT_FOLDER)) !=
		    (SNAPSHOT_SETTLED | SNAPSHOT_DIGEST))
			continue;
		struct tracked_file *f =
		        file_table_get(files, str_from_c(snapshot_path(&s, entry)));
		f->has_former = true;
		f->former_stamp = entry->stamp;
		f->former_digest = entry->digest;
	}
}

int snapshot_invalidate(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	uint32_t incomplete = 0;
	ssize_t put = pwrite(fd, &incomplete, sizeof incomplete,
	                     offsetof(struct snapshot_header, complete));
	int error = put < 0 ? errno : 0;
	close(fd);
	return error;
}

static struct snapshot_entry entry_of(const struct tracked_file *f, size_t path)
{
	struct snapshot_entry entry = {.path = (uint32_t)path};
	if (f->state == FILE_UNSEEN) { /* another run's; its digest may serve again */
		entry.stamp = f->former_stamp;
		entry.digest = f->former_digest;
		entry.flags = SNAPSHOT_SETTLED | SNAPSHOT_DIGEST;
		return entry;
	}
	if (f->state == FILE_PRESENT)
		entry.stamp = f->stamp;
	if (f->has_digest)
		entry.digest = f->digest;
	entry.flags = (f->state == FILE_ABSENT ? SNAPSHOT_ABSENT : 0u) |
	              (f->is_folder ? SNAPSHOT_FOLDER : 0u) | (f->settled ? SNAPSHOT_SETTLED : 0u) |
	              (f->is_plan ? SNAPSHOT_PLAN : 0u) | (f->has_digest ? SNAPSHOT_DIGEST : 0u);
	return entry;
}

static size_t add_entries(const struct file_table *files, bool checked, size_t limit,
                          struct text *entries, struct text *paths)
{
	size_t count = 0;
	for (size_t i = 0; i < files->count && count < limit; i++) {
		const struct tracked_file *f = files->files[i];
		bool known = f->state == FILE_UNSEEN ? f->has_former : f->has_digest;
		if (f->checked != checked || (!checked && !known))
			continue;
		struct snapshot_entry entry = entry_of(f, paths->len);
		text_add(entries, (struct str){(const char *)&entry, sizeof entry});
		text_add(paths, f->path);
		text_add_byte(paths, '\0');
		count++;
	}
	return count;
}

struct str snapshot_bytes(struct arena *a, const struct snapshot_request *request)
{
	struct text entries = {.arena = a}, paths = {.arena = a}, file = {.arena = a};
	size_t path_bytes = 0;
	for (size_t i = 0; i < request->files->count; i++)
		path_bytes += request->files->files[i]->path.len + 1;
	text_reserve(&entries, request->files->count * sizeof(struct snapshot_entry));
	text_reserve(&paths, path_bytes);
	size_t checked = add_entries(request->files, true, SIZE_MAX, &entries, &paths);
	size_t others =
	        add_entries(request->files, false, 2 * checked + OTHERS_MIN, &entries, &paths);
	struct snapshot_header header = {
	        .complete = request->complete ? (uint32_t)SNAPSHOT_COMPLETE : 0,
	        .entry_count = (uint32_t)(checked + others),
	        .checked_count = (uint32_t)checked,
	        .action_count = (uint32_t)request->action_count,
	        .paths_size = paths.len,
	        .identity_size = request->identity.len,
	        .size = sizeof header + entries.len + paths.len + request->identity.len,
	};
	memcpy(header.magic, snapshot_magic, sizeof header.magic);
	boot_id_read(header.boot);
	text_reserve(&file, header.size);
	text_add(&file, (struct str){(const char *)&header, sizeof header});
	text_add(&file, text_str(&entries));
	text_add(&file, text_str(&paths));
	text_add(&file, request->identity);
	header.checksum = snapshot_checksum(text_str(&file));
	memcpy(file.bytes, &header, sizeof header);
	return text_str(&file);
}
