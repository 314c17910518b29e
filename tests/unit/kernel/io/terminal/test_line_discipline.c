/* The line discipline: what is typed against what is read, echoed and signalled. */
#include "../../../test.h"
#include "io/terminal/line_discipline.h"
#include <string.h>

static struct line_discipline line;
static char echoed[16384];
static size_t echoed_len;
static uint32_t signalled;

static void begin(void)
{
	line_init(&line);
	echoed_len = 0;
	signalled = 0;
}

static void type(const char *bytes)
{
	static struct line_effect effect;
	for (; *bytes; bytes++) {
		line_type(&line, (uint8_t)*bytes, &effect);
		memcpy(echoed + echoed_len, effect.echo, effect.echo_len);
		echoed_len += effect.echo_len;
		if (effect.signal)
			signalled = effect.signal;
	}
}

/* What a read gives; "-" when it would wait. */
static const char *read_text(size_t capacity)
{
	static char text[LINE_QUEUE_MAX + 1];
	size_t len;
	if (!line_read(&line, text, capacity, &len))
		return "-";
	text[len] = 0;
	return text;
}

static void a_line_is_read_when_it_ends(void **)
{
	begin();
	type("ab");
	assert_string_equal(read_text(99), "-");
	type("c\rde\n");
	assert_string_equal(read_text(99), "abc\n");
	assert_string_equal(read_text(2), "de");
	assert_string_equal(read_text(99), "\n");
	assert_string_equal(read_text(99), "-");
	assert_memory_equal(echoed, "abc\nde\n", echoed_len);
}

