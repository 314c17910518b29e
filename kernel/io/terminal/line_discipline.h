/*
 * What a terminal does with the bytes that are typed: editing of a line, echo, signals.
 *
 * Numbers and meanings are those of termios (Linux include/uapi/asm-generic/termbits.h). Knows no
 * device and no process, so it runs on the host. Callers serialise.
 */
#pragma once

#include <base/str.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum line_input_flag {
	LINE_NL_TO_CR = 0100,
	LINE_IGNORE_CR = 0200,
	LINE_CR_TO_NL = 0400,
	LINE_FLOW = 02000, /* Ctrl-S holds the output, Ctrl-Q lets it go on */
	LINE_FLOW_ANY = 04000, /* so does any other character */
};
enum line_output_flag { LINE_POST = 1, LINE_NL_TO_CR_NL = 4 };
enum line_local_flag {
	LINE_SIGNALS = 1,
	LINE_CANONICAL = 2,
	LINE_ECHO = 010,
	LINE_ECHO_ERASE = 020,
	LINE_ECHO_KILL = 040,
	LINE_ECHO_NL = 0100,
	LINE_NO_FLUSH = 0200,
	LINE_STOP_BACKGROUND = 0400, /* who writes without being in the foreground is stopped */
	LINE_ECHO_CONTROL = 01000,
	LINE_EXTENDED = 0100000,
};

enum line_character {
	LINE_INTERRUPT = 0,
	LINE_QUIT = 1,
	LINE_ERASE = 2,
	LINE_KILL = 3,
	LINE_END = 4,
	LINE_TIME = 5, /* tenths of a second that a read waits */
	LINE_MINIMUM = 6,
	LINE_START = 8,
	LINE_STOP = 9,
	LINE_SUSPEND = 10,
	LINE_REPRINT = 12,
	LINE_WORD_ERASE = 14,
	LINE_NEXT = 15, /* the next character is taken as it is */
	LINE_CHARACTERS = 19,
};

struct line_settings {
	uint32_t input, output, control, local;
	uint8_t line;
	uint8_t characters[LINE_CHARACTERS];
};

enum { LINE_EDIT_MAX = 1024, LINE_QUEUE_MAX = 4096, LINE_ECHO_MAX = 3 * LINE_EDIT_MAX };

struct line_discipline {
	struct line_settings settings;
	uint8_t edit[LINE_EDIT_MAX]; /* the line that is being typed */
	size_t edit_len;
	uint16_t queue[LINE_QUEUE_MAX]; /* bytes for readers, with marks */
	size_t queue_start, queue_count;
	size_t lines; /* that end in the queue */
	bool next_is_plain; /* after LINE_NEXT */
	bool stopped; /* the output waits */
};

/* What one byte led to. */
struct line_effect {
	uint32_t signal; /* 0: none */
	size_t echo_len;
	char echo[LINE_ECHO_MAX];
};

void line_init(struct line_discipline *line);
/* New settings: what is being typed becomes readable when lines are not edited any more. */
void line_set(struct line_discipline *line, const struct line_settings *settings);
void line_type(struct line_discipline *line, uint8_t byte, struct line_effect *out_effect);
/* Is there something to read? */
bool line_is_readable(const struct line_discipline *line);
/*
 * Takes up to capacity bytes: of one line, when lines are edited. False: nothing to read yet; true
 * with 0: the end. How long a read waits for more (LINE_MINIMUM, LINE_TIME) is its caller's matter.
 */
bool line_read(struct line_discipline *line, char *out, size_t capacity, size_t *out_len);
/* Would a byte that is typed be kept? A line that grows too long loses bytes all the same. */
bool line_has_room(const struct line_discipline *line);
/* Bytes that a read would get now. */
size_t line_readable_count(const struct line_discipline *line);
/* The settings of the beginning. */
void line_reset(struct line_discipline *line);
/* Forgets what was typed. */
void line_flush(struct line_discipline *line);
