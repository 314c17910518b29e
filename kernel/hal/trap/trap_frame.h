/*
 * Registers at the entry from an exception, an interrupt or a system call.
 *
 * The order is that of the pushes in hal/trap_entry.S; the last five are the
 * CPU's own (AMD64 volume 2, section 8.9). A system call has the same frame with
 * vector TRAP_SYSCALL.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct trap_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx;
	union {
		struct {
			uint64_t rdi, rsi, rdx, r10, r8, r9;
		};
		uint64_t arguments[6]; /* of a system call */
	};
	uint64_t rax, rcx, r11;
	uint64_t vector;
	uint64_t error_code; /* of a system call its number; 0 when the vector has none */
	uint64_t rip, cs, rflags, rsp, ss;
};

enum trap_vector {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_NMI = 2,
	TRAP_BREAKPOINT = 3,
	TRAP_OVERFLOW = 4,
	TRAP_BOUND = 5,
	TRAP_INVALID_OPCODE = 6,
	TRAP_NO_FPU = 7,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_INVALID_TSS = 10,
	TRAP_SEGMENT = 11,
	TRAP_STACK = 12,
	TRAP_PROTECTION = 13,
	TRAP_PAGE_FAULT = 14,
	TRAP_X87 = 16,
	TRAP_ALIGNMENT = 17,
	TRAP_MACHINE_CHECK = 18,
	TRAP_SIMD = 19,
	TRAP_EXCEPTION_END = 32,
	TRAP_SYSCALL = 0x100,
};

/* Vectors of the local APIC. */
enum interrupt_vector {
	INTERRUPT_SECOND_SERIAL = 0x23, /* line 3 of the PIC */
	INTERRUPT_SERIAL = 0x24,
	INTERRUPT_TIMER = 0xe0,
	INTERRUPT_RESCHEDULE = 0xe1,
	INTERRUPT_CALL = 0xe2,
	INTERRUPT_SPURIOUS = 0xff,
};

/* Bits of a page fault's error code. */
enum page_fault_bit {
	PAGE_FAULT_PRESENT = 1 << 0,
	PAGE_FAULT_WRITE = 1 << 1,
	PAGE_FAULT_USER = 1 << 2,
	PAGE_FAULT_RESERVED = 1 << 3,
	PAGE_FAULT_FETCH = 1 << 4,
};

static inline bool trap_frame_from_user(const struct trap_frame *frame)
{
	return (frame->cs & 3) == 3;
}

/* "page fault"; "interrupt" for vectors that are no exceptions. */
const char *trap_name(uint64_t vector);
