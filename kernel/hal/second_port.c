/*
 * COM2 as a way for bytes to the host and back: no text of ours goes there.
 */
#include "hal/api.h"
#include "hal/interrupt/interrupts.h"
#include "hal/uart.h"
#include <abi/machine.h>

enum {
	SECOND_PORT = MACHINE_PORT_SECOND_SERIAL,
	SECOND_DATA = SECOND_PORT + UART_DATA,
	SECOND_INTERRUPTS = SECOND_PORT + UART_INTERRUPTS,
	SECOND_FIFO = SECOND_PORT + UART_FIFO,
	SECOND_STATUS = SECOND_PORT + UART_STATUS,
	SECOND_FIFO_BYTES = 16,
};

/* Which interrupts are wanted: it is read back and changed by the file alone, under its lock. */
bool second_port_init(void)
{
	return uart_init(SECOND_PORT);
}

void second_port_want(bool received, bool sent)
{
	port_out8(SECOND_INTERRUPTS,
	          (uint8_t)((received ? UART_ON_RECEIVED : 0) | (sent ? UART_ON_SENT : 0)));
}

size_t second_port_read(uint8_t *out, size_t capacity)
{
	return uart_read(SECOND_PORT, out, capacity);
}

size_t second_port_write(const uint8_t *bytes, size_t len)
{
	if (!(port_in8(SECOND_STATUS) & UART_CAN_SEND))
		return 0;
	if (len > SECOND_FIFO_BYTES)
		len = SECOND_FIFO_BYTES;
	for (size_t i = 0; i < len; i++)
		port_out8(SECOND_DATA, bytes[i]);
	return len;
}

bool second_port_asks(void)
{
	/* reading what it was takes the interrupt for a free FIFO back */
	return !(port_in8(SECOND_FIFO) & UART_ASKS_NOTHING);
}
