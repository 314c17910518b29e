/*
 * Locks on ranges, as fcntl asks for them. Private to compat.
 */
#pragma once

#include "compat/linux/abi.h"

enum linux_lock_operation {
	LINUX_F_GETLK = 5,
	LINUX_F_SETLK = 6,
	LINUX_F_SETLKW = 7,
	LINUX_F_OFD_GETLK = 36,
	LINUX_F_OFD_SETLK = 37,
	LINUX_F_OFD_SETLKW = 38,
};

int64_t linux_lock_range_call(int32_t descriptor, uint32_t operation, uintptr_t address);
