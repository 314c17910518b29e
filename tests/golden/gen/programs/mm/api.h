/* What generated kernel code takes from kernel/mm. */
#pragma once

#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

struct user_in {
	uintptr_t addr;
	size_t len;
};

struct user_out {
	uintptr_t addr;
	size_t len;
};
