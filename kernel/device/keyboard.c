#include "device/keyboard.h"
#include <string.h>

/* Linux's numbers. */
enum key_code {
	KEY_LEFT_CONTROL = 29,
	KEY_LEFT_SHIFT = 42,
	KEY_RIGHT_SHIFT = 54,
	KEY_LEFT_ALT = 56,
	KEY_CAPS_LOCK = 58,
	KEY_RIGHT_CONTROL = 97,
	KEY_RIGHT_ALT = 100,
};

/* By code; 0: no character. */
static const char key_plain[] =
        "\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char key_shifted[] =
        "\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

/* Keys that type a sequence, as a VT100 and xterm do. */
static const struct {
	uint16_t code;
	struct str text;
} key_sequences[] = {
        {96, STR_INIT("\r")},       {98, STR_INIT("/")},        {102, STR_INIT("\033[H")},
        {103, STR_INIT("\033[A")},  {104, STR_INIT("\033[5~")}, {105, STR_INIT("\033[D")},
        {106, STR_INIT("\033[C")},  {107, STR_INIT("\033[F")},  {108, STR_INIT("\033[B")},
        {109, STR_INIT("\033[6~")}, {110, STR_INIT("\033[2~")}, {111, STR_INIT("\033[3~")},
};

/* True when the key is one that only changes others. */
static bool keyboard_note(struct keyboard *keyboard, uint16_t code, bool down, bool again)
{
	switch (code) {
	case KEY_LEFT_SHIFT:
	case KEY_RIGHT_SHIFT:
		keyboard->shift = down;
		return true;
	case KEY_LEFT_CONTROL:
	case KEY_RIGHT_CONTROL:
		keyboard->control = down;
		return true;
	case KEY_LEFT_ALT:
	case KEY_RIGHT_ALT:
		keyboard->alt = down;
		return true;
	case KEY_CAPS_LOCK:
		keyboard->caps ^= down && !again;
		return true;
	}
	return false;
}

static char keyboard_character(const struct keyboard *keyboard, uint16_t code)
{
	if (code >= sizeof key_plain - 1)
		return '\0';
	char plain = key_plain[code];
	bool is_letter = plain >= 'a' && plain <= 'z';
	bool shifted = keyboard->shift != (is_letter && keyboard->caps);
	char c = shifted ? key_shifted[code] : plain;
	if (!keyboard->control)
		return c;
	if (c == ' ' || (c >= '@' && c <= '_') || is_letter)
		return (char)(c & 0x1f);
	return c;
}

struct str keyboard_type(struct keyboard *keyboard, const struct driver_input_event *event,
                         char out_text[KEYBOARD_TEXT_MAX])
{
	bool down = event->value != DRIVER_INPUT_RELEASED;
	size_t len = 0;
	if (event->type != DRIVER_INPUT_KEY ||
	    keyboard_note(keyboard, event->code, down, event->value == DRIVER_INPUT_REPEATED) ||
	    !down)
		return (struct str){};
	if (keyboard->alt)
		out_text[len++] = '\033';
	for (size_t i = 0; i < sizeof key_sequences / sizeof key_sequences[0]; i++) {
		struct str text = key_sequences[i].text;
		if (key_sequences[i].code != event->code)
			continue;
		memcpy(out_text + len, text.ptr, text.len);
		return (struct str){out_text, len + text.len};
	}
	bool has_character = event->code < sizeof key_plain - 1 && key_plain[event->code] != '\0';
	if (!has_character)
		return (struct str){};
	out_text[len++] = keyboard_character(keyboard, event->code);
	return (struct str){out_text, len};
}
