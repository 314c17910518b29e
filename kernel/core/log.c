#include "core/log.h"
#include "core/ops.h"
#include <format/api.h>
#include <string.h>

static const char *const log_level_names[] = LOG_LEVEL_NAMES;
static const char *const log_category_names[] = LOG_CATEGORY_NAMES;

/* Each with a pause: long enough for another CPU to finish a line; a log that stays locked must not
 * stop a CPU. */
enum { LOG_LOCK_TRIES = 2000000 };

static bool log_try_lock(struct log *log, uint64_t *out_interrupts)
{
	return core_lock_try(&log->lock, LOG_LOCK_TRIES, out_interrupts);
}

void log_init(struct log *log, char *ring, size_t ring_size)
{
	memset(log, 0, sizeof *log);
	memcpy(log->thresholds, log_default_thresholds, sizeof log->thresholds);
	log->ring = ring;
	log->ring_size = ring_size;
}

const char *log_level_name(unsigned level)
{
	return level < COUNT(log_level_names) ? log_level_names[level] : "unknown";
}

static void log_append_escaped(struct format_buffer *line, struct str message)
{
	for (size_t i = 0; i < message.len; i++) {
		char c = message.ptr[i];
		const char *letter = c == '\n' ? "n" : c == '\r' ? "r" : c == '\t' ? "t" : NULL;
		if (letter) {
			format_append(line, "\\%s", letter);
		} else if (c == '\\' || c == '"') {
			format_append_byte(line, '\\');
			format_append_byte(line, c);
		} else if ((unsigned char)c < 0x20 || c == 0x7f) {
			format_append(line, "\\x%02x", (unsigned char)c);
		} else {
			format_append_byte(line, c);
		}
	}
}

static void log_append_number(struct format_buffer *line, const char *key, bool known,
                              uint64_t number)
{
	if (known)
		format_append(line, " %s=%lu", key, number);
	else
		format_append(line, " %s=-", key);
}

/* "./kernel/x.c" and "kernel/x.c" are the same place. */
static const char *log_module(const char *file)
{
	return file[0] == '.' && file[1] == '/' ? file + 2 : file;
}

static void log_append_prefix(struct format_buffer *line, const struct log_site *site,
                              uint64_t sequence)
{
	const struct core_ops *ops = core_operations();
	struct core_identity identity = ops->identity();
	format_append(line, "seq=%lu ts_us=%lu tick=%lu lvl=%s cat=%s mod=%s line=%u", sequence,
	              ops->clock_us(), ops->clock_ticks(), log_level_name(site->level),
	              log_category_names[site->category], log_module(site->file), site->line);
	log_append_number(line, "pid", identity.known, identity.pid);
	log_append_number(line, "tid", identity.known, identity.tid);
}

static void log_ring_put(struct log *log, struct str text)
{
	if (text.len > log->ring_size)
		return;
	size_t at = log->ring_size ? (size_t)(log->ring_written % log->ring_size) : 0;
	size_t first = log->ring_size - at < text.len ? log->ring_size - at : text.len;
	if (first)
		memcpy(log->ring + at, text.ptr, first);
	if (text.len > first)
		memcpy(log->ring, text.ptr + first, text.len - first);
	log->ring_written += text.len;
}

static unsigned log_sinks(const struct log *log, unsigned level)
{
	unsigned least = __atomic_load_n(&log->console_level, __ATOMIC_RELAXED);
	return level < least ? CORE_SINK_DEBUG : CORE_SINKS_OF_LOG;
}

/* Whoever wrote before did not end its line. */
static void log_begin_line(struct log *log, unsigned sinks)
{
	if (log->mid_line & sinks)
		core_operations()->write(STR("\n"), log->mid_line & sinks);
	log->mid_line &= ~sinks;
	log->is_terminal_line = false;
}

