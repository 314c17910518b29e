/*
 * From bytes of a PS/2 keyboard (scan code set 1) and mouse to events. Knows no controller, so it
 * runs on the host.
 *
 * IBM PS/2 Hardware Interface Technical Reference: Keyboards; Mouse.
 */
#pragma once

#include <driver/input.h>
#include <stdbool.h>

enum { PS2_KEYS = 128, PS2_EVENTS_MAX = 6 };

struct ps2_keyboard {
	bool extended; /* after 0xe0 */
	unsigned skipped; /* bytes of a sequence that means nothing */
	bool down[PS2_KEYS];
};

struct ps2_mouse {
	uint8_t bytes[3];
	unsigned count;
	uint8_t buttons;
};

/* Events that a byte completes, the end of them included; how many. */
unsigned ps2_keyboard_byte(struct ps2_keyboard *keyboard, uint8_t byte,
                           struct driver_input_event out[PS2_EVENTS_MAX]);
unsigned ps2_mouse_byte(struct ps2_mouse *mouse, uint8_t byte,
                        struct driver_input_event out[PS2_EVENTS_MAX]);
