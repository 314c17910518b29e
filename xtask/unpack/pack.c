#include "unpack/pack.h"
#include "os/files.h"
#include <errno.h>
#include <string.h>

struct header {
	uint32_t number, mode, uid, gid, links;
	uint32_t modified; /* seconds since 1970 */
	uint32_t size;
	struct str path;
};

static void pad(struct pack *pack, size_t len)
{
	static const char zeros[4];
	fwrite(zeros, 1, -len & 3, pack->file);
}

static void header_write(struct pack *pack, const struct header *h)
{
	uint32_t name_bytes = (uint32_t)h->path.len + 1;
	int len = fprintf(pack->file, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
	                  h->number, h->mode, h->uid, h->gid, h->links, h->modified, h->size, 0u,
	                  0u, 0u, 0u, name_bytes, 0u);
	fwrite(h->path.ptr, 1, h->path.len, pack->file);
	fputc(0, pack->file);
	pad(pack, (size_t)(len > 0 ? len : 0) + name_bytes);
}

static void name_add(struct pack *pack, struct str path, uint32_t number)
{
	if (pack->count == pack->capacity) {
		size_t capacity = pack->capacity ? pack->capacity * 2 : 64;
		struct pack_name *names = ARENA_ARRAY(pack->arena, struct pack_name, capacity);
		if (pack->count)
			memcpy(names, pack->names, pack->count * sizeof *names);
		pack->names = names;
		pack->capacity = capacity;
	}
	pack->names[pack->count++] = (struct pack_name){arena_str(pack->arena, path), number};
}

static struct str content_write(struct pack *pack, struct archive *in, const struct header *h)
{
	uint64_t left = h->size;
	la_ssize_t len;
	while ((len = archive_read_data(in, pack->buffer, PACK_BUFFER_BYTES)) > 0) {
		if ((uint64_t)len > left)
			return STR("it is longer than it says");
		fwrite(pack->buffer, 1, (size_t)len, pack->file);
		left -= (uint64_t)len;
	}
	if (len < 0)
		return arena_str(pack->arena, str_from_c(archive_error_string(in)));
	if (left)
		return STR("it is shorter than it says");
	pad(pack, h->size);
	return STR("");
}

static struct str same_add(struct pack *pack, struct header *h, const char *same)
{
	struct str first;
	if (!path_normalise(pack->arena, str_from_c(same), &first))
		return STR("it is a link to what leaves the package");
	for (size_t i = 0; i < pack->count; i++) {
		if (!str_equal(pack->names[i].path, first))
			continue;
		h->number = pack->names[i].number;
		h->links = 2;
		h->size = 0;
		header_write(pack, h);
		return STR("");
	}
	return str_format(pack->arena, "it is a link to %s, which is not taken", same);
}

struct str pack_add(struct pack *pack, struct archive *in, struct archive_entry *entry,
                    struct str path)
{
	mode_t type = archive_entry_filetype(entry);
	const char *same = archive_entry_hardlink(entry), *link = archive_entry_symlink(entry);
	int64_t size = archive_entry_size(entry);
	struct header h = {
	        .mode = (uint32_t)(same ? (mode_t)AE_IFREG : type) | archive_entry_perm(entry),
	        .uid = (uint32_t)archive_entry_uid(entry),
	        .gid = (uint32_t)archive_entry_gid(entry),
	        .links = 1,
	        .modified = (uint32_t)archive_entry_mtime(entry),
	        .path = path,
	};
	if (same)
		return same_add(pack, &h, same);
	h.number = ++pack->last_number;
	if (type == AE_IFREG) {
		if (size < 0 || size > UINT32_MAX)
			return STR("it is too large");
		h.size = (uint32_t)size;
		name_add(pack, path, h.number);
		header_write(pack, &h);
		return content_write(pack, in, &h);
	}
	if (type != AE_IFDIR && !(type == AE_IFLNK && link))
		return STR("it is neither a file, a folder nor a link");
	h.size = type == AE_IFLNK ? (uint32_t)strlen(link) : 0;
	header_write(pack, &h);
	if (type == AE_IFLNK) {
		fwrite(link, 1, h.size, pack->file);
		pad(pack, h.size);
	}
	return STR("");
}

bool pack_end(struct pack *pack)
{
	header_write(pack, &(struct header){.links = 1, .path = STR("TRAILER!!!")});
	bool good = !ferror(pack->file);
	return fclose(pack->file) == 0 && good;
}
