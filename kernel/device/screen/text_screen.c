/* Cells, and the bytes that change them. */
#include "device/screen/text_screen.h"
#include <string.h>

enum { TEXT_TAB = 8, TEXT_UNKNOWN = 0xfffd };

void text_screen_init(struct text_screen *screen, struct text_cell *cells, unsigned columns,
                      unsigned rows)
{
	*screen = (struct text_screen){
	        .columns = columns,
	        .rows = rows,
	        .cells = cells,
	        .cursor.colors = TEXT_WHITE,
	        .saved.colors = TEXT_WHITE,
	        .bottom = rows,
	};
	text_blank(screen, 0, columns * rows);
}

void text_blank(struct text_screen *screen, unsigned from, unsigned to)
{
	const struct text_cell blank = {.code = ' ', .colors = screen->cursor.colors};
	for (unsigned i = from; i < to; i++)
		screen->cells[i] = blank;
}

void text_scroll_up(struct text_screen *screen, unsigned first, unsigned count)
{
	unsigned height = screen->bottom - first, columns = screen->columns;
	if (count > height)
		count = height;
	memmove(&screen->cells[first * columns], &screen->cells[(first + count) * columns],
	        (size_t)(height - count) * columns * sizeof screen->cells[0]);
	text_blank(screen, (screen->bottom - count) * columns, screen->bottom * columns);
}

void text_scroll_down(struct text_screen *screen, unsigned first, unsigned count)
{
	unsigned height = screen->bottom - first, columns = screen->columns;
	if (count > height)
		count = height;
	memmove(&screen->cells[(first + count) * columns], &screen->cells[first * columns],
	        (size_t)(height - count) * columns * sizeof screen->cells[0]);
	text_blank(screen, first * columns, (first + count) * columns);
}

void text_line_feed(struct text_screen *screen)
{
	screen->cursor.wraps_next = false;
	if (screen->cursor.row + 1 == screen->bottom)
		text_scroll_up(screen, screen->top, 1);
	else if (screen->cursor.row + 1 < screen->rows)
		screen->cursor.row++;
}

void text_reverse_feed(struct text_screen *screen)
{
	screen->cursor.wraps_next = false;
	if (screen->cursor.row == screen->top)
		text_scroll_down(screen, screen->top, 1);
	else if (screen->cursor.row)
		screen->cursor.row--;
}

void text_move(struct text_screen *screen, unsigned row, unsigned column)
{
	screen->cursor.row = row < screen->rows ? row : screen->rows - 1;
	screen->cursor.column = column < screen->columns ? column : screen->columns - 1;
	screen->cursor.wraps_next = false;
}

static struct text_cell *text_line(const struct text_screen *screen)
{
	return &screen->cells[screen->cursor.row * screen->columns];
}

void text_insert_cells(struct text_screen *screen, unsigned count)
{
	unsigned at = screen->cursor.column, left = screen->columns - at;
	unsigned start = screen->cursor.row * screen->columns + at;
	if (count > left)
		count = left;
	memmove(text_line(screen) + at + count, text_line(screen) + at,
	        (left - count) * sizeof screen->cells[0]);
	text_blank(screen, start, start + count);
}

void text_delete_cells(struct text_screen *screen, unsigned count)
{
	unsigned at = screen->cursor.column, left = screen->columns - at;
	unsigned end = (screen->cursor.row + 1) * screen->columns;
	if (count > left)
		count = left;
	memmove(text_line(screen) + at, text_line(screen) + at + count,
	        (left - count) * sizeof screen->cells[0]);
	text_blank(screen, end - count, end);
}

/* The VT100's special graphics, from '`' on. */
static uint16_t text_line_piece(uint16_t code)
{
	static const uint16_t pieces[] = {
	        0x2666, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1,
	        0x2424, 0x240b, 0x2518, 0x2510, 0x250c, 0x2514, 0x002b, 0x23ba,
	        0x23bb, 0x2501, 0x23bc, 0x23bd, 0x002b, 0x002b, 0x002b, 0x002b,
	        0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
	};
	size_t index = (size_t)code - '`';
	return index < sizeof pieces / sizeof pieces[0] ? pieces[index] : code;
}

void text_put(struct text_screen *screen, uint16_t code)
{
	struct text_cursor *cursor = &screen->cursor;
	if (cursor->wraps_next && !screen->no_wrap) {
		cursor->column = 0;
		text_line_feed(screen);
	}
	if (screen->insert)
		text_insert_cells(screen, 1);
	text_line(screen)[cursor->column] = (struct text_cell){
	        .code = cursor->line_drawing ? text_line_piece(code) : code,
	        .colors = cursor->colors,
	        .style = cursor->style,
	};
	cursor->wraps_next = cursor->column + 1 == screen->columns;
	if (!cursor->wraps_next)
		cursor->column++;
}

