/*
 * Linux's view of signals. Private to compat.
 *
 * Linux include/uapi/asm-generic/siginfo.h, arch/x86/include/uapi/asm/signal.h.
 */
#pragma once

#include "compat/linux/abi.h"

struct linux_siginfo {
	int32_t signal;
	int32_t error;
	int32_t code;
	int32_t padding;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			union {
				uint64_t value;
				int32_t status;
			};
			int64_t user_ticks, system_ticks;
		} sender;
		struct {
			uint64_t address;
		} fault;
		uint8_t bytes[112];
	};
};

_Static_assert(sizeof(struct linux_siginfo) == 128);

struct linux_sigaction {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};

enum linux_stack_flag {
	LINUX_STACK_IN_USE = 1,
	LINUX_STACK_DISABLED = 2,
	LINUX_STACK_BYTES_MIN = 2048,
};

struct linux_signal_stack {
	uint64_t base;
	int32_t flags;
	int32_t padding;
	uint64_t bytes;
};

void linux_siginfo_fill(struct linux_siginfo *out, const struct signal_info *info);
void linux_signal_stack_fill(struct linux_signal_stack *out, uintptr_t stack_pointer);
/* Makes frame the handler's. ERR_BAD_ADDRESS: its stack cannot be written. */
enum status linux_signal_enter(struct trap_frame *frame, const struct signal_delivery *delivery,
                               uint64_t old_mask);
