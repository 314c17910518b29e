#include "io/terminal/line_discipline.h"
#include <string.h>

enum {
	LINE_MARK_END = 0x100, /* the last byte of a line */
	LINE_MARK_NOTHING = 0x200, /* no byte: only the end of a line */
	LINE_CONTROL_BIT = 0x40,
	LINE_DELETE = 0x7f,
	LINE_SIGNAL_INTERRUPT = 2,
	LINE_SIGNAL_QUIT = 3,
	LINE_SIGNAL_SUSPEND = 20,
	LINE_SPEED_115200 = 010002,
	LINE_CONTROL_8BIT_READ = 060 | 0200,
};

void line_reset(struct line_discipline *line)
{
	line->settings = (struct line_settings){
	        .input = LINE_CR_TO_NL | LINE_FLOW,
	        .output = LINE_POST | LINE_NL_TO_CR_NL,
	        .control = LINE_SPEED_115200 | LINE_CONTROL_8BIT_READ,
	        .local = LINE_SIGNALS | LINE_CANONICAL | LINE_ECHO | LINE_ECHO_ERASE |
	                 LINE_ECHO_KILL | LINE_ECHO_CONTROL | LINE_EXTENDED,
	        .characters = {[LINE_INTERRUPT] = 3,
	                       [LINE_QUIT] = 28,
	                       [LINE_ERASE] = LINE_DELETE,
	                       [LINE_KILL] = 21,
	                       [LINE_END] = 4,
	                       [LINE_MINIMUM] = 1,
	                       [LINE_START] = 17,
	                       [LINE_STOP] = 19,
	                       [LINE_SUSPEND] = 26,
	                       [LINE_REPRINT] = 18,
	                       [LINE_WORD_ERASE] = 23,
	                       [LINE_NEXT] = 22},
	};
}

void line_init(struct line_discipline *line)
{
	*line = (struct line_discipline){};
	line_reset(line);
}

static bool line_has(const struct line_discipline *line, uint32_t local)
{
	return line->settings.local & local;
}

static bool line_is(const struct line_discipline *line, enum line_character which, uint8_t byte)
{
	return byte && line->settings.characters[which] == byte;
}

static void line_echo_byte(struct line_effect *effect, char byte)
{
	if (effect->echo_len < sizeof effect->echo)
		effect->echo[effect->echo_len++] = byte;
}

static bool line_is_control(uint8_t byte)
{
	return byte < ' ' || byte == LINE_DELETE;
}

/* "^C" for a control character. */
static void line_echo(const struct line_discipline *line, uint8_t byte, struct line_effect *effect)
{
	bool plain = !line_is_control(byte) || byte == '\n' || byte == '\t';
	if (!line_has(line, LINE_ECHO) && !(byte == '\n' && line_has(line, LINE_ECHO_NL)))
		return;
	if (!plain && line_has(line, LINE_ECHO_CONTROL)) {
		line_echo_byte(effect, '^');
		line_echo_byte(effect, (char)(byte ^ LINE_CONTROL_BIT));
		return;
	}
	line_echo_byte(effect, (char)byte);
}

static bool line_push(struct line_discipline *line, uint16_t entry)
{
	if (line->queue_count == LINE_QUEUE_MAX)
		return false;
	line->queue[(line->queue_start + line->queue_count++) % LINE_QUEUE_MAX] = entry;
	line->lines += (entry & LINE_MARK_END) != 0;
	return true;
}

/* The typed line goes to the readers; a line for which there is no room is lost whole. */
static void line_commit(struct line_discipline *line, bool has_newline)
{
	size_t len = line->edit_len;
	line->edit_len = 0;
	if (LINE_QUEUE_MAX - line->queue_count < len + 1)
		return;
	for (size_t i = 0; i < len; i++) {
		bool is_last = !has_newline && i + 1 == len;
		(void)line_push(line, (uint16_t)(line->edit[i] | (is_last ? LINE_MARK_END : 0)));
	}
	if (has_newline)
		(void)line_push(line, '\n' | LINE_MARK_END);
	else if (len == 0)
		(void)line_push(line, LINE_MARK_NOTHING | LINE_MARK_END);
}

