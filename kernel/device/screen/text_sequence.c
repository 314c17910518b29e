/* Control sequences: ESC [ parameters final. */
#include "device/screen/text_screen.h"

/* A count: 0 or none means 1. */
static unsigned sequence_count(const struct text_screen *screen, unsigned index)
{
	return screen->parameters[index] ? screen->parameters[index] : 1;
}

static unsigned sequence_less(unsigned value, unsigned count)
{
	return value > count ? value - count : 0;
}

static void sequence_erase_screen(struct text_screen *screen)
{
	unsigned all = screen->columns * screen->rows;
	unsigned at = screen->cursor.row * screen->columns + screen->cursor.column;
	switch (screen->parameters[0]) {
	case 0:
		text_blank(screen, at, all);
		return;
	case 1:
		text_blank(screen, 0, at + 1);
		return;
	case 2:
	case 3:
		text_blank(screen, 0, all);
		return;
	}
}

static void sequence_erase_line(struct text_screen *screen)
{
	unsigned start = screen->cursor.row * screen->columns;
	unsigned at = start + screen->cursor.column, end = start + screen->columns;
	switch (screen->parameters[0]) {
	case 0:
		text_blank(screen, at, end);
		return;
	case 1:
		text_blank(screen, start, at + 1);
		return;
	case 2:
		text_blank(screen, start, end);
		return;
	}
}

static void sequence_erase_cells(struct text_screen *screen)
{
	unsigned at = screen->cursor.row * screen->columns + screen->cursor.column;
	unsigned left = screen->columns - screen->cursor.column;
	unsigned count = sequence_count(screen, 0);
	text_blank(screen, at, at + (count < left ? count : left));
}

static void sequence_set_color(struct text_cursor *cursor, unsigned color, bool background)
{
	cursor->colors = background ? (uint8_t)((cursor->colors & 0x0f) | color << 4)
	                            : (uint8_t)((cursor->colors & 0xf0) | color);
}

static void sequence_style(struct text_cursor *cursor, unsigned value)
{
	static const struct {
		unsigned value;
		uint8_t set, clear;
	} styles[] = {
	        {1, TEXT_BOLD, 0},  {4, TEXT_UNDERLINE, 0},  {7, TEXT_INVERSE, 0},
	        {22, 0, TEXT_BOLD}, {24, 0, TEXT_UNDERLINE}, {27, 0, TEXT_INVERSE},
	};
	for (unsigned i = 0; i < sizeof styles / sizeof styles[0]; i++)
		if (styles[i].value == value)
			cursor->style =
			        (uint8_t)((cursor->style | styles[i].set) & ~styles[i].clear);
	if (value == 0) {
		cursor->style = 0;
		cursor->colors = TEXT_WHITE;
	} else if (value >= 30 && value <= 37) {
		sequence_set_color(cursor, value - 30, false);
	} else if (value == 39) {
		sequence_set_color(cursor, TEXT_WHITE, false);
	} else if (value >= 40 && value <= 47) {
		sequence_set_color(cursor, value - 40, true);
	} else if (value == 49) {
		sequence_set_color(cursor, TEXT_BLACK, true);
	} else if (value >= 90 && value <= 97) {
		sequence_set_color(cursor, value - 90 + 8, false);
	} else if (value >= 100 && value <= 107) {
		sequence_set_color(cursor, value - 100 + 8, true);
	}
}

static void sequence_mode(struct text_screen *screen, bool set)
{
	for (unsigned i = 0; i < screen->parameter_count; i++) {
		unsigned mode = screen->parameters[i];
		if (!screen->is_private)
			screen->insert = mode == 4 ? set : screen->insert;
		else if (mode == 7)
			screen->no_wrap = !set;
		else if (mode == 25)
			screen->cursor_hidden = !set;
	}
}

static void sequence_set_region(struct text_screen *screen)
{
	unsigned top = sequence_count(screen, 0) - 1;
	unsigned bottom = screen->parameters[1] ? screen->parameters[1] : screen->rows;
	if (bottom > screen->rows)
		bottom = screen->rows;
	if (top + 1 >= bottom)
		return;
	screen->top = top;
	screen->bottom = bottom;
	text_move(screen, 0, 0);
}

static bool sequence_in_region(const struct text_screen *screen)
{
	return screen->cursor.row >= screen->top && screen->cursor.row < screen->bottom;
}

static void sequence_move(struct text_screen *screen, char final)
{
	unsigned row = screen->cursor.row, column = screen->cursor.column;
	unsigned count = sequence_count(screen, 0);
	switch (final) {
	case 'A':
		row = sequence_less(row, count);
		break;
	case 'B':
	case 'e':
		row += count;
		break;
	case 'C':
	case 'a':
		column += count;
		break;
	case 'D':
		column = sequence_less(column, count);
		break;
	case 'E':
		row += count;
		column = 0;
		break;
	case 'F':
		row = sequence_less(row, count);
		column = 0;
		break;
	case 'G':
	case '`':
		column = count - 1;
		break;
	case 'd':
		row = count - 1;
		break;
	case 'H':
	case 'f':
		row = count - 1;
		column = sequence_count(screen, 1) - 1;
		break;
	default:
		return;
	}
	text_move(screen, row, column);
}

static void sequence_edit(struct text_screen *screen, char final)
{
	unsigned count = sequence_count(screen, 0);
	switch (final) {
	case '@':
		text_insert_cells(screen, count);
		return;
	case 'P':
		text_delete_cells(screen, count);
		return;
	case 'X':
		sequence_erase_cells(screen);
		return;
	case 'J':
		sequence_erase_screen(screen);
		return;
	case 'K':
		sequence_erase_line(screen);
		return;
	case 'L':
		if (sequence_in_region(screen))
			text_scroll_down(screen, screen->cursor.row, count);
		return;
	case 'M':
		if (sequence_in_region(screen))
			text_scroll_up(screen, screen->cursor.row, count);
		return;
	case 'S':
		text_scroll_up(screen, screen->top, count);
		return;
	case 'T':
		text_scroll_down(screen, screen->top, count);
		return;
	}
}

void text_run_sequence(struct text_screen *screen, char final)
{
	switch (final) {
	case 'm':
		for (unsigned i = 0; i < screen->parameter_count; i++)
			sequence_style(&screen->cursor, screen->parameters[i]);
		return;
	case 'h':
	case 'l':
		sequence_mode(screen, final == 'h');
		return;
	case 'r':
		sequence_set_region(screen);
		return;
	case 's':
		screen->saved = screen->cursor;
		return;
	case 'u':
		screen->cursor = screen->saved;
		return;
	}
	if (screen->is_private)
		return;
	sequence_move(screen, final);
	sequence_edit(screen, final);
}
