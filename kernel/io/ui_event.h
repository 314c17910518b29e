/*
 * What /dev/input0 says of an event of a device. Knows no device, so it runs on the host.
 */
#pragma once

#include "device/api.h"
#include <abi/input.h>

/* False: nothing that it would say. */
bool ui_event_make(const struct input_report *report, struct ui_input_event *out_event);
