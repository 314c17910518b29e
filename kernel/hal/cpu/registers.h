/*
 * Control registers, model-specific registers and selectors, for C and assembly.
 *
 * AMD64 volume 2: sections 3.1 (control registers), 3.2 (MSRs), 4.8 (descriptors).
 * The order of the selectors is the one that SYSCALL and SYSRET need (section 6.1.1).
 */
#pragma once

#define CR0_PROTECTED (1 << 0)
#define CR0_MONITOR_FPU (1 << 1)
#define CR0_EMULATE_FPU (1 << 2)
#define CR0_TASK_SWITCHED (1 << 3)
#define CR0_NUMERIC_ERROR (1 << 5)
#define CR0_WRITE_PROTECT (1 << 16)
#define CR0_PAGING (1 << 31)

#define CR4_PAE (1 << 5)
#define CR4_MACHINE_CHECK (1 << 6)
#define CR4_GLOBAL (1 << 7)
#define CR4_FXSAVE (1 << 9)
#define CR4_SIMD_EXCEPTIONS (1 << 10)
#define CR4_UMIP (1 << 11)
#define CR4_PCID (1 << 17)
#define CR4_XSAVE (1 << 18)
#define CR4_SMEP (1 << 20)
#define CR4_SMAP (1 << 21)

#define MSR_APIC_BASE 0x1b
#define MSR_X2APIC_BASE 0x800
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SYSCALL_MASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define EFER_SYSCALL (1 << 0)
#define EFER_LONG_MODE (1 << 8)
#define EFER_NO_EXECUTE (1 << 11)

#define RFLAGS_ALWAYS (1 << 1)
#define RFLAGS_INTERRUPT (1 << 9)
/* What ring 3 may set: carry, parity, adjust, zero, sign, trap, direction, overflow, alignment. */
#define RFLAGS_USER_MASK 0x40dd5
/* Cleared at a system call: trap, interrupt, direction, I/O privilege, nested, alignment check. */
#define RFLAGS_SYSCALL_MASK 0x47700

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA 0x1b
#define SELECTOR_USER_CODE 0x23
#define SELECTOR_TSS 0x28
/* Only in the table of a CPU that starts. */
#define SELECTOR_START_CODE 0x18

#define DESCRIPTOR_KERNEL_CODE 0x00af9b000000ffff
#define DESCRIPTOR_KERNEL_DATA 0x00cf93000000ffff
#define DESCRIPTOR_START_CODE 0x00cf9b000000ffff
#define DESCRIPTOR_USER_DATA 0x00cff3000000ffff
#define DESCRIPTOR_USER_CODE 0x00affb000000ffff

/* Offsets in struct cpu. */
#define CPU_KERNEL_STACK_TOP 8
#define CPU_USER_STACK 16
#define CPU_RESCHEDULE 24

/* trap_frame.vector of a system call. */
#define VECTOR_SYSCALL 0x100
/* Bytes from the start of struct trap_frame. */
#define TRAP_FRAME_RBP 32
#define TRAP_FRAME_ARGUMENTS 48
#define TRAP_FRAME_RAX 96
#define TRAP_FRAME_VECTOR 120
#define TRAP_FRAME_RIP 136
#define TRAP_FRAME_CS 144
#define TRAP_FRAME_RFLAGS 152
#define TRAP_FRAME_RSP 160
#define TRAP_FRAME_SIZE 176
#define HAL_OPS_SYSCALL 0

/* enum boot_entry_kind */
#define BOOT_KIND_MULTIBOOT2 1
#define BOOT_KIND_PVH 2
