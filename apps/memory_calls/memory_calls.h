/* What a program may do with its memory: each function checks one area. */
#pragma once

#include <tap/api.h>

enum {
	PAGE = 4096,
	LARGE_PAGE = 0x200000,
	RW = MEMORY_READ | MEMORY_WRITE,
	SMALL_MACHINE = 64 << 20, /* a program's limit there */
};

/* Maps, or ends the test program. */
char *must_map(uint64_t size, uint32_t rights, uint32_t flags);
void must_unmap(const void *memory, uint64_t size);
/* Bytes held on behalf of this program. */
uint64_t bytes_held(void);
/* What the kernel says when it has to read, or write, there. */
enum status kernel_reads(const void *memory);
enum status kernel_writes(void *memory);
/* Of a word that is shared, and perhaps when there is no memory for anything else. */
void wait_until(const uint32_t *word, uint32_t value);
void tell(uint32_t *word);

void check_maps(struct tap *tap);
void check_rights(struct tap *tap);
void check_copies(struct tap *tap);
void check_objects(struct tap *tap);
void check_thread_memory(struct tap *tap);
void check_limits(struct tap *tap);
void check_reserve(struct tap *tap);
void check_small(struct tap *tap);
void check_huge(struct tap *tap);
void check_hostile(struct tap *tap);
