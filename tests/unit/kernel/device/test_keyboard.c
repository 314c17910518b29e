#include "../../test.h"
#include "device/keyboard.h"

/* Events as "code" pressed, "-code" released, "+code" repeated; what they type. */
static void expect(const int *events, size_t count, const char *typed)
{
	struct keyboard keyboard = {};
	char text[256], bytes[KEYBOARD_TEXT_MAX];
	size_t len = 0;
	for (size_t i = 0; i < count; i++) {
		int code = events[i] % 10000;
		const struct driver_input_event event = {
		        .type = DRIVER_INPUT_KEY,
		        .code = (uint16_t)(code < 0 ? -code : code),
		        .value = events[i] < 0        ? DRIVER_INPUT_RELEASED
		                 : events[i] >= 10000 ? DRIVER_INPUT_REPEATED
		                                      : DRIVER_INPUT_PRESSED,
		};
		struct str piece = keyboard_type(&keyboard, &event, bytes);
		assert_true(piece.len <= KEYBOARD_TEXT_MAX);
		for (size_t k = 0; k < piece.len; k++)
			text[len++] = piece.ptr[k];
	}
	assert_str(((struct str){text, len}), str_from_c(typed));
}

#define EXPECT(typed, ...)                                                                         \
	do {                                                                                       \
		const int events_[] = {__VA_ARGS__};                                               \
		expect(events_, COUNT(events_), typed);                                            \
	} while (0)

enum {
	REPEAT = 10000,
	A = 30,
	C = 46,
	ONE = 2,
	ENTER = 28,
	SHIFT = 42,
	CONTROL = 29,
	ALT = 56,
	CAPS = 58
};

static void keys_type_their_characters(void **)
{
	EXPECT("a1\r", A, -A, ONE, -ONE, ENTER, -ENTER);
	EXPECT("aaa", A, A + REPEAT, A + REPEAT, -A);
	EXPECT("\177\t\033", 14, 15, 1);
	EXPECT("'`\\ .*", 40, 41, 43, 57, 52, 55);
}

static void shift_and_caps_lock_change_them(void **)
{
	EXPECT("A!a1", SHIFT, A, ONE, -SHIFT, A, ONE);
	EXPECT("A1a!", CAPS, -CAPS, A, ONE, SHIFT, A, ONE);
	EXPECT("Aa", CAPS, CAPS + REPEAT, -CAPS, A, CAPS, -CAPS, A);
	EXPECT("A", 54, A);
}

static void control_and_alt_make_other_bytes(void **)
{
	EXPECT("\003\001c", CONTROL, C, A, -CONTROL, C);
	EXPECT("\003", CONTROL, SHIFT, C);
	EXPECT("1", CONTROL, ONE);
	EXPECT("\033a\033\033[A", ALT, A, 103);
}

static void keys_without_a_character_type_sequences_or_nothing(void **)
{
	EXPECT("\033[A\033[B\033[C\033[D\033[H\033[F\033[5~\033[6~\033[3~", 103, 108, 106, 105, 102,
	       107, 104, 109, 111);
	EXPECT("", 59, 70, 120, 255, 700, 9999);
}

static void other_events_type_nothing(void **)
{
	struct keyboard keyboard = {};
	char bytes[KEYBOARD_TEXT_MAX];
	const struct driver_input_event moved = {.type = 2, .code = A, .value = 1};
	assert_int_equal(keyboard_type(&keyboard, &moved, bytes).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(keys_type_their_characters),
	        cmocka_unit_test(shift_and_caps_lock_change_them),
	        cmocka_unit_test(control_and_alt_make_other_bytes),
	        cmocka_unit_test(keys_without_a_character_type_sequences_or_nothing),
	        cmocka_unit_test(other_events_type_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