/* C0 controls; they work inside of sequences, too. */
static void text_control(struct text_screen *screen, uint8_t byte)
{
	struct text_cursor *cursor = &screen->cursor;
	switch (byte) {
	case '\b':
		cursor->column -= cursor->column > 0;
		cursor->wraps_next = false;
		return;
	case '\t':
		text_move(screen, cursor->row, (cursor->column / TEXT_TAB + 1) * TEXT_TAB);
		return;
	case '\n':
	case '\v':
	case '\f':
		text_line_feed(screen);
		return;
	case '\r':
		text_move(screen, cursor->row, 0);
		return;
	case 0x0e:
	case 0x0f:
		cursor->line_drawing = byte == 0x0e;
		return;
	case 0x18:
	case 0x1a:
		screen->state = TEXT_PLAIN;
		return;
	case 0x1b:
		screen->state = TEXT_ESCAPE;
		return;
	}
}

/* UTF-8, RFC 3629; a broken character is one 0xfffd. */
static void text_plain(struct text_screen *screen, uint8_t byte)
{
	if (screen->code_left && (byte & 0xc0) == 0x80) {
		screen->code = screen->code << 6 | (byte & 0x3f);
		if (--screen->code_left == 0)
			text_put(screen, screen->code < TEXT_UNKNOWN ? (uint16_t)screen->code
			                                             : TEXT_UNKNOWN);
		return;
	}
	if (screen->code_left)
		text_put(screen, TEXT_UNKNOWN);
	screen->code_left = 0;
	if (byte < 0x80) {
		text_put(screen, byte);
	} else if (byte >= 0xc2 && byte < 0xf5) {
		screen->code_left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
		screen->code = byte & (0x3f >> screen->code_left);
	} else {
		text_put(screen, TEXT_UNKNOWN);
	}
}

static void text_escape(struct text_screen *screen, uint8_t byte)
{
	screen->state = TEXT_PLAIN;
	switch (byte) {
	case '[':
		screen->state = TEXT_SEQUENCE;
		screen->is_private = false;
		screen->parameter_count = 0;
		memset(screen->parameters, 0, sizeof screen->parameters);
		return;
	case '(':
		screen->state = TEXT_CHARSET;
		return;
	case ')':
	case '#':
	case '%':
		screen->state = TEXT_SKIPPED;
		return;
	case '7':
		screen->saved = screen->cursor;
		return;
	case '8':
		screen->cursor = screen->saved;
		return;
	case 'D':
		text_line_feed(screen);
		return;
	case 'E':
		text_move(screen, screen->cursor.row, 0);
		text_line_feed(screen);
		return;
	case 'M':
		text_reverse_feed(screen);
		return;
	case 'c':
		text_screen_init(screen, screen->cells, screen->columns, screen->rows);
		return;
	}
}

static void text_sequence(struct text_screen *screen, uint8_t byte)
{
	unsigned *last = &screen->parameters[screen->parameter_count < TEXT_PARAMETERS_MAX
	                                             ? screen->parameter_count
	                                             : TEXT_PARAMETERS_MAX - 1];
	if (byte >= '0' && byte <= '9') {
		if (*last < 10000)
			*last = *last * 10 + (byte - '0');
	} else if (byte == ';') {
		screen->parameter_count += screen->parameter_count < TEXT_PARAMETERS_MAX;
	} else if (byte == '?') {
		screen->is_private = true;
	} else if (byte >= 0x40) {
		screen->state = TEXT_PLAIN;
		screen->parameter_count += screen->parameter_count < TEXT_PARAMETERS_MAX;
		text_run_sequence(screen, (char)byte);
	}
}

static void text_byte(struct text_screen *screen, uint8_t byte)
{
	if (byte < 0x20) {
		text_control(screen, byte);
		return;
	}
	if (byte == 0x7f)
		return;
	switch (screen->state) {
	case TEXT_PLAIN:
		text_plain(screen, byte);
		return;
	case TEXT_ESCAPE:
		text_escape(screen, byte);
		return;
	case TEXT_SEQUENCE:
		text_sequence(screen, byte);
		return;
	case TEXT_CHARSET:
		screen->cursor.line_drawing = byte == '0';
		screen->state = TEXT_PLAIN;
		return;
	case TEXT_SKIPPED:
		screen->state = TEXT_PLAIN;
		return;
	}
}

void text_screen_write(struct text_screen *screen, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text_byte(screen, (uint8_t)text[i]);
}
