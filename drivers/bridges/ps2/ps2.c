/* Keyboard and mouse at the PC's controller. Intel 8042; IBM PS/2 Hardware Interface. */
#include "decode.h"
#include <abi/status.h>
#include <driver/ports.h>

enum {
	PS2_DATA = 0x60,
	PS2_STATUS = 0x64, /* and commands */
	PS2_STATUS_FULL = 1, /* a byte waits to be read */
	PS2_STATUS_BUSY = 2,
	PS2_STATUS_MOUSE = 0x20, /* it is the mouse's */
	PS2_NOBODY = 0xff,

	PS2_READ_CONFIGURATION = 0x20,
	PS2_WRITE_CONFIGURATION = 0x60,
	PS2_MOUSE_OFF = 0xa7,
	PS2_MOUSE_ON = 0xa8,
	PS2_KEYBOARD_OFF = 0xad,
	PS2_KEYBOARD_ON = 0xae,
	PS2_TO_MOUSE = 0xd4,

	PS2_CONFIGURATION_INTERRUPTS = 3,
	PS2_CONFIGURATION_CLOCKS_OFF = 0x30,
	PS2_CONFIGURATION_TRANSLATE = 0x40, /* to scan code set 1 */

	PS2_REPORT = 0xf4,
	PS2_QUIET = 0xf5,
	PS2_ACCEPTED = 0xfa,

	PS2_KEYBOARD_LINE = 1,
	PS2_MOUSE_LINE = 12,
	PS2_TRIES = 100000, /* each takes about a microsecond */
	PS2_STALE_MAX = 64,
};

struct ps2 {
	struct driver_lock lock;
	/* guarded by lock */
	bool is_listening; /* otherwise bytes are answers to commands, and not the interrupt's */
	struct ps2_keyboard keyboard;
	struct ps2_mouse mouse;
};

static struct ps2 ps2; /* the machine has one */

const struct driver_header RUSTOS_DRIVER_HEADER = {
        .abi_version = DRIVER_ABI_VERSION,
        .header_size = sizeof(struct driver_header),
        .driver_class = DRIVER_CLASS_INPUT,
        .bus = DRIVER_BUS_SERIO,
        .module_path_len = sizeof "system/drivers/input/ps2.ko" - 1,
        .module_path = "system/drivers/input/ps2.ko",
        .name_len = sizeof "ps2" - 1,
        .name = "ps2",
};

uint32_t rustos_driver_abi_version(void)
{
	return DRIVER_ABI_VERSION;
}

/* ---- the controller ---- */

/* Until the bit of the status is so. */
static bool ps2_await(uint8_t bit, bool set)
{
	for (unsigned tries = 0; tries < PS2_TRIES; tries++)
		if (((driver_port_in(PS2_STATUS) & bit) != 0) == set)
			return true;
	return false;
}

static int32_t ps2_write(uint16_t port, uint8_t byte)
{
	if (!ps2_await(PS2_STATUS_BUSY, false))
		return ERR_TIMED_OUT;
	driver_port_out(port, byte);
	return OK;
}

static int32_t ps2_read(uint8_t *out_byte)
{
	if (!ps2_await(PS2_STATUS_FULL, true))
		return ERR_TIMED_OUT;
	*out_byte = driver_port_in(PS2_DATA);
	return OK;
}

static void ps2_drop_stale(void)
{
	for (unsigned i = 0; i < PS2_STALE_MAX; i++)
		if (driver_port_in(PS2_STATUS) & PS2_STATUS_FULL)
			(void)driver_port_in(PS2_DATA);
}

/* A command to a device, which it accepts. What comes before that are keys, or the mouse's. */
static int32_t ps2_tell(bool mouse, uint8_t command)
{
	uint8_t answer = 0;
	int32_t status = mouse ? ps2_write(PS2_STATUS, PS2_TO_MOUSE) : OK;
	if (status == OK)
		status = ps2_write(PS2_DATA, command);
	for (unsigned i = 0; i < PS2_STALE_MAX && status == OK && answer != PS2_ACCEPTED; i++)
		status = ps2_read(&answer);
	if (status == OK && answer != PS2_ACCEPTED)
		status = ERR_IO;
	return status;
}

static int32_t ps2_configure(uint8_t configuration)
{
	int32_t status = ps2_write(PS2_STATUS, PS2_WRITE_CONFIGURATION);
	return status == OK ? ps2_write(PS2_DATA, configuration) : status;
}

