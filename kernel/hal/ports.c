/*
 * Plain devices behind ports: the debug console, COM1, and the interrupt
 * controllers that are only switched off.
 *
 * debugcon: QEMU docs (isa-debugcon reads back its own port number).
 * PIC: Intel 8259A.
 */
#include "hal/api.h"
#include "hal/interrupt/interrupts.h"
#include "hal/uart.h"
#include <abi/machine.h>

enum {
	DEBUGCON_PORT = MACHINE_PORT_DEBUGCON,

	SERIAL_PORT = MACHINE_PORT_SERIAL,
	SERIAL_DATA = SERIAL_PORT + UART_DATA,
	SERIAL_INTERRUPTS = SERIAL_PORT + UART_INTERRUPTS,
	SERIAL_STATUS = SERIAL_PORT + UART_STATUS,
	SERIAL_LINE_NUMBER = 4, /* COM1's interrupt */
	SERIAL_SECOND_LINE_NUMBER = 3, /* COM2's; see second_port.c */
	SERIAL_WAIT_POLLS = 1000000,

	PIC_MASTER = 0x20,
	PIC_SLAVE = 0xa0,
	PIC_INIT = 0x11, /* edge triggered, cascaded, with fourth word */
	PIC_CASCADE_LINE = 2,
	PIC_8086_MODE = 1,
	PIC_MASTER_VECTOR = 0x20,
	PIC_SLAVE_VECTOR = 0x28,
	PIC_ALL_MASKED = 0xff,
	PIC_END_OF_INTERRUPT = 0x20,
};

bool debugcon_present(void)
{
	return port_in8(DEBUGCON_PORT) == DEBUGCON_PORT;
}

void debugcon_write(const char *text, size_t len)
{
	__asm__ volatile("rep outsb" : "+S"(text), "+c"(len) : "d"(DEBUGCON_PORT) : "memory");
}

bool uart_init(uint16_t port)
{
	enum {
		DIVISOR_LATCH = 0x80,
		DIVISOR_115200 = 1,
		LINE_8N1 = 0x03,
		FIFO_ON = 0xc7,
		MODEM_READY = 0x0b, /* DTR, RTS, OUT2 */
		MODEM_LOOPBACK = 0x1e,
		PROBE = 0xae,
	};
	port_out8(port + UART_INTERRUPTS, 0);
	port_out8(port + UART_LINE, DIVISOR_LATCH);
	port_out8(port + UART_DATA, DIVISOR_115200);
	port_out8(port + UART_INTERRUPTS, 0);
	port_out8(port + UART_LINE, LINE_8N1);
	port_out8(port + UART_FIFO, FIFO_ON);

	port_out8(port + UART_MODEM, MODEM_LOOPBACK);
	port_out8(port + UART_DATA, PROBE);
	bool works = port_in8(port + UART_DATA) == PROBE;
	port_out8(port + UART_MODEM, MODEM_READY);
	return works;
}

size_t uart_read(uint16_t port, uint8_t *out, size_t capacity)
{
	size_t len = 0;
	while (len < capacity && (port_in8(port + UART_STATUS) & UART_HAS_BYTE))
		out[len++] = port_in8(port + UART_DATA);
	return len;
}

bool serial_init(void)
{
	return uart_init(SERIAL_PORT);
}

/*
 * A line that does not drain, or nobody reads, costs one wait and its text: whoever writes may keep
 * interrupts out, so what follows is dropped at once until it drains again.
 */
void serial_write(const char *text, size_t len)
{
	static bool stuck; /* the writers of the log are one at a time */
	int polls = stuck ? 1 : SERIAL_WAIT_POLLS;
	for (size_t i = 0; i < len; i++) {
		bool ready;
		while (!(ready = port_in8(SERIAL_STATUS) & UART_CAN_SEND) && polls > 0)
			polls--;
		stuck = !ready;
		if (stuck)
			return;
		port_out8(SERIAL_DATA, (uint8_t)text[i]);
	}
}

void serial_receive_start(void)
{
	port_out8(SERIAL_INTERRUPTS, UART_ON_RECEIVED);
	port_out8(PIC_MASTER + 1,
	          (uint8_t) ~(1 << SERIAL_LINE_NUMBER | 1 << SERIAL_SECOND_LINE_NUMBER));
	interrupt_accept_pic();
}

void serial_receive_hold(void)
{
	port_out8(SERIAL_INTERRUPTS, 0);
}

void serial_receive_again(void)
{
	port_out8(SERIAL_INTERRUPTS, UART_ON_RECEIVED);
}

size_t serial_read(uint8_t *out, size_t capacity)
{
	return uart_read(SERIAL_PORT, out, capacity);
}

void pic_end_interrupt(void)
{
	port_out8(PIC_MASTER, PIC_END_OF_INTERRUPT);
}

void pic_mask_all(void)
{
	/* moved off the exceptions' vectors first, because a spurious interrupt needs no mask bit
	 */
	port_out8(PIC_MASTER, PIC_INIT);
	port_out8(PIC_SLAVE, PIC_INIT);
	port_out8(PIC_MASTER + 1, PIC_MASTER_VECTOR);
	port_out8(PIC_SLAVE + 1, PIC_SLAVE_VECTOR);
	port_out8(PIC_MASTER + 1, 1 << PIC_CASCADE_LINE);
	port_out8(PIC_SLAVE + 1, PIC_CASCADE_LINE);
	port_out8(PIC_MASTER + 1, PIC_8086_MODE);
	port_out8(PIC_SLAVE + 1, PIC_8086_MODE);
	port_out8(PIC_MASTER + 1, PIC_ALL_MASKED);
	port_out8(PIC_SLAVE + 1, PIC_ALL_MASKED);
}
