/* A font made by hand, and the same one with lies in it. */
#include "../../../test.h"
#include "device/screen/font.h"
#include <string.h>

/* Two characters: 'A', 3 x 2 pixels, and 'B', whose picture lies outside the cell. */
static const unsigned char good[] = {
        'F', 'I', 'L',  'E', 0,   0,   0,   4,   'P', 'F',  'F',  '2', 'A', 'S',  'C', 'E',
        0,   0,   0,    2,   0,   14,  'C', 'H', 'I', 'X',  0,    0,   0,   18,   0,   0,
        0,   'A', 0,    0,   0,   0,   56,  0,   0,   0,    'B',  0,   0,   0,    0,   67,
        'D', 'A', 'T',  'A', 255, 255, 255, 255, 0,   3,    0,    2,   0,   1,    0,   0,
        0,   8,   0xb4, 0,   2,   0,   1,   0,   7,   0xff, 0xf0, 0,   8,   0xc0,
};

static void picture_lies_where_the_font_says(void **)
{
	struct font font;
	struct font_cell cell;
	assert_int_equal(font_open((struct str){(const char *)good, sizeof good}, &font), OK);
	assert_true(font_draw(&font, 'A', &cell));
	/* bits 101 101, one pixel from the left, above the base line */
	assert_int_equal(cell.rows[12], 0x50);
	assert_int_equal(cell.rows[13], 0x50);
	assert_int_equal(cell.rows[11], 0);
	assert_int_equal(cell.rows[14], 0);
}

static void what_lies_outside_the_cell_is_left_out(void **)
{
	struct font font;
	struct font_cell cell;
	assert_int_equal(font_open((struct str){(const char *)good, sizeof good}, &font), OK);
	assert_true(font_draw(&font, 'B', &cell));
	for (size_t row = 0; row < FONT_CELL_HEIGHT; row++)
		assert_int_equal(cell.rows[row], 0);
}

static void unknown_character_is_a_box(void **)
{
	struct font font;
	struct font_cell cell;
	assert_int_equal(font_open((struct str){(const char *)good, sizeof good}, &font), OK);
	assert_false(font_draw(&font, 'C', &cell));
	assert_int_equal(cell.rows[2], 0x7e);
}

static void no_damage_reaches_beyond_the_file(void **)
{
	struct font font;
	struct font_cell cell;
	char bytes[sizeof good];
	for (size_t at = 0; at < sizeof good; at++)
		for (unsigned value = 0; value < 256; value += 51) {
			memcpy(bytes, good, sizeof good);
			bytes[at] = (char)value;
			if (font_open((struct str){bytes, sizeof bytes}, &font) != OK)
				continue;
			(void)font_draw(&font, 'A', &cell);
			(void)font_draw(&font, 'B', &cell);
		}
	for (size_t len = 0; len < sizeof good; len++) {
		memcpy(bytes, good, len);
		if (font_open((struct str){bytes, len}, &font) == OK)
			(void)font_draw(&font, 'B', &cell);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(picture_lies_where_the_font_says),
	        cmocka_unit_test(what_lies_outside_the_cell_is_left_out),
	        cmocka_unit_test(unknown_character_is_a_box),
	        cmocka_unit_test(no_damage_reaches_beyond_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
