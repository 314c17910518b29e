/*
 * The face of kernel/mm: page frames, kernel heap and stacks, user address
 * spaces, user copies. Out of memory is always a status or NULL, never a panic.
 */
#pragma once

#include "hal/api.h"
#include "mm/frame/frame_allocator.h"
#include "mm/heap/account.h"
#include "mm/heap/slab.h"
#include "mm/table/address_space.h"
#include "mm/table/page_table.h"
#include <abi/status.h>

/* ---- bring-up, by the executive ---- */

/* Builds the allocator from the memory map; kernel image, archive and the first MiB are kept out.
 */
enum status mm_init_frames(const struct boot_info *info);
/* Replaces the boot tables: W^X per segment, direct map, guard pages, nothing low. */
enum status mm_init_kernel_tables(const struct boot_info *info);
/* What the heap keeps for a CPU, before it runs; for the first one, once there are tables. */
enum status mm_prepare_cpu(struct cpu *cpu);

/* ---- page frames ---- */

/* One frame of PAGE_SIZE; contents undefined. ERR_NO_MEMORY. Consults the fault point alloc.frame.
 */
enum status frame_alloc(paddr_t *out_frame);
enum status frame_alloc_zeroed(paddr_t *out_frame);
void frame_free(paddr_t frame);
/* The same for one that is all zero: it need not be zeroed again. */
void frame_free_zeroed(paddr_t frame);

/* No bound; what a 32-bit device reaches; what an ISA device reaches. */
#define FRAMES_ANYWHERE UINT64_MAX
#define FRAMES_BELOW_4G ((paddr_t)1 << 32)
#define FRAMES_BELOW_16M ((paddr_t)1 << 24)

/*
 * count frames in one piece that ends at or below limit, aligned to the next power of two of count.
 * ERR_INVALID_ARGS: none, or more than 1 << FRAME_ORDER_MAX; ERR_NO_MEMORY. Consults alloc.frame.
 * Without a limit also a power of two up to FRAME_ROW_MAX.
 */
enum status frames_alloc_run(size_t count, paddr_t limit, paddr_t *out_first);
void frames_free_run(paddr_t first, size_t count);

/* One more owner of a frame; each calls frame_release, and the last one frees it. */
void frame_share(paddr_t frame);
bool frame_is_shared(paddr_t frame);
void frame_release(paddr_t frame);

/* For a frame with one owner, who serialises: a count of his own, 0 at first and in the end. */
uint32_t frame_count_uses(paddr_t frame, int32_t add);

/*
 * Zeroes one frame ahead of need, for frame_alloc_zeroed on this CPU: for whoever has nothing
 * better to do. False when there is nothing to do.
 */
bool frames_clean_one(void);
/* Frees what the CPUs keep for themselves. */
void frames_drain(void);

struct frame_statistics {
	uint64_t total_frames; /* ever given to the allocator */
	uint64_t free_frames;
	uint64_t allocations; /* requests, also the failed ones */
	uint64_t failures;
	uint64_t allocations_since_mark;
	uint64_t failures_since_mark;
};

struct frame_statistics frame_statistics(void);
/* From here on allocations and failures are also counted in *_since_mark. */
void frame_statistics_mark(void);
/* Free frames without those in caches; cheap. */
uint64_t frames_free_estimate(void);
/* All there are. */
uint64_t frames_total(void);
/* How many are left when programs are told that there are none: for the kernel and services. */
uint64_t frames_reserve(void);

/* The kernel's view of a physical address, and back; RAM only. */
void *direct_map(paddr_t address);
paddr_t direct_map_physical(const void *view);

/* ---- device registers ---- */

/* A view of [start, start + size), which is no RAM. ERR_NO_MEMORY; ERR_INVALID_ARGS. */
enum status mm_map_device(paddr_t start, size_t size, void **out_view);
void mm_unmap_device(void *view, size_t size);

/* ---- driver modules ---- */

/* Code and data of a module, one after the other, each of whole pages. */
enum { MODULE_MAPPING_PARTS = 3 }; /* text, read-only data, data */

struct module_mapping {
	uintptr_t address;
	paddr_t frames; /* one piece, owned */
	size_t part_end[MODULE_MAPPING_PARTS]; /* from address on; the last one is the size */
};

/* Frames and addresses for size bytes, zeroed, unmapped: written through direct_map. ERR_NO_MEMORY.
 */
enum status mm_module_reserve(size_t size, struct module_mapping *out_mapping);
/* Maps it with the rights of each part. part_end is set by then. ERR_NO_MEMORY: not mapped. */
enum status mm_module_map(const struct module_mapping *mapping);
/* Of a reserved one, mapped or not. No CPU runs in it. */
void mm_module_release(const struct module_mapping *mapping);

/* ---- kernel heap ---- */

/* Zeroed, 16-byte aligned, at most HEAP_ALLOC_MAX bytes; NULL when there is no memory. */
enum { HEAP_ALLOC_MAX = 4 * 1024 * 1024 };
void *heap_alloc(size_t size);
/* size is what was asked for. NULL is fine. A wrong size or a second free panics. */
void heap_free(void *memory, size_t size);

/* Frames of pieces that are too large for a slab. */
uint64_t heap_large_frame_count(void);

/*
 * A zeroed object from the type's own slab, so that it is counted by type; for heap_free. A type
 * too large for a slab comes from the heap.
 */
