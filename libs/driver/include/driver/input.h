/*
 * Input devices: what they report. Types, codes and values are those of Linux's evdev
 * (input-event-codes.h), which virtio uses, too.
 */
#pragma once

#include <driver/kernel.h>

enum driver_input_type {
	DRIVER_INPUT_END = 0, /* of events that belong together */
	DRIVER_INPUT_KEY = 1, /* and buttons */
	DRIVER_INPUT_MOTION = 2,
	DRIVER_INPUT_POSITION = 3,
};

/* Of a key. */
enum driver_input_value {
	DRIVER_INPUT_RELEASED = 0,
	DRIVER_INPUT_PRESSED = 1,
	DRIVER_INPUT_REPEATED = 2
};

struct driver_input_event {
	uint16_t type; /* enum driver_input_type, or another of Linux's */
	uint16_t code;
	uint32_t value;
};

/* For init, once: there is something to read from. */
int32_t driver_input_register(void);
/* At any time, without a lock of the driver. */
void driver_input_report(const struct driver_input_event *event);
