/* The driver beside a controller whose interrupts reach another CPU, which is always faster. */
#include "../../../test.h"
#include <string.h>

/* the machine's ports are not to be had here */
#define driver_port_in machine_port_in
#define driver_port_out machine_port_out
#include <driver/ports.h>
#undef driver_port_in
#undef driver_port_out

static uint8_t driver_port_in(uint16_t port);
static void driver_port_out(uint16_t port, uint8_t byte);

#include "../../../../../drivers/bridges/ps2/decode.c"
#include "../../../../../drivers/bridges/ps2/ps2.c"

enum {
	QUEUE_MAX = 16,
	EVENTS_MAX = 16,
	KEY_A = 30,
	SCAN_A = 0x1e,
	FIRMWARE = 0x43,
	CLOCK_OFF = 0x10,
	MOUSE_CLOCK_OFF = 0x20
};

struct queued {
	uint8_t byte;
	bool is_mouse;
};

static struct {
	struct queued queue[QUEUE_MAX];
	unsigned count;
	uint8_t configuration;
	uint8_t command; /* that waits for its byte; 0: none */
	uint8_t typed_before; /* this command comes a key, while its clock runs; 0: never */

	driver_handler *handler;
	void *context;
	bool is_locked, is_registered;
	struct driver_input_event events[EVENTS_MAX];
	unsigned event_count;
} machine;

/* ---- the controller ---- */

/* Whether the clocks stand makes no difference: answers of the controller's own interrupt, too. */
static void controller_interrupt(void)
{
	uint8_t bit = machine.queue[0].is_mouse ? 2 : 1;
	if (machine.count && machine.configuration & bit && machine.handler)
		machine.handler(machine.context);
}

static void controller_answer(bool is_mouse, uint8_t byte)
{
	assert_true(machine.count < QUEUE_MAX);
	machine.queue[machine.count++] = (struct queued){byte, is_mouse};
	controller_interrupt();
}

static void controller_type(uint8_t before)
{
	if (before == machine.typed_before && !(machine.configuration & CLOCK_OFF))
		controller_answer(false, SCAN_A);
}

static void controller_command(uint8_t command)
{
	controller_type(command);
	switch (command) {
	case PS2_READ_CONFIGURATION:
		controller_answer(false, machine.configuration);
		return;
	case PS2_MOUSE_OFF:
		machine.configuration |= MOUSE_CLOCK_OFF;
		return;
	case PS2_MOUSE_ON:
		machine.configuration &= ~MOUSE_CLOCK_OFF & 0xff;
		return;
	case PS2_KEYBOARD_OFF:
		machine.configuration |= CLOCK_OFF;
		return;
	case PS2_KEYBOARD_ON:
		machine.configuration &= ~CLOCK_OFF & 0xff;
		return;
	default:
		machine.command = command;
	}
}

static void controller_byte(uint8_t byte)
{
	uint8_t command = machine.command;
	machine.command = 0;
	switch (command) {
	case PS2_WRITE_CONFIGURATION:
		machine.configuration = byte;
		controller_interrupt();
		return;
	case PS2_TO_MOUSE:
		controller_answer(true, PS2_ACCEPTED);
		return;
	default:
		controller_type(byte);
		controller_answer(false, PS2_ACCEPTED);
	}
}

static uint8_t driver_port_in(uint16_t port)
{
	uint8_t mouse = machine.queue[0].is_mouse ? PS2_STATUS_MOUSE : 0;
	if (port == PS2_STATUS)
		return machine.count ? mouse | PS2_STATUS_FULL : 0;
	uint8_t byte = machine.queue[0].byte;
	if (machine.count)
		memmove(machine.queue, machine.queue + 1,
		        --machine.count * sizeof machine.queue[0]);
	return byte;
}

static void driver_port_out(uint16_t port, uint8_t byte)
{
	assert_false(machine.is_locked); /* its interrupt could not be handled */
	(port == PS2_STATUS ? controller_command : controller_byte)(byte);
}