/* One character back; a UTF-8 sequence is one. */
static void line_erase(struct line_discipline *line, struct line_effect *effect)
{
	if (!line->edit_len)
		return;
	uint8_t last = line->edit[--line->edit_len];
	while ((last & 0xc0) == 0x80 && line->edit_len)
		last = line->edit[--line->edit_len];
	if (!line_has(line, LINE_ECHO) || !line_has(line, LINE_ECHO_ERASE))
		return;
	int columns = line_is_control(last) && line_has(line, LINE_ECHO_CONTROL) ? 2 : 1;
	for (int i = 0; i < columns; i++) {
		line_echo_byte(effect, '\b');
		line_echo_byte(effect, ' ');
		line_echo_byte(effect, '\b');
	}
}

static void line_erase_word(struct line_discipline *line, struct line_effect *effect)
{
	while (line->edit_len && line->edit[line->edit_len - 1] == ' ')
		line_erase(line, effect);
	while (line->edit_len && line->edit[line->edit_len - 1] != ' ')
		line_erase(line, effect);
}

/* The line again, on a new one. */
static void line_reprint(const struct line_discipline *line, struct line_effect *effect)
{
	line_echo(line, line->settings.characters[LINE_REPRINT], effect);
	line_echo(line, '\n', effect);
	for (size_t i = 0; i < line->edit_len; i++)
		line_echo(line, line->edit[i], effect);
}

/* Shown as a ^ that the character itself will cover. */
static void line_begin_plain(struct line_discipline *line, struct line_effect *effect)
{
	line->next_is_plain = true;
	if (!line_has(line, LINE_ECHO) || !line_has(line, LINE_ECHO_CONTROL))
		return;
	line_echo_byte(effect, '^');
	line_echo_byte(effect, '\b');
}

static void line_edit_add(struct line_discipline *line, uint8_t byte, struct line_effect *effect)
{
	if (line->edit_len == LINE_EDIT_MAX)
		return;
	line->edit[line->edit_len++] = byte;
	line_echo(line, byte, effect);
}

static void line_type_canonical(struct line_discipline *line, uint8_t byte,
                                struct line_effect *effect)
{
	if (line_is(line, LINE_ERASE, byte)) {
		line_erase(line, effect);
	} else if (line_is(line, LINE_KILL, byte)) {
		while (line->edit_len)
			line_erase(line, effect);
	} else if (line_is(line, LINE_WORD_ERASE, byte) && line_has(line, LINE_EXTENDED)) {
		line_erase_word(line, effect);
	} else if (line_is(line, LINE_REPRINT, byte) && line_has(line, LINE_EXTENDED)) {
		line_reprint(line, effect);
	} else if (line_is(line, LINE_NEXT, byte) && line_has(line, LINE_EXTENDED)) {
		line_begin_plain(line, effect);
	} else if (line_is(line, LINE_END, byte)) {
		line_commit(line, false);
	} else if (byte == '\n') {
		line_echo(line, byte, effect);
		line_commit(line, true);
	} else {
		line_edit_add(line, byte, effect);
	}
}

static uint32_t line_signal_of(const struct line_discipline *line, uint8_t byte)
{
	if (!line_has(line, LINE_SIGNALS))
		return 0;
	if (line_is(line, LINE_INTERRUPT, byte))
		return LINE_SIGNAL_INTERRUPT;
	if (line_is(line, LINE_QUIT, byte))
		return LINE_SIGNAL_QUIT;
	return line_is(line, LINE_SUSPEND, byte) ? LINE_SIGNAL_SUSPEND : 0;
}

void line_flush(struct line_discipline *line)
{
	line->edit_len = 0;
	line->next_is_plain = false;
	line->queue_start = line->queue_count = line->lines = 0;
}

