/*
 * Structured log, one line per event:
 *   seq=N ts_us=N tick=N lvl=L cat=C mod=PATH line=N pid=P tid=T msg="..."
 * (escapes in msg: \\ \" \n \r \t; other control bytes as \xNN).
 *
 * Lines go to a text ring and to the installed sinks. The output lock is tried for a bounded
 * time, with interrupts off: a line that does not get it is dropped, counted, and the count is
 * logged with the next line that gets through.
 */
#pragma once

#include "core/lock.h"
#include <abi/log.h>
#include <abi/status.h>
#include <base/str.h>
#include <config/kernel.h>
#include <stdarg.h>

enum { LOG_LINE_MAX = 1024, LOG_MESSAGE_MAX = 512 };

struct log_site {
	const char *file;
	unsigned line;
	uint8_t level;
	uint8_t category;
	bool always; /* ignores every threshold */
};

struct log {
	struct core_lock lock;
	uint8_t console_level; /* atomic; enum log_level: nothing below goes to the console */
	uint64_t lost; /* atomic; lines since the last one that got through */
	uint8_t thresholds[LOG_CATEGORY_COUNT]; /* set at boot, then constant */

	/* guarded by lock */
	uint64_t sequence;
	uint64_t lost_total;
	unsigned mid_line; /* enum core_sink: plain text left them without a newline */
	bool is_terminal_line; /* it was the terminal */
	char *ring;
	size_t ring_size; /* 0 before log_start */
	uint64_t ring_written; /* bytes ever written */
	uint64_t cleared; /* of these, where a line begins: what is before is not read back */
	char line[LOG_LINE_MAX];
	char message[LOG_MESSAGE_MAX];
};

/* Thresholds at boot; LOG_LEVEL_OFF silences the category. */
static const uint8_t log_default_thresholds[LOG_CATEGORY_COUNT] = CONFIG_LOG_THRESHOLDS;

/* Thresholds as configured; ring may be NULL with size 0. */
void log_init(struct log *log, char *ring, size_t ring_size);
/* The least level of a category that is compiled in; LOG_LEVEL_OFF: none. */
uint8_t log_floor(size_t category);
/*
 * "memory=debug;vfs=trace" or one bare level for all; never below log_floor.
 * ERR_INVALID_ARGS names the first bad item in out_bad; good items take effect.
 */
enum status log_set_levels(struct log *log, struct str spec, struct str *out_bad);
void log_write_list(struct log *log, const struct log_site *site, const char *format,
                    va_list arguments);
/* Text as it is, to the sinks, and whole lines into the ring; waits for the lock. */
void log_write_plain(struct log *log, struct str text);
/* The same for what a person is to read: to the terminal, in which a line may need a CR too. */
void log_write_terminal(struct log *log, struct str text, bool add_returns);
/* Lines below the level go to the debug console only, and plain text as one of LOG_LEVEL_INFO. */
void log_set_console_level(struct log *log, enum log_level level);
/* A person has the console: only what must be read there goes there. */
void log_set_quiet(struct log *log, bool quiet);
/*
 * Copies the ring's newest whole lines, oldest first; a synthetic line stands first when older
 * ones were dropped. Returns bytes written.
 */
size_t log_snapshot(struct log *log, char *out, size_t size);
/* The same, and none of the lines so far is read back again; size may be 0. */
size_t log_take(struct log *log, char *out, size_t size);

/* The kernel's own log. log_start gives it its ring. */
struct log *kernel_log(void);
void log_start(void);
[[gnu::format(printf, 2, 3)]] void log_write(const struct log_site *site, const char *format, ...);
const char *log_level_name(unsigned level);

#define LOG_COMPILED_IN(level, category)                                                           \
	(CONFIG_LOG_ENABLED &&                                                                     \
	 ((CONFIG_LOG_COMPILED_LEVEL != LOG_LEVEL_OFF && (level) >= CONFIG_LOG_COMPILED_LEVEL) ||  \
	  (log_default_thresholds[category] != LOG_LEVEL_OFF &&                                    \
	   (level) >= log_default_thresholds[category])))
#define LOG_WRITE_SITE(log_level_, log_category_, log_always_, ...)                                \
	do {                                                                                       \
		static const struct log_site log_site_ = {.file = __FILE__,                        \
		                                          .line = __LINE__,                        \
		                                          .level = (log_level_),                   \
		                                          .category = (log_category_),             \
		                                          .always = (log_always_)};                \
		log_write(&log_site_, __VA_ARGS__);                                                \
	} while (0)
#define LOG_WRITE_LEVEL(level, category, ...)                                                      \
	do {                                                                                       \
		if (LOG_COMPILED_IN(level, category))                                              \
			LOG_WRITE_SITE(level, category, false, __VA_ARGS__);                       \
	} while (0)

/* category: a constant of enum log_category. */
#define LOG_TRACE(category, ...) LOG_WRITE_LEVEL(LOG_LEVEL_TRACE, category, __VA_ARGS__)
#define LOG_DEBUG(category, ...) LOG_WRITE_LEVEL(LOG_LEVEL_DEBUG, category, __VA_ARGS__)
#define LOG_INFO(category, ...) LOG_WRITE_LEVEL(LOG_LEVEL_INFO, category, __VA_ARGS__)
#define LOG_WARN(category, ...) LOG_WRITE_LEVEL(LOG_LEVEL_WARN, category, __VA_ARGS__)
#define LOG_ERROR(category, ...) LOG_WRITE_LEVEL(LOG_LEVEL_ERROR, category, __VA_ARGS__)
#define LOG_FATAL(category, ...) LOG_WRITE_LEVEL(LOG_LEVEL_FATAL, category, __VA_ARGS__)
/* At info level, whatever the thresholds and CONFIG_LOG_ENABLED say: for what tests rely on. */
#define LOG_ALWAYS(category, ...) LOG_WRITE_SITE(LOG_LEVEL_INFO, category, true, __VA_ARGS__)
