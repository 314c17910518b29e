/*
 * Plain devices behind ports: the debug console, COM1, and the old interrupt
 * controllers, which serve the watchdog alone.
 *
 * debugcon: QEMU docs (isa-debugcon reads back its own port number).
 * UART: National Semiconductor PC16550D. PIC: Intel 8259A. PIT: Intel 8254.
 */
#include "hal/api.h"
#include <abi/machine.h>

enum {
	DEBUGCON_PORT = MACHINE_PORT_DEBUGCON,

	SERIAL_PORT = MACHINE_PORT_SERIAL,
	SERIAL_DATA = SERIAL_PORT,
	SERIAL_INTERRUPTS = SERIAL_PORT + 1,
	SERIAL_FIFO = SERIAL_PORT + 2,
	SERIAL_LINE = SERIAL_PORT + 3,
	SERIAL_MODEM = SERIAL_PORT + 4,
	SERIAL_STATUS = SERIAL_PORT + 5,
	SERIAL_DIVISOR_LATCH = 0x80,
	SERIAL_8N1 = 0x03,
	SERIAL_115200 = 1, /* divisor */
	SERIAL_FIFO_ON = 0xc7,
	SERIAL_READY = 0x0b, /* DTR, RTS, OUT2 */
	SERIAL_LOOPBACK = 0x1e,
	SERIAL_PROBE = 0xae,
	SERIAL_CAN_SEND = 0x20,
	SERIAL_WAIT_POLLS = 100000,

	PIC_MASTER = 0x20,
	PIC_SLAVE = 0xa0,
	PIC_INIT = 0x11, /* edge triggered, cascaded, with fourth word */
	PIC_CASCADE_LINE = 2,
	PIC_8086_MODE = 1,
	PIC_MASTER_VECTOR = 0x20,
	PIC_SLAVE_VECTOR = 0x28,
	PIC_ALL_MASKED = 0xff,
	PIC_AUTO_END = 2,
	PIC_TIMER_LINE = 1 << 0,
	PIC_POLL = 0x0c,

	PIT_CHANNEL0_RATE = 0x34, /* both bytes, mode 2 */
};

bool debugcon_present(void)
{
	return port_in8(DEBUGCON_PORT) == DEBUGCON_PORT;
}

void debugcon_write(const char *text, size_t len)
{
	__asm__ volatile("rep outsb" : "+S"(text), "+c"(len) : "d"(DEBUGCON_PORT) : "memory");
}

bool serial_init(void)
{
	port_out8(SERIAL_INTERRUPTS, 0);
	port_out8(SERIAL_LINE, SERIAL_DIVISOR_LATCH);
	port_out8(SERIAL_DATA, SERIAL_115200);
	port_out8(SERIAL_INTERRUPTS, 0);
	port_out8(SERIAL_LINE, SERIAL_8N1);
	port_out8(SERIAL_FIFO, SERIAL_FIFO_ON);

	port_out8(SERIAL_MODEM, SERIAL_LOOPBACK);
	port_out8(SERIAL_DATA, SERIAL_PROBE);
	bool works = port_in8(SERIAL_DATA) == SERIAL_PROBE;
	port_out8(SERIAL_MODEM, SERIAL_READY);
	return works;
}

void serial_write(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		/* a line that never drains costs its bytes, not the boot */
		for (int poll = 0; poll < SERIAL_WAIT_POLLS; poll++)
			if (port_in8(SERIAL_STATUS) & SERIAL_CAN_SEND)
				break;
		port_out8(SERIAL_DATA, (uint8_t)text[i]);
	}
}

static void pic_init(uint8_t mode, uint8_t master_mask)
{
	/* moved off the exceptions' vectors first, because a spurious interrupt needs no mask bit
	 */
	port_out8(PIC_MASTER, PIC_INIT);
	port_out8(PIC_SLAVE, PIC_INIT);
	port_out8(PIC_MASTER + 1, PIC_MASTER_VECTOR);
	port_out8(PIC_SLAVE + 1, PIC_SLAVE_VECTOR);
	port_out8(PIC_MASTER + 1, 1 << PIC_CASCADE_LINE);
	port_out8(PIC_SLAVE + 1, PIC_CASCADE_LINE);
	port_out8(PIC_MASTER + 1, mode);
	port_out8(PIC_SLAVE + 1, PIC_8086_MODE);
	port_out8(PIC_MASTER + 1, master_mask);
	port_out8(PIC_SLAVE + 1, PIC_ALL_MASKED);
}

void pic_mask_all(void)
{
	pic_init(PIC_8086_MODE, PIC_ALL_MASKED);
}

void pic_start_ticks(void)
{
	port_out8(PIT_COMMAND, PIT_CHANNEL0_RATE);
	/* 65536: the longest, 55 ms */
	port_out8(PIT_CHANNEL0, 0);
	port_out8(PIT_CHANNEL0, 0);
	pic_init(PIC_8086_MODE | PIC_AUTO_END, PIC_ALL_MASKED & ~PIC_TIMER_LINE);
}

void pic_take_tick(void)
{
	port_out8(PIC_MASTER, PIC_POLL);
	(void)port_in8(PIC_MASTER); /* reading it is what counts */
}