#define HEAP_NEW(type)                                                                             \
	({                                                                                         \
		static struct slab new_slab_ = SLAB_INIT(#type, sizeof(type));                     \
		(type *)(sizeof(type) <= SLAB_OBJECT_MAX ? slab_alloc(&new_slab_)                  \
		                                         : heap_alloc(sizeof(type)));              \
	})

/* ---- kernel stacks ---- */

enum { KERNEL_STACK_SIZE = 16 * 1024 };

/* Wired, with an unmapped guard below. */
struct kernel_stack;
enum status kernel_stack_create(struct kernel_stack **out_stack);
/* Not the running one. Accepts NULL. */
void kernel_stack_destroy(struct kernel_stack *stack);
void *kernel_stack_top(const struct kernel_stack *stack);
uint64_t kernel_stack_count(void);
void kernel_stacks_drain(void);

/* ---- what is in use ---- */

enum { MM_USAGE_TYPES_MAX = 96 };

struct mm_usage_type {
	const char *name; /* a type of object, or what else is counted */
	uint64_t count;
};

struct mm_usage {
	uint64_t free_frames;
	struct mm_usage_type types[MM_USAGE_TYPES_MAX];
	size_t type_count;
	uint64_t others; /* objects of types beyond the table */
};

/* Frees what is kept only for speed: empty slabs, frames in caches. */
void mm_drain(void);
/*
 * For when memory is short: what CPUs keep of slabs, and empty frames of those. False: there was
 * nothing. No lock above those of the heap may be held.
 */
bool mm_relieve(void);
/* Drains, then counts. Exact while nothing else runs. */
void mm_usage_take(struct mm_usage *out_usage);
/* How many counts differ; with report, each of them is logged at error level. */
size_t mm_usage_compare(struct mm_usage *before, struct mm_usage *after, bool report);

/* ---- rights of mappings ---- */

enum map_right {
	MAP_READ = 1 << 0,
	MAP_WRITE = 1 << 1,
	MAP_EXECUTE = 1 << 2,
};

/* ---- accesses to user memory that is not there yet ---- */

enum page_access {
	PAGE_ACCESS_READ,
	PAGE_ACCESS_WRITE,
	PAGE_ACCESS_EXECUTE,
};

/* Upward calls; installed once, by vm. */
struct mm_ops {
	/* Makes one access possible, or says why not. May sleep. */
	enum status (*resolve)(struct address_space *space, uintptr_t address,
	                       enum page_access access);
};

void mm_install(const struct mm_ops *ops);
/*
 * Asks for a page of a user address space. No lock may be held. ERR_BAD_ADDRESS, ERR_ACCESS_DENIED,
 * ERR_NO_MEMORY, ERR_IO.
 */
enum status address_space_resolve(struct address_space *space, uintptr_t address,
                                  enum page_access access);

/* ---- user copies (of the active address space) ---- */

struct user_in {
	uintptr_t addr;
	size_t len;
};

struct user_out {
	uintptr_t addr;
	size_t len;
};

/*
 * Copies between the active address space and another one (or the same), each byte once. The other
 * one is not freed meanwhile. When a side's memory is not there or lacks the right, part of the
 * bytes may have been copied.
 */
enum cross_copy { CROSS_COPY_DONE, CROSS_COPY_BAD_HERE, CROSS_COPY_BAD_THERE };

enum cross_copy address_space_copy_to(struct address_space *there, struct user_out dst,
                                      uintptr_t src_here);
/* From kernel memory, which is always there. */
enum cross_copy address_space_put(struct address_space *there, struct user_out dst,
                                  const void *src);
enum cross_copy address_space_copy_from(struct address_space *there, struct user_in src,
                                        uintptr_t dst_here);

/* Does [address, address + len) lie in the user range? Says nothing about what is mapped. */
static inline bool user_range_holds(uintptr_t address, size_t len)
{
	return address >= USER_BASE && address <= USER_END && len <= USER_END - address;
}
/* Copies src.len bytes. ERR_BAD_ADDRESS: outside the user range or not readable. */
enum status user_copy_in(void *dst, struct user_in src);
/* Copies dst.len bytes. */
enum status user_copy_out(struct user_out dst, const void *src);
/* Four words, quickly. */
enum status user_copy_out_words(uintptr_t dst, const uint64_t words[4]);
enum status user_copy_out_pair_slowly(uintptr_t dst, uint64_t first, uint64_t second);
/* Two. */
static inline enum status user_copy_out_pair(uintptr_t dst, uint64_t first, uint64_t second)
{
	bool holds = dst - USER_BASE <= USER_END - USER_BASE - 2 * sizeof first;
	bool done = __builtin_expect(holds, 1) && user_put_pair(dst, first, second);
	return __builtin_expect(done, 1) ? OK : user_copy_out_pair_slowly(dst, first, second);
}
/*
 * Replaces an aligned word that is still expected, at once; out_old is what it was.
 * ERR_BAD_ADDRESS: outside the user range, odd, or not writable.
 */
enum status user_exchange(uintptr_t address, uint32_t expected, uint32_t word, uint32_t *out_old);
/*
 * A NUL-terminated string of less than capacity bytes; *out_len is without the NUL.
 * ERR_NAME_TOO_LONG when there is no NUL within capacity.
 */
enum status user_copy_string(char *dst, size_t capacity, uintptr_t address, size_t *out_len);