/* log->message holds the text; the lock is held. */
static void log_emit(struct log *log, const struct log_site *site, struct str message, bool cut)
{
	/* the end of the line always has room: quote, newline */
	struct format_buffer line = {.ptr = log->line, .size = sizeof log->line - 8};
	log_append_prefix(&line, site, ++log->sequence);
	format_append_str(&line, STR(" msg=\""));
	log_append_escaped(&line, message);

	cut |= line.cut;
	line.size = sizeof log->line;
	format_append_str(&line, cut ? STR("...\"\n") : STR("\"\n"));

	log_ring_put(log, format_buffer_text(&line));
	unsigned sinks = log_sinks(log, site->always ? LOG_LEVEL_FATAL : site->level);
	log_begin_line(log, sinks);
	core_operations()->write(format_buffer_text(&line), sinks);
}

static void log_emit_lost(struct log *log)
{
	uint64_t lost = __atomic_exchange_n(&log->lost, 0, __ATOMIC_RELAXED);
	if (lost == 0)
		return;
	static const struct log_site site = {
	        .file = __FILE__, .line = __LINE__, .level = LOG_LEVEL_WARN, .category = LOG_BOOT};
	log->lost_total += lost;
	struct format_buffer message = {.ptr = log->message, .size = sizeof log->message};
	format_append(&message, "log lines lost=%lu total=%lu", lost, log->lost_total);
	log_emit(log, &site, format_buffer_text(&message), message.cut);
}

static bool log_wants(const struct log *log, const struct log_site *site)
{
	unsigned threshold = log->thresholds[site->category];
	return site->always || (threshold != LOG_LEVEL_OFF && site->level >= threshold);
}

void log_write_list(struct log *log, const struct log_site *site, const char *format,
                    va_list arguments)
{
	if (!log_wants(log, site))
		return;

	uint64_t interrupts;
	if (!log_try_lock(log, &interrupts)) {
		__atomic_fetch_add(&log->lost, 1, __ATOMIC_RELAXED);
		return;
	}
	log_emit_lost(log);
	struct format_buffer message = {.ptr = log->message, .size = sizeof log->message};
	format_append_list(&message, format, arguments);
	log_emit(log, site, format_buffer_text(&message), message.cut);
	core_lock_release(&log->lock, interrupts);
}

static void log_note_line(struct log *log, struct str text, unsigned sinks)
{
	log->mid_line &= ~sinks;
	if (text.ptr[text.len - 1] != '\n')
		log->mid_line |= sinks;
}

void log_write_plain(struct log *log, struct str text)
{
	uint64_t interrupts;
	if (!text.len)
		return;
	while (!log_try_lock(log, &interrupts))
		;
	unsigned sinks = log_sinks(log, LOG_LEVEL_INFO);
	if (log->is_terminal_line) /* a program's own lines may come in pieces */
		log_begin_line(log, sinks);
	core_operations()->write(text, sinks);
	log_note_line(log, text, sinks);
	/* what comes in pieces is no line of a log */
	if (text.ptr[text.len - 1] == '\n')
		log_ring_put(log, text);
	core_lock_release(&log->lock, interrupts);
}

/* Line by line, the end of each as a terminal has it. */
static void log_write_lines(struct str text)
{
	while (text.len) {
		const char *newline = memchr(text.ptr, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.ptr) : text.len;
		core_operations()->write((struct str){text.ptr, len}, CORE_SINK_TERMINAL);
		if (newline) {
			core_operations()->write(STR("\r\n"), CORE_SINK_TERMINAL);
			len++;
		}
		text = str_slice(text, len, text.len);
	}
}

void log_write_terminal(struct log *log, struct str text, bool add_returns)
{
	uint64_t interrupts;
	if (!text.len)
		return;
	while (!log_try_lock(log, &interrupts))
		;
	core_operations()->write(text, CORE_SINK_DEBUG);
	if (add_returns)
		log_write_lines(text);
	else
		core_operations()->write(text, CORE_SINK_TERMINAL);
	log_note_line(log, text, CORE_SINKS_OF_LOG);
	log->is_terminal_line = log->mid_line;
	core_lock_release(&log->lock, interrupts);
}

void log_set_console_level(struct log *log, enum log_level level)
{
	__atomic_store_n(&log->console_level, (uint8_t)level, __ATOMIC_RELAXED);
}

void log_set_quiet(struct log *log, bool quiet)
{
	log_set_console_level(log, quiet ? LOG_LEVEL_ERROR : LOG_LEVEL_TRACE);
}
