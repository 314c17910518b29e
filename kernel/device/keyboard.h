/* From keys to the bytes that they type, on a US keyboard. Private to device. */
#pragma once

#include <base/str.h>
#include <driver/input.h>

enum { KEYBOARD_TEXT_MAX = 8 };

struct keyboard {
	bool shift, control, alt, caps;
};

/* What the event types, in out_text; empty: nothing. */
struct str keyboard_type(struct keyboard *keyboard, const struct driver_input_event *event,
                         char out_text[KEYBOARD_TEXT_MAX]);
