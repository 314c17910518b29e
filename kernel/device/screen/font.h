/*
 * A bitmap font in GRUB's format PF2, over the bytes of its file. Private to device.
 *
 * Every offset is checked before use. Format: GRUB manual, "PFF2 font format".
 */
#pragma once

#include <abi/status.h>
#include <base/str.h>

enum { FONT_CELL_WIDTH = 8, FONT_CELL_HEIGHT = 16 };

struct font {
	struct str file;
	struct str index; /* 9 bytes a character, ascending */
	uint32_t ascent; /* rows of a cell above the base line */
};

/* A cell's picture: a byte a row, the leftmost pixel in the highest bit. */
struct font_cell {
	uint8_t rows[FONT_CELL_HEIGHT];
};

/* ERR_INVALID_ARGS: no such font. The bytes must outlive it. */
enum status font_open(struct str file, struct font *out_font);
/* False: the font has no such character; the cell is then a box. */
bool font_draw(const struct font *font, uint32_t code, struct font_cell *out_cell);