static void lines_are_edited_before_they_are_read(void **)
{
	static const struct {
		const char *typed, *read, *echo;
	} cases[] = {
	        {"abx\x7f\n", "ab\n", "abx\b \b\n"},
	        {"\x7f\x7f"
	         "a\n",
	         "a\n", "a\n"},
	        {"one\x15two\n", "two\n", "one\b \b\b \b\b \btwo\n"},
	        {"one two \x17"
	         "x\n",
	         "one x\n", "one two \b \b\b \b\b \b\b \bx\n"},
	        {"a\x01\x7f\n", "a\n", "a^A\b \b\b \b\n"},
	        {"\xc3\xa4\x7f"
	         "b\n",
	         "b\n", "\xc3\xa4\b \bb\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin();
		type(cases[i].typed);
		assert_string_equal(read_text(99), cases[i].read);
		assert_int_equal(echoed_len, strlen(cases[i].echo));
		assert_memory_equal(echoed, cases[i].echo, echoed_len);
	}
}

static void the_end_is_told_once(void **)
{
	begin();
	type("\x04");
	assert_string_equal(read_text(99), "");
	assert_string_equal(read_text(99), "-");
	type("ab\x04");
	assert_string_equal(read_text(99), "ab");
	assert_string_equal(read_text(99), "-");
}

static void some_characters_are_signals(void **)
{
	static const struct {
		const char *typed;
		uint32_t signal;
	} cases[] = {{"\x03", 2}, {"\x1c", 3}, {"\x1a", 20}, {"x", 0}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin();
		type("typed");
		type(cases[i].typed);
		assert_int_equal(signalled, cases[i].signal);
		type("\n");
		assert_string_equal(read_text(99), cases[i].signal ? "\n" : "typedx\n");
	}
	begin();
	type("\x03");
	assert_memory_equal(echoed, "^C", echoed_len);
}

static void raw_bytes_are_read_at_once(void **)
{
	begin();
	struct line_settings raw = line.settings;
	type("half");
	raw.local &= ~(uint32_t)(LINE_CANONICAL | LINE_ECHO | LINE_SIGNALS);
	line_set(&line, &raw);
	assert_string_equal(read_text(99), "half");
	assert_string_equal(read_text(99), "-");
	echoed_len = 0;
	type("\x03\x7f");
	assert_string_equal(read_text(1), "\x03");
	assert_string_equal(read_text(9), "\x7f");
	assert_int_equal(signalled, 0);
	assert_int_equal(echoed_len, 0);
}

static void a_literal_character_is_no_order(void **)
{
	static const struct {
		const char *typed, *read, *echo;
	} cases[] = {
	        {"a\x16\x03\n", "a\x03\n", "a^\b^C\n"},
	        {"a\x16\x7f\x7f\n", "a\n", "a^\b^?\b \b\b \b\n"},
	        {"\x16\n\n", "\n\n", "^\b\n\n"},
	        {"\x16\x16\n", "\x16\n", "^\b^V\n"},
	        {"ab\x12"
	         "c\n",
	         "abc\n", "ab^R\nabc\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin();
		type(cases[i].typed);
		assert_int_equal(signalled, 0);
		assert_string_equal(read_text(99), cases[i].read);
		assert_int_equal(echoed_len, strlen(cases[i].echo));
		assert_memory_equal(echoed, cases[i].echo, echoed_len);
	}
}

static void the_output_is_held_until_it_may_go_on(void **)
{
	static const struct {
		uint32_t input;
		const char *typed;
		bool stopped;
		const char *read;
	} cases[] = {
	        {LINE_FLOW, "\x13", true, "-"},
	        {LINE_FLOW, "\x13\x11", false, "-"},
	        {LINE_FLOW, "\x13x\n", true, "x\n"},
	        {LINE_FLOW | LINE_FLOW_ANY, "\x13x\n", false, "x\n"},
	        {LINE_FLOW, "\x13\x03", false, "-"},
	        {0, "\x13\n", false, "\x13\n"},
	        {LINE_FLOW, "\x11\n", false, "\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin();
		struct line_settings settings = line.settings;
		settings.input = cases[i].input;
		line_set(&line, &settings);
		type(cases[i].typed);
		assert_int_equal(line.stopped, cases[i].stopped);
		assert_string_equal(read_text(99), cases[i].read);
		settings.input = 0;
		line_set(&line, &settings);
		assert_false(line.stopped);
	}
}

static void room_is_told_before_bytes_are_lost(void **)
{
	begin();
	for (int i = 0; i < LINE_EDIT_MAX + 9; i++)
		type("x");
	assert_true(line_has_room(&line));
	int typed = 0;
	type("\n");
	for (; line_has_room(&line); typed++)
		type(&"a\0b\0\n"[typed % 3 * 2]);
	assert_int_equal(typed, LINE_QUEUE_MAX - 1 - LINE_EDIT_MAX - 1);
	(void)read_text(LINE_QUEUE_MAX);
	assert_true(line_has_room(&line));
}

static void what_is_too_much_is_left_out(void **)
{
	begin();
	for (int i = 0; i < LINE_EDIT_MAX + 50; i++)
		type("x");
	type("\n");
	assert_int_equal(strlen(read_text(LINE_QUEUE_MAX)), LINE_EDIT_MAX + 1);
	for (int i = 0; i < 3000; i++)
		type("ab\n");
	size_t lines = 0;
	while (strcmp(read_text(99), "-") != 0)
		lines++;
	assert_int_equal(lines, LINE_QUEUE_MAX / 3);
}

static void bytes_that_a_read_would_get_are_counted(void **)
{
	begin();
	assert_int_equal(line_readable_count(&line), 0);
	type("ab");
	assert_int_equal(line_readable_count(&line), 0);
	type("c\nsecond\n");
	assert_int_equal(line_readable_count(&line), 4);
	(void)read_text(2);
	assert_int_equal(line_readable_count(&line), 2);
	(void)read_text(9);
	assert_int_equal(line_readable_count(&line), 7);
	line_flush(&line);
	type("\x04");
	assert_int_equal(line_readable_count(&line), 0);
	struct line_settings raw = line.settings;
	raw.local &= ~(uint32_t)LINE_CANONICAL;
	line_flush(&line);
	line_set(&line, &raw);
	type("x\ny");
	assert_int_equal(line_readable_count(&line), 3);
	/* the next session finds a terminal as it was at the beginning */
	line_reset(&line);
	assert_true(line.settings.local & LINE_CANONICAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_line_is_read_when_it_ends),
	        cmocka_unit_test(lines_are_edited_before_they_are_read),
	        cmocka_unit_test(the_end_is_told_once),
	        cmocka_unit_test(some_characters_are_signals),
	        cmocka_unit_test(raw_bytes_are_read_at_once),
	        cmocka_unit_test(a_literal_character_is_no_order),
	        cmocka_unit_test(the_output_is_held_until_it_may_go_on),
	        cmocka_unit_test(room_is_told_before_bytes_are_lost),
	        cmocka_unit_test(what_is_too_much_is_left_out),
	        cmocka_unit_test(bytes_that_a_read_would_get_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
