/* Events of input devices, to where they are heard: keys to the console, all to who reads them. */
#include "core/api.h"
#include "device/api.h"
#include "device/keyboard.h"
#include "device/module/module.h"
#include <abi/input.h>

struct input {
	struct spinlock lock;
	/* guarded by lock */
	struct keyboard keyboard; /* one for all devices: the shift key of one counts for another */
	uint32_t devices; /* drivers that registered */

	/* set at boot, then constant */
	void (*type)(struct str text);
	void (*heard)(const struct input_report *report);
	void (*gone)(void);
};

static struct input inputs = {.lock = SPINLOCK_INIT(LOCK_DRIVER)};

void input_start(const struct device_setup *setup)
{
	inputs.type = setup->type;
	inputs.heard = setup->heard;
	inputs.gone = setup->input_gone;
}

static uint32_t input_modifiers(const struct keyboard *keyboard)
{
	return (keyboard->shift ? UI_INPUT_SHIFT : 0) | (keyboard->control ? UI_INPUT_CONTROL : 0) |
	       (keyboard->alt ? UI_INPUT_ALT : 0);
}

void driver_input_report(const struct driver_input_event *event)
{
	char bytes[KEYBOARD_TEXT_MAX];
	struct str text = {};
	struct input_report report = {
	        .type = event->type,
	        .code = event->code,
	        .value = (int32_t)event->value,
	        .is_lost = fault_fires(FAULT_INPUT_EVENT_ENQUEUE),
	};
	spinlock_acquire(&inputs.lock);
	if (!report.is_lost)
		text = keyboard_type(&inputs.keyboard, event, bytes);
	report.modifiers = input_modifiers(&inputs.keyboard);
	report.text = text.len == 1 ? (uint8_t)bytes[0] : 0;
	inputs.heard(&report);
	spinlock_release(&inputs.lock);
	if (text.len)
		inputs.type(text);
}

bool input_is_present(void)
{
	return __atomic_load_n(&inputs.devices, __ATOMIC_RELAXED);
}

static void input_count(int change)
{
	spinlock_acquire(&inputs.lock);
	inputs.devices += (uint32_t)change;
	spinlock_release(&inputs.lock);
	device_changed();
}

static void input_unregister(struct module_resource *resource)
{
	input_count(-1);
	if (!input_is_present())
		inputs.gone();
	heap_free(resource, sizeof *resource);
}

int32_t driver_input_register(void)
{
	if (!module_in_init())
		return ERR_NOT_PERMITTED;
	struct module_resource *resource = HEAP_NEW(struct module_resource);
	if (!resource)
		return ERR_NO_MEMORY;
	module_take_resource(resource, input_unregister);
	input_count(1);
	return OK;
}
