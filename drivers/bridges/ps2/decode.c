#include "decode.h"

enum {
	PS2_EXTENDED = 0xe0,
	PS2_PAUSE = 0xe1,
	PS2_PAUSE_REST = 2, /* bytes behind it */
	PS2_RELEASE = 0x80,
	PS2_SAME_MAX = 88, /* up to here Linux's codes are those of set 1 */
	PS2_SYNC = 0x08,
	PS2_SIGN_X = 0x10,
	PS2_SIGN_Y = 0x20,
	PS2_BUTTONS = 3,
	PS2_BUTTON_FIRST = 0x110,
};

/* Linux's codes of keys with 0xe0 before them; those that are missing are no keys. */
static const uint8_t extended_codes[PS2_KEYS] = {
        [0x1c] = 96,  [0x1d] = 97,  [0x35] = 98,  [0x37] = 99,  [0x38] = 100, [0x47] = 102,
        [0x48] = 103, [0x49] = 104, [0x4b] = 105, [0x4d] = 106, [0x4f] = 107, [0x50] = 108,
        [0x51] = 109, [0x52] = 110, [0x53] = 111, [0x5b] = 125, [0x5c] = 126, [0x5d] = 127,
};

static unsigned ps2_end(struct driver_input_event *out, unsigned count)
{
	if (!count)
		return 0;
	out[count] = (struct driver_input_event){.type = DRIVER_INPUT_END};
	return count + 1;
}

unsigned ps2_keyboard_byte(struct ps2_keyboard *keyboard, uint8_t byte,
                           struct driver_input_event out[PS2_EVENTS_MAX])
{
	if (keyboard->skipped) {
		keyboard->skipped--;
		return 0;
	}
	if (byte == PS2_PAUSE) {
		keyboard->skipped = PS2_PAUSE_REST;
		return 0;
	}
	if (byte == PS2_EXTENDED) {
		keyboard->extended = true;
		return 0;
	}
	uint8_t key = byte & ~PS2_RELEASE & 0xff;
	uint16_t code = keyboard->extended ? extended_codes[key] : key <= PS2_SAME_MAX ? key : 0;
	keyboard->extended = false;
	if (!code)
		return 0;
	bool is_down = !(byte & PS2_RELEASE), was_down = keyboard->down[code];
	keyboard->down[code] = is_down;
	out[0] = (struct driver_input_event){
	        .type = DRIVER_INPUT_KEY,
	        .code = code,
	        .value = !is_down   ? DRIVER_INPUT_RELEASED
	                 : was_down ? DRIVER_INPUT_REPEATED
	                            : DRIVER_INPUT_PRESSED,
	};
	return ps2_end(out, 1);
}

static unsigned mouse_add(struct driver_input_event *out, unsigned count, uint16_t code,
                          int32_t value)
{
	if (!value)
		return count;
	out[count] = (struct driver_input_event){DRIVER_INPUT_MOTION, code, (uint32_t)value};
	return count + 1;
}

static unsigned mouse_buttons(struct ps2_mouse *mouse, uint8_t now, struct driver_input_event *out,
                              unsigned count)
{
	for (unsigned i = 0; i < PS2_BUTTONS; i++) {
		uint8_t bit = (uint8_t)(1u << i);
		if (!((now ^ mouse->buttons) & bit))
			continue;
		out[count++] = (struct driver_input_event){
		        .type = DRIVER_INPUT_KEY,
		        .code = (uint16_t)(PS2_BUTTON_FIRST + i),
		        .value = now & bit ? DRIVER_INPUT_PRESSED : DRIVER_INPUT_RELEASED,
		};
	}
	mouse->buttons = now;
	return count;
}

unsigned ps2_mouse_byte(struct ps2_mouse *mouse, uint8_t byte,
                        struct driver_input_event out[PS2_EVENTS_MAX])
{
	enum { BUTTON_BITS = (1 << PS2_BUTTONS) - 1, SIGN = 256 };
	if (!mouse->count && !(byte & PS2_SYNC))
		return 0; /* the middle of a packet */
	mouse->bytes[mouse->count++] = byte;
	if (mouse->count < sizeof mouse->bytes)
		return 0;
	mouse->count = 0;
	uint8_t first = mouse->bytes[0];
	int32_t x = mouse->bytes[1] - (first & PS2_SIGN_X ? SIGN : 0);
	int32_t y = mouse->bytes[2] - (first & PS2_SIGN_Y ? SIGN : 0);
	unsigned count = mouse_add(out, 0, 0, x);
	count = mouse_add(out, count, 1, -y);
	return ps2_end(out, mouse_buttons(mouse, first & BUTTON_BITS, out, count));
}
