/*
 * The face of kernel/mm: page frames, kernel heap and stacks, user address
 * spaces, user copies. Out of memory is always a status or NULL, never a panic.
 */
#pragma once

#include "hal/api.h"
#include "mm/frame_allocator.h"
#include <abi/status.h>

/* ---- bring-up, by the executive ---- */

/* Builds the allocator from the memory map; kernel image, archive and the first MiB are kept out.
 */
enum status mm_init_frames(const struct boot_info *info);
/* Replaces the boot tables: W^X per segment, direct map, guard pages, nothing low. */
enum status mm_init_kernel_tables(const struct boot_info *info);

/* ---- page frames ---- */

/* One frame of PAGE_SIZE; contents undefined. ERR_NO_MEMORY. Consults the fault point alloc.frame.
 */
enum status frame_alloc(paddr_t *out_frame);
enum status frame_alloc_zeroed(paddr_t *out_frame);
/* 2^order frames in one piece, aligned to their size; order at most FRAME_ORDER_MAX. */
enum status frames_alloc(unsigned order, paddr_t *out_first);
void frame_free(paddr_t frame);
void frames_free(paddr_t first, unsigned order);
struct frame_statistics frame_statistics(void);
/* From here on allocations and failures are also counted in *_since_mark. */
void frame_statistics_mark(void);

/* The kernel's view of a physical address, and back; RAM only. */
void *direct_map(paddr_t address);
paddr_t direct_map_physical(const void *view);

/* ---- device registers ---- */

/* A view of [start, start + size), which is no RAM; kept for ever. ERR_NO_MEMORY. */
enum status mm_map_device(paddr_t start, size_t size, void **out_view);

/* ---- kernel heap ---- */

/* Zeroed, 16-byte aligned, at most HEAP_ALLOC_MAX bytes; NULL when there is no memory. */
enum { HEAP_ALLOC_MAX = PAGE_SIZE << FRAME_ORDER_MAX };
void *heap_alloc(size_t size);
/* size is what was asked for. NULL is fine. A wrong size or a second free panics. */
void heap_free(void *memory, size_t size);

#define HEAP_NEW(type) ((type *)heap_alloc(sizeof(type)))

/* ---- kernel stacks ---- */

enum { KERNEL_STACK_SIZE = 16 * 1024 };

/* Wired, zeroed, with an unmapped guard below. */
struct kernel_stack;
enum status kernel_stack_create(struct kernel_stack **out_stack);
/* Not the running one. Accepts NULL. */
void kernel_stack_destroy(struct kernel_stack *stack);
void *kernel_stack_top(const struct kernel_stack *stack);

/* ---- user address spaces ---- */

enum map_right {
	MAP_READ = 1 << 0,
	MAP_WRITE = 1 << 1,
	MAP_EXECUTE = 1 << 2,
};

struct address_space;

enum status address_space_create(struct address_space **out_space);
/* Frees tables and owned frames. Must not be the active one. Accepts NULL. */
void address_space_destroy(struct address_space *space);
/* NULL: kernel only. */
void address_space_activate(struct address_space *space);

/*
 * All of these: address and size are multiples of PAGE_SIZE inside the user
 * range, size > 0, and rights are known and not empty, else ERR_INVALID_ARGS. MAP_WRITE
 * with MAP_EXECUTE: ERR_ACCESS_DENIED. On failure nothing has changed.
 */

/* Zeroed wired memory, owned by the space. ERR_EXISTS when anything is mapped there. */
enum status address_space_map(struct address_space *space, uintptr_t address, size_t size,
                              unsigned rights);
/* Frames of somebody else, which outlive the mapping; never freed by the space. */
enum status address_space_map_frames(struct address_space *space, uintptr_t address, paddr_t first,
                                     size_t size, unsigned rights);
/* ERR_BAD_ADDRESS when a page of the range is not mapped. */
enum status address_space_protect(struct address_space *space, uintptr_t address, size_t size,
                                  unsigned rights);
/* Holes are fine. Page tables go with their last page. */
enum status address_space_unmap(struct address_space *space, uintptr_t address, size_t size);
/* Writes into owned pages whatever their rights are: for the program loader. ERR_BAD_ADDRESS. */
enum status address_space_write(struct address_space *space, uintptr_t address, const void *src,
                                size_t len);

/* ---- user copies (of the active address space) ---- */

struct user_in {
	uintptr_t addr;
	size_t len;
};

struct user_out {
	uintptr_t addr;
	size_t len;
};

/* Does [address, address + len) lie in the user range? Says nothing about what is mapped. */
bool user_range_holds(uintptr_t address, size_t len);
/* Copies src.len bytes. ERR_BAD_ADDRESS: outside the user range or not readable. */
enum status user_copy_in(void *dst, struct user_in src);
/* Copies dst.len bytes. */
enum status user_copy_out(struct user_out dst, const void *src);
/*
 * A NUL-terminated string of less than capacity bytes; *out_len is without the NUL.
 * ERR_NAME_TOO_LONG when there is no NUL within capacity.
 */
enum status user_copy_string(char *dst, size_t capacity, uintptr_t address, size_t *out_len);
