/* I/O ports of old devices, which no bus describes. */
#pragma once

#include <stdint.h>

static inline uint8_t driver_port_in(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void driver_port_out(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
