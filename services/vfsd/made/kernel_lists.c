/* Files of /proc that list what the kernel has: lsmod(8) reads one, netstat(8) the other. */
#include "made/made.h"

#include <string.h>

enum { LISTED_AT_ONCE = 32, SOCKET_LINE_BYTES = 256 };

/* As /proc/modules: name, bytes, uses, who uses it, state, address (which is nobody's business). */
enum status made_write_modules(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct module_figures some[LISTED_AT_ONCE];
	const struct figures_answer answer = {.bytes = some, .capacity = sizeof some};
	uint64_t after = 0;
	for (;;) {
		int64_t len = figures_ask(&self->figures, SYSTEM_QUERY_MODULES, after, answer);
		if (len <= 0)
			return (enum status)len;
		for (size_t i = 0; i < (size_t)len / sizeof some[0]; i++) {
			format_append(text, "%s %llu %u - Live 0x0000000000000000\n",
			              (const char *)some[i].name, (unsigned long long)some[i].bytes,
			              some[i].uses);
			after = some[i].number;
		}
	}
}

/* /proc/rustos/faults: each rule with what it has done */
enum status made_write_faults(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	struct fault_figures some[LISTED_AT_ONCE];
	const struct figures_answer answer = {.bytes = some, .capacity = sizeof some};
	uint64_t from = 0;
	for (;;) {
		int64_t len = figures_ask(&self->figures, SYSTEM_QUERY_FAULTS, from, answer);
		if (len <= 0)
			return (enum status)len;
		size_t count = (size_t)len / sizeof some[0];
		for (size_t i = 0; i < count; i++)
			format_append(text, "%s=%s hits=%llu fired=%llu\n",
			              (const char *)some[i].point, (const char *)some[i].action,
			              (unsigned long long)some[i].hits,
			              (unsigned long long)some[i].fired);
		from += count;
	}
}

/* Linux net/unix/af_unix.c numbers: a flag of those that listen, and the states of a socket. */
static void socket_line(const struct socket_figures *s, struct format_buffer *line)
{
	enum { LISTENS = 0x10000, FREE = 1, CONNECTED = 3 };
	bool listens = s->state == SOCKET_STATE_LISTENS;
	format_append(line, "%016llx: %08x 00000000 %08x %04x %02x %5llu", 0ull, s->references,
	              listens ? LISTENS : 0, s->kind,
	              s->state == SOCKET_STATE_CONNECTED ? CONNECTED : FREE,
	              (unsigned long long)s->inode);
	if (s->name_len)
		format_append(line, " ");
	for (uint32_t i = 0; i < s->name_len && i < sizeof s->name; i++)
		format_append(line, "%c", s->name[i] ? s->name[i] : '@');
	format_append(line, "\n");
}

/* Numbers of the kernel's stay away; the list may be longer than an answer. */
enum status made_read_sockets(struct vfs_service *self, uint64_t, uint64_t offset,
                              struct format_buffer *text)
{
	static const struct str head =
	        STR_INIT("Num               RefCount Protocol Flags    Type St Inode Path\n");
	struct made_cursor *at = &self->sockets;
	struct socket_figures some[LISTED_AT_ONCE];
	const struct figures_answer answer = {.bytes = some, .capacity = sizeof some};
	if (at->offset > offset || !at->offset)
		*at = (struct made_cursor){};
	if (!at->offset && !made_add_line(at, head, offset, text))
		return OK;
	for (;;) {
		int64_t len = figures_ask(&self->figures, SYSTEM_QUERY_SOCKETS, at->next, answer);
		if (len <= 0)
			return (enum status)len;
		for (size_t i = 0; i < (size_t)len / sizeof some[0]; i++) {
			char bytes[SOCKET_LINE_BYTES];
			struct format_buffer line = {.ptr = bytes, .size = sizeof bytes};
			socket_line(&some[i], &line);
			if (!made_add_line(at, (struct str){bytes, line.len}, offset, text))
				return OK;
			at->next = some[i].inode;
		}
	}
}