/* Both clocks stand and nothing interrupts: what comes next answers the next command. */
static int32_t ps2_silence(uint8_t *out_configuration)
{
	uint8_t configuration = 0;
	int32_t status = ps2_write(PS2_STATUS, PS2_KEYBOARD_OFF);
	if (status == OK)
		status = ps2_write(PS2_STATUS, PS2_MOUSE_OFF);
	ps2_drop_stale();
	if (status == OK)
		status = ps2_write(PS2_STATUS, PS2_READ_CONFIGURATION);
	if (status == OK)
		status = ps2_read(&configuration);
	configuration |= PS2_CONFIGURATION_TRANSLATE;
	configuration &= ~PS2_CONFIGURATION_INTERRUPTS & 0xff;
	if (status == OK)
		status = ps2_configure(configuration);
	if (status == OK)
		*out_configuration = configuration;
	return status;
}

/* ---- at work ---- */

static void ps2_listen(struct ps2 *self, bool is_listening)
{
	driver_lock_acquire(&self->lock);
	self->is_listening = is_listening;
	driver_lock_release(&self->lock);
}

static unsigned ps2_take(struct ps2 *self, struct driver_input_event out[PS2_EVENTS_MAX],
                         bool *out_more)
{
	unsigned count = 0;
	driver_lock_acquire(&self->lock);
	uint8_t status = self->is_listening ? driver_port_in(PS2_STATUS) : 0;
	*out_more = status & PS2_STATUS_FULL;
	if (*out_more) {
		uint8_t byte = driver_port_in(PS2_DATA);
		count = status & PS2_STATUS_MOUSE ? ps2_mouse_byte(&self->mouse, byte, out)
		                                  : ps2_keyboard_byte(&self->keyboard, byte, out);
	}
	driver_lock_release(&self->lock);
	return count;
}

/* Of both lines: whoever comes first takes what is there. */
static void ps2_interrupt(void *context)
{
	struct driver_input_event events[PS2_EVENTS_MAX];
	bool more = true;
	for (unsigned bytes = 0; more && bytes < PS2_STALE_MAX; bytes++) {
		unsigned count = ps2_take(context, events, &more);
		for (unsigned i = 0; i < count; i++)
			driver_input_report(&events[i]);
	}
}

static int32_t ps2_start(uint8_t *out_configuration)
{
	int32_t status = ps2_silence(out_configuration);
	if (status == OK)
		status = ps2_write(PS2_STATUS, PS2_KEYBOARD_ON);
	if (status == OK)
		status = ps2_write(PS2_STATUS, PS2_MOUSE_ON);
	if (status == OK)
		status = ps2_tell(false, PS2_REPORT);
	/* a mouse may be missing */
	if (status == OK && ps2_tell(true, PS2_REPORT) != OK)
		driver_print(DRIVER_LOG_INFO, "ps2: no mouse answers");
	return status;
}

/* From here on bytes are the interrupt's, which also comes for one that waits already. */
static int32_t ps2_begin(struct ps2 *self, uint8_t configuration)
{
	ps2_listen(self, true);
	configuration |= PS2_CONFIGURATION_INTERRUPTS;
	configuration &= ~PS2_CONFIGURATION_CLOCKS_OFF & 0xff;
	return ps2_configure(configuration);
}

void rustos_driver_exit(void)
{
	uint8_t configuration;
	ps2_listen(&ps2, false);
	/* what does not answer is quiet */
	(void)ps2_silence(&configuration);
	(void)ps2_write(PS2_STATUS, PS2_KEYBOARD_ON);
	(void)ps2_tell(false, PS2_QUIET);
	ps2_drop_stale();
}

int32_t rustos_driver_init(const struct driver_kernel_api *)
{
	uint8_t configuration = 0;
	if (driver_port_in(PS2_STATUS) == PS2_NOBODY)
		return ERR_NO_DEVICE;
	int32_t status = driver_line_interrupt(PS2_KEYBOARD_LINE, ps2_interrupt, &ps2);
	if (status == OK)
		status = driver_line_interrupt(PS2_MOUSE_LINE, ps2_interrupt, &ps2);
	if (status == OK)
		status = ps2_start(&configuration);
	if (status == OK)
		status = driver_input_register();
	if (status == OK)
		status = ps2_begin(&ps2, configuration);
	if (status != OK)
		rustos_driver_exit();
	return status;
}
