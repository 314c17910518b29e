/* Linux's structures for signals, as the tests need them. */
#pragma once

#include <stdint.h>

enum {
	SIG_INT = 2,
	SIG_ILL = 4,
	SIG_KILL = 9,
	SIG_USR1 = 10,
	SIG_SEGV = 11,
	SIG_USR2 = 12,
	SIG_TERM = 15,
	SIG_CHLD = 17,
	SIG_CONT = 18,
	SIG_STOP = 19,
	SIG_RT = 34,
	SKIP_BYTES = 2, /* of the instruction that faults */
	WITH_INFO = 4,
	ON_STACK = 0x08000000,
	HAS_RESTORER = 0x04000000,
	RESTARTS = 0x10000000,
};

struct signal_action {
	uintptr_t handler;
	uint64_t flags;
	uintptr_t restorer;
	uint64_t mask;
};

struct signal_info {
	int32_t signal, error, code, padding;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			int32_t status;
		};
		uintptr_t address;
	};
	uint8_t rest[100];
};

struct signal_context {
	uint64_t flags, link, stack[3];
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	uint16_t selectors[4];
	uint64_t error_code, vector, old_mask, fault_address;
	uint8_t *fpu_image;
};

struct timespec_wait {
	int64_t seconds, nanoseconds;
};

void signal_restorer(void);
/* The tests' common handler, which counts. */
int64_t signal_handle(int signal, uint64_t flags);
/* How often it ran since this was asked last. */
int signal_count(void);
/* 0: default; 1: ignored. */
int64_t signal_set(int signal, uintptr_t what);
