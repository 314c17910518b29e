/* A small FAT16 volume, parts of which a fuzzer's input overlays. */
#pragma once

#include <stdint.h>
#include <string.h>

enum {
	SECTORS = 4200,
	TABLE_SECTORS = 17,
	TABLE_AT = 512,
	ROOT_AT = TABLE_AT + TABLE_SECTORS * 512,
	DATA_AT = ROOT_AT + 512,
	BOOT_BYTES = 48,
	DATA_BYTES = 8192,
};

static uint8_t volume_bytes[SECTORS * 512];

static inline void volume_fill(void)
{
	static const uint8_t boot[BOOT_BYTES] = {
	        [12] = 2,
	        [13] = 1, /* sector a cluster */
	        [14] = 1, /* reserved */
	        [16] = 1, /* table */
	        [17] = 16, /* root entries */
	        [19] = SECTORS & 0xff,
	        [20] = SECTORS >> 8,
	        [22] = TABLE_SECTORS,
	};
	memset(volume_bytes, 0, DATA_AT + DATA_BYTES);
	memcpy(volume_bytes, boot, sizeof boot);
	volume_bytes[510] = 0x55;
	volume_bytes[511] = 0xaa;
}

/* The input's next bytes, at most `most`, over the volume's from `at`. */
static inline void volume_overlay(size_t at, size_t most, const uint8_t **data, size_t *size)
{
	size_t len = *size < most ? *size : most;
	memcpy(volume_bytes + at, *data, len);
	*data += len;
	*size -= len;
}
