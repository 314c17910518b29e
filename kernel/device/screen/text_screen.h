/*
 * The text of a screen: cells, a cursor, and the terminal language that programs write (VT100 with
 * the usual additions, as TERM=vt100 and linux use them). Knows no pixels. Private to device.
 *
 * ECMA-48; DEC VT100 user guide, chapter 3. Text is UTF-8. What is not understood is passed over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_PARAMETERS_MAX = 8, TEXT_COLUMNS_MAX = 256, TEXT_ROWS_MAX = 128 };

enum text_style {
	TEXT_BOLD = 1 << 0,
	TEXT_UNDERLINE = 1 << 1,
	TEXT_INVERSE = 1 << 2,
};

enum { TEXT_WHITE = 7, TEXT_BLACK = 0 };

struct text_cell {
	uint16_t code; /* Unicode; 0xfffd for what is beyond */
	uint8_t colors; /* foreground in the low half, background in the high one */
	uint8_t style; /* enum text_style */
};

struct text_cursor {
	unsigned row, column;
	uint8_t colors;
	uint8_t style;
	bool line_drawing; /* small letters are pieces of lines */
	bool wraps_next; /* the last column was written: the next character begins a line */
};

enum text_state { TEXT_PLAIN, TEXT_ESCAPE, TEXT_SEQUENCE, TEXT_CHARSET, TEXT_SKIPPED };

struct text_screen {
	unsigned columns, rows;
	struct text_cell *cells; /* rows times columns, the caller's */
	struct text_cursor cursor, saved;
	unsigned top, bottom; /* rows that scroll: [top, bottom) */
	bool cursor_hidden;
	bool no_wrap;
	bool insert;

	enum text_state state;
	bool is_private; /* the sequence began with '?' */
	unsigned parameters[TEXT_PARAMETERS_MAX];
	unsigned parameter_count;
	uint32_t code; /* of a character that is not whole */
	unsigned code_left; /* bytes of it still to come */
};

/* Blank, with the cursor in the corner. */
void text_screen_init(struct text_screen *screen, struct text_cell *cells, unsigned columns,
                      unsigned rows);
void text_screen_write(struct text_screen *screen, const char *text, size_t len);

/* ---- for the parser ---- */

void text_put(struct text_screen *screen, uint16_t code);
void text_line_feed(struct text_screen *screen);
void text_reverse_feed(struct text_screen *screen);
/* Rows [first, first + ...) of the scrolling region move; count lines appear. */
void text_scroll_up(struct text_screen *screen, unsigned first, unsigned count);
void text_scroll_down(struct text_screen *screen, unsigned first, unsigned count);
/* Blanks cells [from, to) of all cells in reading order. */
void text_blank(struct text_screen *screen, unsigned from, unsigned to);
void text_insert_cells(struct text_screen *screen, unsigned count);
void text_delete_cells(struct text_screen *screen, unsigned count);
/* Zero-based; kept on the screen. */
void text_move(struct text_screen *screen, unsigned row, unsigned column);
/* The end of a control sequence. */
void text_run_sequence(struct text_screen *screen, char final);
