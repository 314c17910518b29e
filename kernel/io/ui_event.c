#include "io/ui_event.h"
#include <base/api.h>
#include <driver/input.h>

/* Linux's codes, input-event-codes.h. */
enum {
	UI_MOTION_X = 0,
	UI_MOTION_Y = 1,
	UI_MOTION_WHEEL = 8,
	UI_BUTTON_FIRST = 0x110, /* left; right, middle, and two more behind it */
	UI_BUTTON_COUNT = 5,
};

static uint16_t ui_action(int32_t value)
{
	static const uint16_t actions[] = {
	        [DRIVER_INPUT_RELEASED] = UI_INPUT_RELEASED,
	        [DRIVER_INPUT_PRESSED] = UI_INPUT_PRESSED,
	        [DRIVER_INPUT_REPEATED] = UI_INPUT_REPEATED,
	};
	return value >= 0 && (size_t)value < COUNT(actions) ? actions[value] : 0;
}

static bool ui_event_key(const struct input_report *report, struct ui_input_event *out)
{
	uint32_t button = report->code - UI_BUTTON_FIRST;
	bool is_button = report->code >= UI_BUTTON_FIRST && button < UI_BUTTON_COUNT;
	out->kind = is_button ? UI_INPUT_BUTTON : UI_INPUT_KEYBOARD;
	out->code = is_button ? 1u << button : report->code;
	out->action = ui_action(report->value);
	out->text = report->text;
	return out->action;
}

static bool ui_event_motion(const struct input_report *report, struct ui_input_event *out)
{
	bool is_wheel = report->code == UI_MOTION_WHEEL;
	if (!is_wheel && report->code != UI_MOTION_X && report->code != UI_MOTION_Y)
		return false;
	out->kind = is_wheel ? UI_INPUT_SCROLL : UI_INPUT_MOTION;
	out->value0 = report->code == UI_MOTION_X ? report->value : 0;
	out->value1 = report->code == UI_MOTION_X ? 0 : report->value;
	return true;
}

static bool ui_event_position(const struct input_report *report, struct ui_input_event *out)
{
	out->kind = UI_INPUT_POSITION;
	out->code = report->code;
	out->value0 = report->code == UI_MOTION_X ? report->value : 0;
	out->value1 = report->code == UI_MOTION_Y ? report->value : 0;
	return report->code == UI_MOTION_X || report->code == UI_MOTION_Y;
}

bool ui_event_make(const struct input_report *report, struct ui_input_event *out_event)
{
	*out_event = (struct ui_input_event){.modifiers = report->modifiers};
	switch (report->type) {
	case DRIVER_INPUT_KEY:
		return ui_event_key(report, out_event);
	case DRIVER_INPUT_MOTION:
		return ui_event_motion(report, out_event);
	case DRIVER_INPUT_POSITION:
		return ui_event_position(report, out_event);
	default:
		return false;
	}
}
