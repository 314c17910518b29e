#include "qemu/session/marks.h"
#include "qemu/session/process.h"
#include <string.h>

/*
 * Lines that decide a run. Rows for the boot loader hold on the serial line of a
 * firmware boot, until the kernel speaks on debugcon. second: must stand in the
 * same line, behind the first; NULL: nothing more.
 */
struct verdict_row {
	const char *first;
	const char *second;
	enum qemu_outcome outcome;
	bool loader;
};

static const struct verdict_row verdicts[] = {
        {"[PANIC]", NULL, QEMU_PANIC, false},
        {"error: bad signature", NULL, QEMU_REFUSED, true},
        {"error: public key ", "not found", QEMU_REFUSED, true},
        {"error: no public key", NULL, QEMU_REFUSED, true},
        {"error: invalid signature", NULL, QEMU_REFUSED, true},
        {"error: verification requested but nobody cares", NULL, QEMU_REFUSED, true},
        {"error: prohibited by secure boot policy", NULL, QEMU_REFUSED, true},
        {"error: file `", ".sig' not found", QEMU_REFUSED, true},
        {"BdsDxe: failed to load", "Access Denied", QEMU_REFUSED, true},
        {"BdsDxe: failed to load", "Security Violation", QEMU_REFUSED, true},
        {"grub rescue>", NULL, QEMU_LOADER_STOPPED, true},
        {"grub: refused", NULL, QEMU_LOADER_STOPPED, true}, /* manifests/grub: it gives up */
        {"BdsDxe: loading", "EFI Internal Shell", QEMU_NOTHING_TO_BOOT, true},
        {"BdsDxe: No bootable option", NULL, QEMU_NOTHING_TO_BOOT, true},
};

void marks_init(struct marks *m, struct arena *a, const struct qemu_request *request)
{
	*m = (struct marks){.arena = a, .request = request};
	m->seen = ARENA_ARRAY(a, bool, request->expect.count + 1);
}

static const char *find(const struct mark_stream *s, size_t from, struct str mark)
{
	if (from > s->len || !mark.len)
		return NULL;
	return memmem(s->line + from, s->len - from, mark.ptr, mark.len);
}

static void look_for_expected(struct marks *m, struct mark_stream *s)
{
	const struct strs *expect = &m->request->expect;
	for (size_t i = 0; i < expect->count; i++)
		if (!m->seen[i] && find(s, 0, expect->items[i]))
			m->seen[i] = true;
	while (m->request->in_order && s->next < expect->count) {
		struct str mark = expect->items[s->next];
		const char *at = find(s, s->order_from, mark);
		if (!at)
			break;
		s->order_from = (size_t)(at - s->line) + mark.len;
		s->next++;
	}
}

static struct str current_line(const struct marks *m, const struct mark_stream *s)
{
	return arena_str(m->arena, str_trim((struct str){s->line, s->len}));
}

static void record_hit(struct marks *m, const struct mark_stream *s, enum qemu_outcome outcome)
{
	if (m->hit.any)
		return;
	struct str line = current_line(m, s);
	m->hit = (struct mark_hit){.any = true, .outcome = outcome, .line = line, .open = s};
}

static bool row_matches(const struct verdict_row *row, const struct mark_stream *s)
{
	struct str first = str_from_c(row->first);
	const char *at = find(s, 0, first);
	if (!at || !row->second)
		return at;
	return find(s, (size_t)(at - s->line) + first.len, str_from_c(row->second));
}

static void look_for_verdicts(struct marks *m, struct mark_stream *s)
{
	bool loader = m->request->boot == BOOT_EFI && s == &m->streams[CHANNEL_SERIAL] &&
	              !m->streams[CHANNEL_DEBUGCON].spoke;
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		const struct verdict_row *row = &verdicts[i];
		if ((loader || !row->loader) && row_matches(row, s))
			record_hit(m, s, row->outcome);
	}
	const struct strs *forbid = &m->request->forbid;
	for (size_t i = 0; i < forbid->count; i++)
		if (find(s, 0, forbid->items[i]))
			record_hit(m, s, QEMU_FORBIDDEN);
}

