/*
 * Virtual address layout: the one place where it is decided.
 *
 *   [64 KiB, 2^47)            user
 *   DIRECT_MAP_BASE           all RAM, physical address + base, never executable
 *   KERNEL_STACKS_BASE        kernel stacks, each above an unmapped guard
 *   KERNEL_IMAGE_BASE         the nucleus, at its physical address + base
 *   KERNEL_MODULES_BASE       driver modules; in the same 2 GiB as the nucleus
 *   KERNEL_DEVICES_BASE       registers of devices, never cached
 *
 * Shared with assembly: defines only above the C part.
 */
#pragma once

#define DIRECT_MAP_BASE 0xffff800000000000
#define DIRECT_MAP_END 0xffffc00000000000
#define KERNEL_STACKS_BASE 0xffffc00000000000
#define KERNEL_STACKS_END 0xffffc08000000000
#define KERNEL_MODULES_BASE 0xffffffffa0000000
#define KERNEL_MODULES_END 0xffffffffb0000000
#define KERNEL_DEVICES_BASE 0xffffffffc0000000
#define KERNEL_DEVICES_END 0xfffffffff0000000
#define KERNEL_IMAGE_BASE 0xffffffff80000000
#define USER_BASE 0x10000
#define USER_END_SHIFT 47
#define USER_END 0x800000000000

#define PAGE_SIZE 4096
#define LARGE_PAGE_SIZE 0x200000
#define HUGE_PAGE_SIZE 0x40000000

/* CPUs that can run; a set of CPUs is a 64-bit mask. */
#define CPU_MAX 64

/* Stacks in the image: boot, double fault, NMI, machine check; a guard page below each. */
#define BOOT_STACK_COUNT 4
#define BOOT_STACK_STRIDE (5 * PAGE_SIZE)

#ifndef __ASSEMBLER__
#include <stdint.h>

typedef uint64_t paddr_t;

/* BOOT_STACK_COUNT times guard page and stack; stack i ends at boot_stacks + (i + 1) * stride. */
extern char boot_stacks[];
#endif
