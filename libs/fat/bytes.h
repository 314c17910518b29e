/* Little-endian numbers at any address. Private to libs/fat. */
#pragma once

#include <stdint.h>
#include <string.h>

static inline uint16_t fat_u16(const uint8_t *at)
{
	uint16_t value;
	memcpy(&value, at, sizeof value);
	return value;
}

static inline uint32_t fat_u32(const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return value;
}
