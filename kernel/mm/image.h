/*
 * Where the kernel image lies, from the linker script. Private to mm.
 */
#pragma once

#include "hal/api.h"

extern const char _start_image[], _text_start[], _text_end[], _rodata_start[], _rodata_end[];
extern const char _data_start[], _end[];

static inline paddr_t image_physical(const char *symbol)
{
	return (paddr_t)(uintptr_t)symbol - KERNEL_IMAGE_BASE;
}

static inline paddr_t kernel_image_start(void)
{
	return image_physical(_start_image);
}

/* Exclusive, page aligned. */
static inline paddr_t kernel_image_end(void)
{
	return image_physical(_end);
}