/* Carriage returns and line feeds as the settings want them; false: the byte is ignored. */
static bool line_map(const struct line_discipline *line, uint8_t *byte)
{
	uint32_t input = line->settings.input;
	if (*byte == '\r' && (input & LINE_IGNORE_CR))
		return false;
	if (*byte == '\r' && (input & LINE_CR_TO_NL))
		*byte = '\n';
	else if (*byte == '\n' && (input & LINE_NL_TO_CR))
		*byte = '\r';
	return true;
}

/* True: the byte is used up, by holding the output or letting it go on. */
static bool line_flow(struct line_discipline *line, uint8_t byte)
{
	uint32_t input = line->settings.input;
	if (!(input & LINE_FLOW))
		return false;
	if (line_is(line, LINE_START, byte)) {
		line->stopped = false;
		return true;
	}
	if (line_is(line, LINE_STOP, byte)) {
		line->stopped = true;
		return true;
	}
	if (line->stopped && ((input & LINE_FLOW_ANY) || line_signal_of(line, byte)))
		line->stopped = false;
	return false;
}

static void line_type_mapped(struct line_discipline *line, uint8_t byte,
                             struct line_effect *out_effect)
{
	out_effect->signal = line_signal_of(line, byte);
	if (out_effect->signal) {
		if (!line_has(line, LINE_NO_FLUSH))
			line_flush(line);
		line_echo(line, byte, out_effect);
	} else if (line_has(line, LINE_CANONICAL)) {
		line_type_canonical(line, byte, out_effect);
	} else if (line_push(line, byte)) {
		line_echo(line, byte, out_effect);
	}
}

void line_type(struct line_discipline *line, uint8_t byte, struct line_effect *out_effect)
{
	out_effect->signal = 0;
	out_effect->echo_len = 0;
	if (line->next_is_plain) {
		line->next_is_plain = false;
		line_edit_add(line, byte, out_effect);
		return;
	}
	if (!line_flow(line, byte) && line_map(line, &byte))
		line_type_mapped(line, byte, out_effect);
}

void line_set(struct line_discipline *line, const struct line_settings *settings)
{
	bool was_canonical = line_has(line, LINE_CANONICAL);
	line->settings = *settings;
	/* nobody could let it go on */
	if (!(settings->input & LINE_FLOW))
		line->stopped = false;
	if (!was_canonical || line_has(line, LINE_CANONICAL))
		return;
	for (size_t i = 0; i < line->edit_len; i++)
		(void)line_push(line, line->edit[i]);
	line->edit_len = 0;
	line->next_is_plain = false;
}

bool line_is_readable(const struct line_discipline *line)
{
	return line_has(line, LINE_CANONICAL) ? line->lines > 0 : line->queue_count > 0;
}

bool line_has_room(const struct line_discipline *line)
{
	if (line_has(line, LINE_CANONICAL) && !line->lines)
		return true; /* only the end of the line can make room */
	return line->queue_count + line->edit_len < LINE_QUEUE_MAX - 1;
}

bool line_read(struct line_discipline *line, char *out, size_t capacity, size_t *out_len)
{
	bool canonical = line_has(line, LINE_CANONICAL);
	*out_len = 0;
	if (!line_is_readable(line))
		return false;
	while (line->queue_count && *out_len < capacity) {
		uint16_t entry = line->queue[line->queue_start];
		line->queue_start = (line->queue_start + 1) % LINE_QUEUE_MAX;
		line->queue_count--;
		line->lines -= (entry & LINE_MARK_END) != 0;
		if (!(entry & LINE_MARK_NOTHING))
			out[(*out_len)++] = (char)entry;
		if (canonical && (entry & LINE_MARK_END))
			break;
	}
	return true;
}

size_t line_readable_count(const struct line_discipline *line)
{
	size_t count = 0;
	for (size_t i = 0; i < line->queue_count; i++) {
		uint16_t entry = line->queue[(line->queue_start + i) % LINE_QUEUE_MAX];
		count += !(entry & LINE_MARK_NOTHING);
		if (line_has(line, LINE_CANONICAL) && (entry & LINE_MARK_END))
			break;
	}
	return count;
}
