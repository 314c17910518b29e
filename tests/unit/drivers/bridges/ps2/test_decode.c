/* Bytes of a PS/2 keyboard and mouse, to events. */
#include "../../../../../drivers/bridges/ps2/decode.c"
#include "../../../test.h"
#include <string.h>

struct wanted {
	uint16_t type, code;
	int32_t value;
};

enum { WANTED_MAX = 12 };

static void assert_events(const struct driver_input_event *got, unsigned count,
                          const struct wanted *wanted)
{
	unsigned i = 0;
	for (; i < WANTED_MAX && (wanted[i].type || wanted[i].code); i++) {
		assert_true(i < count);
		assert_int_equal(got[i].type, wanted[i].type);
		assert_int_equal(got[i].code, wanted[i].code);
		assert_int_equal((int32_t)got[i].value, wanted[i].value);
	}
	assert_int_equal(count, i);
}

/* All but the ends of events that belong together. */
static unsigned without_ends(struct driver_input_event *events, unsigned count)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < count; i++)
		if (events[i].type != DRIVER_INPUT_END)
			events[kept++] = events[i];
	return kept;
}

static void keys_have_linux_s_codes(void **)
{
	static const struct {
		uint8_t bytes[8];
		size_t len;
		struct wanted wanted[WANTED_MAX];
	} cases[] = {
	        {{0x1e, 0x9e}, 2, {{1, 30, 1}, {1, 30, 0}}},
	        {{0x1e, 0x1e, 0x1e, 0x9e}, 4, {{1, 30, 1}, {1, 30, 2}, {1, 30, 2}, {1, 30, 0}}},
	        {{0xe0, 0x48, 0xe0, 0xc8}, 4, {{1, 103, 1}, {1, 103, 0}}},
	        {{0xe0, 0x1d, 0x1d}, 3, {{1, 97, 1}, {1, 29, 1}}},
	        {{0xe0, 0x2a, 0xe0, 0x53}, 4, {{1, 111, 1}}},
	        {{0xe1, 0x1d, 0x45, 0x1e}, 4, {{1, 30, 1}}},
	        {{0x57, 0x58, 0x59}, 3, {{1, 87, 1}, {1, 88, 1}}},
	        {{0x00, 0x80, 0xff}, 3, {{0}}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ps2_keyboard keyboard = {};
		struct driver_input_event events[4 * PS2_EVENTS_MAX];
		unsigned count = 0;
		for (size_t b = 0; b < cases[i].len; b++)
			count += ps2_keyboard_byte(&keyboard, cases[i].bytes[b], events + count);
		assert_events(events, without_ends(events, count), cases[i].wanted);
	}
}

static void a_mouse_moves_and_has_buttons(void **)
{
	static const struct {
		uint8_t bytes[8];
		size_t len;
		struct wanted wanted[WANTED_MAX];
	} cases[] = {
	        {{0x08, 5, 0}, 3, {{2, 0, 5}}},
	        {{0x38, 0xfb, 0xfe}, 3, {{2, 0, -5}, {2, 1, 2}}},
	        {{0x08, 0, 7}, 3, {{2, 1, -7}}},
	        {{0x09, 0, 0, 0x08, 0, 0}, 6, {{1, 0x110, 1}, {1, 0x110, 0}}},
	        {{0x0e, 1, 0}, 3, {{2, 0, 1}, {1, 0x111, 1}, {1, 0x112, 1}}},
	        {{0x08, 0, 0}, 3, {{0}}},
	        {{0x01, 0x02, 0x08, 3, 0}, 5, {{2, 0, 3}}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ps2_mouse mouse = {};
		struct driver_input_event events[4 * PS2_EVENTS_MAX];
		unsigned count = 0;
		for (size_t b = 0; b < cases[i].len; b++)
			count += ps2_mouse_byte(&mouse, cases[i].bytes[b], events + count);
		assert_events(events, without_ends(events, count), cases[i].wanted);
	}
}

static void what_belongs_together_has_one_end(void **)
{
	struct ps2_mouse mouse = {};
	struct driver_input_event events[PS2_EVENTS_MAX];
	(void)ps2_mouse_byte(&mouse, 0x0f, events);
	(void)ps2_mouse_byte(&mouse, 1, events);
	assert_int_equal(ps2_mouse_byte(&mouse, 1, events), PS2_EVENTS_MAX);
	assert_int_equal(events[PS2_EVENTS_MAX - 1].type, DRIVER_INPUT_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(keys_have_linux_s_codes),
	        cmocka_unit_test(a_mouse_moves_and_has_buttons),
	        cmocka_unit_test(what_belongs_together_has_one_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
