#include "io/line_discipline.h"
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
	        .input = LINE_CR_TO_NL,
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
	                       [LINE_SUSPEND] = 26,
	                       [LINE_WORD_ERASE] = 23},
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
	} else if (line_is(line, LINE_END, byte)) {
		line_commit(line, false);
	} else if (byte == '\n') {
		line_echo(line, byte, effect);
		line_commit(line, true);
	} else if (line->edit_len < LINE_EDIT_MAX) {
		line->edit[line->edit_len++] = byte;
		line_echo(line, byte, effect);
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
	line->queue_start = line->queue_count = line->lines = 0;
}

void line_type(struct line_discipline *line, uint8_t byte, struct line_effect *out_effect)
{
	const struct line_settings *settings = &line->settings;
	out_effect->signal = 0;
	out_effect->echo_len = 0;
	if (byte == '\r') {
		if (settings->input & LINE_IGNORE_CR)
			return;
		byte = settings->input & LINE_CR_TO_NL ? '\n' : '\r';
	} else if (byte == '\n' && (settings->input & LINE_NL_TO_CR)) {
		byte = '\r';
	}
	out_effect->signal = line_signal_of(line, byte);
	if (out_effect->signal) {
		if (!line_has(line, LINE_NO_FLUSH))
			line_flush(line);
		line_echo(line, byte, out_effect);
		return;
	}
	if (line_has(line, LINE_CANONICAL)) {
		line_type_canonical(line, byte, out_effect);
		return;
	}
	if (line_push(line, byte))
		line_echo(line, byte, out_effect);
}

void line_set(struct line_discipline *line, const struct line_settings *settings)
{
	bool was_canonical = line_has(line, LINE_CANONICAL);
	line->settings = *settings;
	if (!was_canonical || line_has(line, LINE_CANONICAL))
		return;
	for (size_t i = 0; i < line->edit_len; i++)
		(void)line_push(line, line->edit[i]);
	line->edit_len = 0;
}

bool line_is_readable(const struct line_discipline *line)
{
	if (line_has(line, LINE_CANONICAL))
		return line->lines > 0;
	return line->queue_count > 0 || line->settings.characters[LINE_MINIMUM] == 0;
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
