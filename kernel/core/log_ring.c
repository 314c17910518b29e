/* Reading the log's text ring back. */
#include "core/log.h"
#include "core/ops.h"
#include <format/api.h>

static char log_ring_byte(const struct log *log, uint64_t position)
{
	return log->ring[position % log->ring_size];
}

/* The first position in [from, end) that starts a whole line. */
static uint64_t log_ring_line_start(const struct log *log, uint64_t from)
{
	while (from < log->ring_written && log_ring_byte(log, from - 1) != '\n')
		from++;
	return from;
}

static void log_ring_copy(const struct log *log, struct format_buffer *out)
{
	uint64_t kept = log->ring_written < log->ring_size ? log->ring_written : log->ring_size;
	struct str dropped =
	        STR("seq=0 ts_us=0 tick=0 lvl=warn cat=boot mod=kernel/core/log_ring.c "
	            "line=0 pid=- tid=- msg=\"oldest logs dropped\"\n");
	uint64_t unread = log->ring_written - log->cleared;
	if (unread <= kept && unread <= out->size) {
		for (uint64_t at = log->cleared; at < log->ring_written; at++)
			format_append_byte(out, log_ring_byte(log, at));
		return;
	}
	if (out->size < dropped.len)
		return;

	/* one byte less than the ring holds, so that the byte before a start can be seen */
	uint64_t room = out->size - dropped.len;
	uint64_t len = kept - 1 < room ? kept - 1 : room;
	format_append_str(out, dropped);
	uint64_t at = log_ring_line_start(log, log->ring_written - len);
	for (; at < log->ring_written; at++)
		format_append_byte(out, log_ring_byte(log, at));
}

static size_t log_read_back(struct log *log, char *out, size_t size, bool clear)
{
	struct format_buffer buffer = {.ptr = out, .size = size};
	uint64_t interrupts = core_lock_take(&log->lock);
	if (log->ring_written)
		log_ring_copy(log, &buffer);
	if (clear)
		log->cleared = log->ring_written;
	core_lock_release(&log->lock, interrupts);
	return buffer.len;
}

size_t log_snapshot(struct log *log, char *out, size_t size)
{
	return log_read_back(log, out, size, false);
}

size_t log_take(struct log *log, char *out, size_t size)
{
	return log_read_back(log, out, size, true);
}
