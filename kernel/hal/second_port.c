/*
 * COM2 as a way for bytes to the host and back: no text of ours goes there.
 *
 * UART: National Semiconductor PC16550D.
 */
#include "hal/api.h"
#include "hal/interrupts.h"
#include <abi/machine.h>

enum {
	SECOND_PORT = MACHINE_PORT_SECOND_SERIAL,
	SECOND_DATA = SECOND_PORT,
	SECOND_INTERRUPTS = SECOND_PORT + 1,
	SECOND_FIFO = SECOND_PORT + 2,
	SECOND_LINE = SECOND_PORT + 3,
	SECOND_MODEM = SECOND_PORT + 4,
	SECOND_STATUS = SECOND_PORT + 5,
	SECOND_DIVISOR_LATCH = 0x80,
	SECOND_8N1 = 0x03,
	SECOND_FIFO_ON = 0xc7,
	SECOND_READY = 0x0b, /* DTR, RTS, OUT2 */
	SECOND_LOOPBACK = 0x1e,
	SECOND_PROBE = 0x5a,
	SECOND_CAN_SEND = 0x20,
	SECOND_HAS_BYTE = 0x01,
	SECOND_ON_RECEIVED = 0x01,
	SECOND_ON_SENT = 0x02,
	SECOND_FIFO_BYTES = 16,
};

/* Which interrupts are wanted: it is read back and changed by the file alone, under its lock. */
bool second_port_init(void)
{
	port_out8(SECOND_INTERRUPTS, 0);
	port_out8(SECOND_LINE, SECOND_DIVISOR_LATCH);
	port_out8(SECOND_DATA, 1);
	port_out8(SECOND_INTERRUPTS, 0);
	port_out8(SECOND_LINE, SECOND_8N1);
	port_out8(SECOND_FIFO, SECOND_FIFO_ON);
	port_out8(SECOND_MODEM, SECOND_LOOPBACK);
	port_out8(SECOND_DATA, SECOND_PROBE);
	bool works = port_in8(SECOND_DATA) == SECOND_PROBE;
	port_out8(SECOND_MODEM, SECOND_READY);
	return works;
}

void second_port_want(bool received, bool sent)
{
	port_out8(SECOND_INTERRUPTS,
	          (uint8_t)((received ? SECOND_ON_RECEIVED : 0) | (sent ? SECOND_ON_SENT : 0)));
}

size_t second_port_read(uint8_t *out, size_t capacity)
{
	size_t len = 0;
	while (len < capacity && (port_in8(SECOND_STATUS) & SECOND_HAS_BYTE))
		out[len++] = port_in8(SECOND_DATA);
	return len;
}

size_t second_port_write(const uint8_t *bytes, size_t len)
{
	if (!(port_in8(SECOND_STATUS) & SECOND_CAN_SEND))
		return 0;
	if (len > SECOND_FIFO_BYTES)
		len = SECOND_FIFO_BYTES;
	for (size_t i = 0; i < len; i++)
		port_out8(SECOND_DATA, bytes[i]);
	return len;
}

void second_port_acknowledge(void)
{
	/* reading what it was takes the interrupt for a free FIFO back */
	(void)port_in8(SECOND_FIFO);
}
