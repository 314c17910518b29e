/*
 * /proc/PID/maps: may be longer than an answer. A read goes on where the last one ended, if that
 * was of the same process: by address, so that what is mapped meanwhile moves nothing.
 */
#include "made/made.h"

#include <string.h>

enum { MAPPINGS_AT_ONCE = 64, MAPPING_LINE_BYTES = VFS_PATH_MAX + 96 };

static void add_mapping(struct vfs_service *self, const struct mapping_figures *m,
                        struct format_buffer *text)
{
	static const char *const kinds[] = {"", "[heap]", "[stack]"};
	enum { NAME_COLUMN = 73 }; /* as Linux pads */
	typedef unsigned long long number;
	const struct vfs_node node = {m->volume, m->generation, m->inode};
	bool is_named = m->inode || (m->kind && m->kind < COUNT(kinds));
	format_append(text, "%08llx-%08llx %c%c%c%c %08llx 00:%02x %llu ", (number)m->start,
	              (number)m->end, m->rights & MEMORY_READ ? 'r' : '-',
	              m->rights & MEMORY_WRITE ? 'w' : '-', m->rights & MEMORY_EXECUTE ? 'x' : '-',
	              m->rights & MEMORY_SHARED ? 's' : 'p', (number)m->offset, m->volume,
	              (number)m->inode);
	while (is_named && text->len < NAME_COLUMN)
		format_append(text, " ");
	if (m->inode && made_add_path(self, &node, 0, text) != OK)
		format_append(text, "/ (deleted)");
	else if (!m->inode && is_named)
		format_append(text, "%s", kinds[m->kind]);
	format_append(text, "\n");
}

/* The part of a line that is asked for. False: its end did not fit. */
static bool add_part(struct format_buffer *text, struct str line, uint64_t from)
{
	struct str part = str_slice(line, (size_t)from, line.len);
	size_t room = text->size - text->len;
	size_t len = part.len < room ? part.len : room;
	memcpy(text->ptr + text->len, part.ptr, len);
	text->len += len;
	return len == part.len;
}

bool made_add_line(struct made_cursor *at, struct str line, uint64_t offset,
                   struct format_buffer *text)
{
	uint64_t skipped = offset > at->offset ? offset - at->offset : 0;
	if (skipped < line.len && !add_part(text, line, skipped))
		return false;
	at->offset += line.len;
	return true;
}

static bool add_mapping_at(struct vfs_service *self, const struct mapping_figures *m,
                           uint64_t offset, struct format_buffer *text)
{
	char bytes[MAPPING_LINE_BYTES];
	struct format_buffer line = {.ptr = bytes, .size = sizeof bytes};
	add_mapping(self, m, &line);
	if (!made_add_line(&self->mappings, (struct str){bytes, line.len}, offset, text))
		return false;
	self->mappings.next = m->end;
	return true;
}

enum status made_read_mappings(struct vfs_service *self, uint64_t pid, uint64_t offset,
                               struct format_buffer *text)
{
	struct made_cursor *at = &self->mappings;
	struct mapping_figures some[MAPPINGS_AT_ONCE];
	if (at->pid != pid || at->offset > offset)
		*at = (struct made_cursor){.pid = pid};
	for (;;) {
		const struct figures *f = &self->figures;
		int64_t count = f->mappings
		                        ? f->mappings(f->context, pid, at->next, some, COUNT(some))
		                        : ERR_NOT_IMPLEMENTED;
		if (count <= 0)
			return (enum status)count;
		for (size_t i = 0; i < (size_t)count; i++)
			if (!add_mapping_at(self, &some[i], offset, text))
				return OK;
	}
}
