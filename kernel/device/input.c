/* Events of input devices, to where they are heard: for now keys, to the console. */
#include "core/api.h"
#include "device/api.h"
#include "device/keyboard.h"
#include "device/module.h"

struct input {
	struct spinlock lock;
	/* guarded by lock */
	struct keyboard keyboard; /* one for all devices: the shift key of one counts for another */

	void (*type)(struct str text); /* set at boot, then constant */
};

static struct input input = {.lock = SPINLOCK_INIT(LOCK_DRIVER)};

void input_start(void (*type)(struct str text))
{
	input.type = type;
}

void driver_input_report(const struct driver_input_event *event)
{
	char bytes[KEYBOARD_TEXT_MAX];
	if (fault_fires(FAULT_INPUT_EVENT_ENQUEUE))
		return;
	spinlock_acquire(&input.lock);
	struct str text = keyboard_type(&input.keyboard, event, bytes);
	spinlock_release(&input.lock);
	if (text.len)
		input.type(text);
}