/* ---- the kernel ---- */

void driver_lock_acquire(struct driver_lock *)
{
	assert_false(machine.is_locked);
	machine.is_locked = true;
}

void driver_lock_release(struct driver_lock *)
{
	machine.is_locked = false;
}

void driver_print(uint32_t, const char *, ...)
{
	fail_msg("there is a mouse");
}

int32_t driver_line_interrupt(uint32_t, driver_handler *handler, void *context)
{
	machine.handler = handler;
	machine.context = context;
	return OK;
}

int32_t driver_input_register(void)
{
	machine.is_registered = true;
	return OK;
}

void driver_input_report(const struct driver_input_event *event)
{
	assert_true(machine.is_registered);
	assert_true(machine.event_count < EVENTS_MAX);
	machine.events[machine.event_count++] = *event;
}

/* ---- tests ---- */

static void start_with(uint8_t typed_before)
{
	memset(&machine, 0, sizeof machine);
	memset(&ps2, 0, sizeof ps2); /* as the loader does */
	machine.configuration = FIRMWARE;
	machine.typed_before = typed_before;
	assert_int_equal(rustos_driver_init(NULL), OK);
	assert_int_equal(machine.configuration & 0x73, 0x43);
}

static void assert_quiet(void)
{
	assert_int_equal(machine.configuration & PS2_CONFIGURATION_INTERRUPTS, 0);
	assert_int_equal(machine.configuration & PS2_CONFIGURATION_TRANSLATE, 0x40);
	assert_int_equal(machine.count, 0);
}

static void assert_one_key(void)
{
	assert_int_equal(machine.event_count, 2);
	assert_int_equal(machine.events[0].type, DRIVER_INPUT_KEY);
	assert_int_equal(machine.events[0].code, KEY_A);
}

static void answers_of_the_controller_are_no_keys(void **)
{
	start_with(0);
	rustos_driver_exit();
	assert_int_equal(machine.event_count, 0);
	assert_quiet();
}

static void keys_are_reported_until_it_goes(void **)
{
	start_with(0);
	controller_answer(false, SCAN_A);
	assert_one_key();
	rustos_driver_exit();
	machine.configuration = FIRMWARE; /* should it interrupt all the same */
	controller_answer(false, SCAN_A);
	assert_one_key();
}

static void a_key_before_its_start_is_no_answer(void **)
{
	start_with(PS2_KEYBOARD_OFF);
	assert_int_equal(machine.event_count, 0);
	assert_int_equal(machine.count, 0);
}

static void a_key_as_it_goes_is_no_answer(void **)
{
	start_with(0);
	machine.typed_before = PS2_KEYBOARD_OFF;
	rustos_driver_exit();
	assert_int_equal(machine.event_count, 0);
	assert_quiet();
}

static void it_comes_again(void **)
{
	start_with(0);
	rustos_driver_exit();
	start_with(0);
	controller_answer(false, SCAN_A);
	assert_one_key();
}

/* Nothing interrupts yet; with the last byte of the start something does. */
static void a_key_during_the_start_is_not_left(void **)
{
	start_with(0);
	rustos_driver_exit();
	start_with(PS2_WRITE_CONFIGURATION);
	assert_int_equal(machine.count, 0);
}

/* Typed before the keyboard has answered, or the mouse. */
static void a_key_before_an_answer_is_none(void **)
{
	start_with(PS2_REPORT);
	start_with(PS2_TO_MOUSE);
	controller_answer(false, SCAN_A);
	assert_one_key();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(answers_of_the_controller_are_no_keys),
	        cmocka_unit_test(keys_are_reported_until_it_goes),
	        cmocka_unit_test(a_key_before_its_start_is_no_answer),
	        cmocka_unit_test(a_key_as_it_goes_is_no_answer),
	        cmocka_unit_test(it_comes_again),
	        cmocka_unit_test(a_key_during_the_start_is_not_left),
	        cmocka_unit_test(a_key_before_an_answer_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
