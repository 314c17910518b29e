/*
 * Devices that the kernel itself is, opened by number. Inside kernel/io only.
 */
#pragma once

#include "ps/api.h"

/* As st_rdev: Linux Documentation/admin-guide/devices.txt. */
enum device_number {
	DEVICE_NULL = 0x103,
	DEVICE_ZERO = 0x105,
	DEVICE_FULL = 0x107,
	DEVICE_RANDOM = 0x108,
	DEVICE_URANDOM = 0x109,
	DEVICE_SERIAL = 0x440,
	DEVICE_HOST_CHANNEL = 0x441,
	DEVICE_TERMINAL = 0x500,
	DEVICE_CONSOLE = 0x501,
	DEVICE_INPUT_EVDEV = 13 << 8 | 64,
	DEVICE_INPUT = 240 << 8, /* ours, in the range for local use */
	DEVICE_PSEUDO_TERMINAL = 0x502, /* each open makes one */
};

/* ERR_NO_DEVICE_ADDRESS: no such device. */
enum status device_file_open(uint64_t number, uint32_t flags, struct file **out_file);
