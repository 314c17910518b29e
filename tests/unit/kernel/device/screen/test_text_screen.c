/* What programs write to a terminal, and what its screen shows then. */
#include "../../../test.h"
#include "device/screen/text_screen.h"
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 10, ROWS = 4 };

struct world {
	struct text_screen screen;
	struct text_cell before[4]; /* nothing is written outside */
	struct text_cell cells[COLUMNS * ROWS];
	struct text_cell behind[4];
};

static struct world world;

static int setup(void **)
{
	memset(&world, 0xee, sizeof world);
	text_screen_init(&world.screen, world.cells, COLUMNS, ROWS);
	return 0;
}

static void check_edges(void)
{
	static const uint8_t edge[sizeof world.before] = {0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
	                                                  0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
	                                                  0xee, 0xee, 0xee, 0xee};
	assert_memory_equal(world.before, edge, sizeof edge);
	assert_memory_equal(world.behind, edge, sizeof edge);
	assert_true(world.screen.cursor.row < ROWS && world.screen.cursor.column < COLUMNS);
}

/* Rows without trailing blanks, separated by '|'; what is no ASCII as '?'. */
static void expect(const char *written, const char *shown)
{
	char text[ROWS * (COLUMNS + 1) + 1];
	size_t len = 0;
	setup(NULL);
	text_screen_write(&world.screen, written, strlen(written));
	for (unsigned row = 0; row < ROWS; row++) {
		size_t line = len;
		for (unsigned column = 0; column < COLUMNS; column++) {
			uint16_t code = world.cells[row * COLUMNS + column].code;
			text[line + column] = code < 0x80 ? (char)code : '?';
			if (code != ' ')
				len = line + column + 1;
		}
		text[len++] = '|';
	}
	while (len && text[len - 1] == '|')
		len--;
	text[len] = '\0';
	if (strcmp(text, shown) != 0)
		fail_msg("'%s' shows '%s', want '%s'", written, text, shown);
	check_edges();
}

static void text_wraps_and_scrolls(void **)
{
	expect("hello", "hello");
	expect("0123456789", "0123456789");
	expect("0123456789a", "0123456789|a");
	expect("0123456789\r\na", "0123456789|a");
	expect("a\r\nb\r\nc\r\nd\r\ne", "b|c|d|e");
	expect("a\nb", "a| b");
	expect("abc\b\bX", "aXc");
	expect("\b\bX", "X");
	expect("a\tb", "a       b");
	expect("\t\tb", "         b");
	expect("abc\rX", "Xbc");
	expect("\033[?7l0123456789abc", "012345678c");
}

static void cursor_goes_where_it_is_sent(void **)
{
	expect("\033[2;3HX", "|  X");
	expect("\033[HX", "X");
	expect("\033[99;99HX", "|||         X");
	expect("\033[3;3f\033[A\033[DX", "| X");
	expect("\033[9A\033[9DX", "X");
	expect("\033[2B\033[2CX", "||  X");
	expect("ab\033[GX", "Xb");
	expect("ab\033[3dX", "ab||  X");
	expect("\0337\033[3;3H\0338X", "X");
	expect("a\033[s\033[3;3H\033[uX", "aX");
	expect("\033[2;2H\033MX", " X");
	expect("a\033Eb", "a|b");
}

static void parts_of_the_screen_are_erased(void **)
{
	expect("abc\033[2D\033[K", "a");
	expect("abc\033[2D\033[1K", "  c");
	expect("abc\033[2K", "");
	expect("a\r\nb\r\nc\033[2;1H\033[J", "a");
	expect("a\r\nb\r\nc\033[2;1H\033[1J", "||c");
	expect("a\r\nb\033[2JX", "| X");
	expect("abcdef\033[4D\033[2X", "ab  ef");
}

static void cells_and_lines_are_moved(void **)
{
	expect("abc\r\033[2@X", "X abc");
	expect("abcdef\r\033[2P", "cdef");
	expect("abc\033[99P\033[99@\033[99X", "abc");
	expect("a\r\nb\r\nc\033[2;1H\033[L", "a||b|c");
	expect("a\r\nb\r\nc\033[2;1H\033[M", "a|c");
	expect("a\r\nb\r\nc\033[99L\033[99M", "a|b");
	expect("a\r\nb\r\nc\033[S", "b|c");
	expect("a\r\nb\033[T", "|a|b");
	expect("a\033[4hb\r\033[4lX", "Xb");
	expect("abc\r\033[4hX", "Xabc");
}

static void region_scrolls_by_itself(void **)
{
	expect("a\r\nb\r\nc\r\nd\033[2;3r\033[3;1H\nX", "a|c|X|d");
	expect("a\r\nb\r\nc\r\nd\033[2;3r\033[2;1H\033MX", "a|X|b|d");
	expect("a\r\nb\033[3;2rX", "a|bX");
	expect("\033[2;3r\033[4;1Ha\nb", "|||ab");
	expect("a\r\nb\r\nc\r\nd\033[2;3r\033[r\033[4;1H\nX", "b|c|d|X");
}

static void broken_input_is_passed_over(void **)
{
	expect("\033[", "");
	expect("a\033[99999999999999999999Cb", "a        b");
	expect("\033[1;2;3;4;5;6;7;8;9;10;11;12mX", "X");
	expect("\033[>0cX", "X");
	expect("\033(0lqk\033(Bx", "???x");
	expect("\xc3\xa4", "?");
	expect("\xe2\x82X", "?X");
	expect("\xf0\x9f\x98\x80Y", "?Y");
	expect("\xff\xfe"
	       "Z",
	       "??Z");
	expect("a\033[2\x18"
	       "b",
	       "ab");
	expect("a\033cb", "b");
}

static void colors_and_styles_go_with_the_cells(void **)
{
	setup(NULL);
	const char text[] = "\033[1;31;44ma\033[22;7mb\033[0mc\033[4;97md";
	text_screen_write(&world.screen, text, sizeof text - 1);
	assert_int_equal(world.cells[0].colors, 0x41);
	assert_int_equal(world.cells[0].style, TEXT_BOLD);
	assert_int_equal(world.cells[1].style, TEXT_INVERSE);
	assert_int_equal(world.cells[2].colors, TEXT_WHITE);
	assert_int_equal(world.cells[2].style, 0);
	assert_int_equal(world.cells[3].colors, 15);
	assert_int_equal(world.cells[3].style, TEXT_UNDERLINE);
	text_screen_write(&world.screen, "\033[?25l", 6);
	assert_true(world.screen.cursor_hidden);
}

static void random_bytes_stay_on_the_screen(void **)
{
	static const char bytes[] = "\033[[[;;?0123456789HJKLMPX@ABCDrmhlsu78c(0#\n\r\t\babc\xc3";
	unsigned random = 5;
	setup(NULL);
	for (int i = 0; i < 200000; i++) {
		random = random * 1103515245 + 12345;
		text_screen_write(&world.screen, &bytes[random / 65536 % (sizeof bytes - 1)], 1);
		if (i % 64 == 0)
			check_edges();
	}
	check_edges();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(text_wraps_and_scrolls),
	        cmocka_unit_test(cursor_goes_where_it_is_sent),
	        cmocka_unit_test(parts_of_the_screen_are_erased),
	        cmocka_unit_test(cells_and_lines_are_moved),
	        cmocka_unit_test(region_scrolls_by_itself),
	        cmocka_unit_test(broken_input_is_passed_over),
	        cmocka_unit_test(colors_and_styles_go_with_the_cells),
	        cmocka_unit_test(random_bytes_stay_on_the_screen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
