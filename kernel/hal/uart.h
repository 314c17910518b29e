/*
 * What both serial ports are: National Semiconductor PC16550D. Private to hal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers, counted from the port. */
enum uart_register {
	UART_DATA = 0,
	UART_INTERRUPTS = 1,
	UART_FIFO = 2,
	UART_LINE = 3,
	UART_MODEM = 4,
	UART_STATUS = 5,
};

enum uart_bit {
	UART_HAS_BYTE = 0x01, /* of the status */
	UART_CAN_SEND = 0x20,
	UART_ON_RECEIVED = 0x01, /* interrupts */
	UART_ON_SENT = 0x02,
	UART_ASKS_NOTHING = 0x01, /* read from UART_FIFO: which interrupt it is */
};

/* 115,200 bits a second, 8N1, FIFO on, no interrupts. False: nothing answers there. */
bool uart_init(uint16_t port);
/* Bytes that have come; fewer than capacity: no more for now. */
size_t uart_read(uint16_t port, uint8_t *out, size_t capacity);