static void look(struct marks *m, struct mark_stream *s)
{
	look_for_expected(m, s);
	look_for_verdicts(m, s);
}

static bool contains(struct str line, struct str part)
{
	return memmem(line.ptr, line.len, part.ptr, part.len);
}

static void end_line(struct marks *m, struct mark_stream *s)
{
	struct str line = {s->line, s->len};
	if (m->hit.open == s) {
		m->hit.line = current_line(m, s);
		m->hit.open = NULL;
	}
	bool serial = s == &m->streams[CHANNEL_SERIAL];
	if (serial && str_starts_with(line, STR("error: ")) && !contains(line, STR("/normal.mod")))
		m->loader_error = current_line(m, s);
	if (contains(line, STR(" lvl=error ")) || contains(line, STR(" lvl=fatal ")))
		m->kernel_error = current_line(m, s);
	if (m->hit.outcome == QEMU_PANIC && str_starts_with(line, STR("message: ")))
		m->hit.line = current_line(m, s);
	s->len = 0;
	s->order_from = 0;
}

/* A line too long loses its first half, after it was searched. */
static void shorten_line(struct mark_stream *s)
{
	size_t half = MARK_LINE_MAX / 2;
	memmove(s->line, s->line + half, s->len - half);
	s->len -= half;
	s->order_from = s->order_from > half ? s->order_from - half : 0;
}

void marks_feed(struct marks *m, size_t channel, struct str bytes)
{
	struct mark_stream *s = &m->streams[channel];
	s->spoke = s->spoke || bytes.len > 0;
	for (size_t i = 0; i < bytes.len; i++) {
		char byte = bytes.ptr[i];
		if (escape_takes(&s->escape, byte))
			continue;
		if (byte == '\n') {
			look(m, s);
			end_line(m, s);
			continue;
		}
		if (byte == '\r' || byte == '\0')
			continue;
		s->line[s->len++] = byte;
		if (s->len == MARK_LINE_MAX) {
			look(m, s);
			shorten_line(s);
		}
	}
	look(m, s); /* a prompt has no line end */
}

bool marks_all_seen(const struct marks *m)
{
	size_t count = m->request->expect.count;
	if (!count)
		return false;
	if (m->request->in_order) {
		for (size_t i = 0; i < MARK_CHANNELS; i++)
			if (m->streams[i].next == count)
				return true;
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (!m->seen[i])
			return false;
	return true;
}

struct strs marks_missing(const struct marks *m, struct arena *a)
{
	struct strs missing = {};
	const struct strs *expect = &m->request->expect;
	if (marks_all_seen(m))
		return missing;
	size_t next = 0;
	for (size_t i = 0; i < MARK_CHANNELS; i++)
		if (m->streams[i].next > next)
			next = m->streams[i].next;
	for (size_t i = 0; i < expect->count; i++)
		if (m->request->in_order ? i >= next : !m->seen[i])
			strs_add(&missing, a, expect->items[i]);
	return missing;
}

bool marks_check(const struct qemu_request *request, struct diag *d)
{
	const struct strs *lists[] = {&request->expect, &request->forbid};
	bool ok = true;
	for (size_t l = 0; l < COUNT(lists); l++)
		for (size_t i = 0; i < lists[l]->count; i++) {
			struct str mark = lists[l]->items[i];
			bool fits = mark.len && mark.len <= MARK_LINE_MAX / 2 &&
			            !str_contains(mark, '\n') && !str_contains(mark, '\r');
			if (fits)
				continue;
			diag_error(d, (struct span){}, (struct str){},
			           "a mark is one line of 1 to %d bytes, this one is not: '%.*s'",
			           MARK_LINE_MAX / 2, STR_ARG(mark));
			ok = false;
		}
	return ok;
}
