#include "device/screen/font.h"
#include <string.h>

enum {
	FONT_INDEX_ENTRY = 9,
	FONT_INDEX_OFFSET = 5,
	FONT_GLYPH_HEADER = 10,
	FONT_SECTIONS_MAX = 32,
	FONT_SIZE_MAX = 64,
};

static uint32_t font_u32(const char *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return __builtin_bswap32(value);
}

static uint16_t font_u16(const char *at)
{
	uint16_t value;
	memcpy(&value, at, sizeof value);
	return __builtin_bswap16(value);
}

/* A section: name, length, bytes. The last one, DATA, has no length. */
static bool font_next_section(struct str *rest, struct str *out_name, struct str *out_bytes)
{
	if (rest->len < 8)
		return false;
	uint32_t len = font_u32(rest->ptr + 4);
	*out_name = str_slice(*rest, 0, 4);
	if (str_equal(*out_name, STR("DATA")) || len > rest->len - 8)
		return false;
	*out_bytes = str_slice(*rest, 8, 8 + (size_t)len);
	*rest = str_slice(*rest, 8 + (size_t)len, rest->len);
	return true;
}

enum status font_open(struct str file, struct font *out_font)
{
	struct font font = {.file = file};
	struct str rest = file, name, bytes;
	if (!str_starts_with(file, STR("FILE\0\0\0\4PFF2")))
		return ERR_INVALID_ARGS;
	for (int i = 0; i < FONT_SECTIONS_MAX && font_next_section(&rest, &name, &bytes); i++) {
		if (str_equal(name, STR("CHIX")))
			font.index = bytes;
		else if (str_equal(name, STR("ASCE")) && bytes.len == 2)
			font.ascent = font_u16(bytes.ptr);
	}
	if (font.index.len < FONT_INDEX_ENTRY || font.ascent > FONT_SIZE_MAX)
		return ERR_INVALID_ARGS;
	*out_font = font;
	return OK;
}

/* Offset of the character's picture in the file; false: there is none. */
static bool font_find(const struct font *font, uint32_t code, uint32_t *out_offset)
{
	size_t low = 0, high = font->index.len / FONT_INDEX_ENTRY;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *entry = font->index.ptr + middle * FONT_INDEX_ENTRY;
		uint32_t found = font_u32(entry);
		if (found == code) {
			*out_offset = font_u32(entry + FONT_INDEX_OFFSET);
			return true;
		}
		if (found < code)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

struct font_glyph {
	const uint8_t *bits; /* rows one behind the other, without padding */
	unsigned width, height;
	int left, top; /* in the cell */
};

static bool font_read_glyph(const struct font *font, uint32_t offset, struct font_glyph *out_glyph)
{
	struct str file = font->file;
	if (offset > file.len || file.len - offset < FONT_GLYPH_HEADER)
		return false;
	const char *at = file.ptr + offset;
	unsigned width = font_u16(at), height = font_u16(at + 2);
	int left = (int16_t)font_u16(at + 4), base = (int16_t)font_u16(at + 6);
	size_t bytes = ((size_t)width * height + 7) / 8;
	if (width > FONT_SIZE_MAX || height > FONT_SIZE_MAX ||
	    bytes > file.len - offset - FONT_GLYPH_HEADER)
		return false;
	*out_glyph = (struct font_glyph){
	        .bits = (const uint8_t *)at + FONT_GLYPH_HEADER,
	        .width = width,
	        .height = height,
	        .left = left,
	        .top = (int)font->ascent - base - (int)height,
	};
	return true;
}

/* What lies outside the cell is left out. */
static void font_copy_glyph(const struct font_glyph *glyph, struct font_cell *cell)
{
	for (unsigned y = 0; y < glyph->height; y++) {
		int row = glyph->top + (int)y;
		for (unsigned x = 0; x < glyph->width; x++) {
			unsigned bit = y * glyph->width + x;
			int column = glyph->left + (int)x;
			if (row < 0 || row >= FONT_CELL_HEIGHT || column < 0 ||
			    column >= FONT_CELL_WIDTH)
				continue;
			if (glyph->bits[bit / 8] >> (7 - bit % 8) & 1)
				cell->rows[row] |= (uint8_t)(0x80 >> column);
		}
	}
}

bool font_draw(const struct font *font, uint32_t code, struct font_cell *out_cell)
{
	uint32_t offset;
	struct font_glyph glyph;
	memset(out_cell, 0, sizeof *out_cell);
	if (font_find(font, code, &offset) && font_read_glyph(font, offset, &glyph)) {
		font_copy_glyph(&glyph, out_cell);
		return true;
	}
	for (size_t row = 2; row < FONT_CELL_HEIGHT - 2; row++)
		out_cell->rows[row] = row == 2 || row == FONT_CELL_HEIGHT - 3 ? 0x7e : 0x42;
	return false;
}
