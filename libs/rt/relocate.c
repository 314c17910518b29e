#include "relocate.h"

enum {
	DYNAMIC_NULL = 0,
	DYNAMIC_RELA = 7,
	DYNAMIC_RELA_BYTES = 8,
	RELOCATION_RELATIVE = 8,
	SEGMENT_READ_ONLY_AFTER = 0x6474e552, /* PT_GNU_RELRO */
	IMAGE_PAGE_BYTES = 4096,
};

[[gnu::no_stack_protector]] bool image_relocate(uintptr_t base, const struct image_dynamic *dynamic)
{
	uint64_t table = 0, bytes = 0;
	for (; dynamic->tag != DYNAMIC_NULL; dynamic++) {
		if (dynamic->tag == DYNAMIC_RELA)
			table = dynamic->value;
		else if (dynamic->tag == DYNAMIC_RELA_BYTES)
			bytes = dynamic->value;
	}

	const struct image_relocation *relocation = (const struct image_relocation *)(base + table);
	for (uint64_t done = 0; done + sizeof *relocation <= bytes;
	     done += sizeof *relocation, relocation++) {
		if ((uint32_t)relocation->info != RELOCATION_RELATIVE)
			return false;
		*(uint64_t *)(base + relocation->offset) = base + (uint64_t)relocation->addend;
	}
	return true;
}

[[gnu::no_stack_protector]] struct image_range
image_read_only(uintptr_t base, const struct image_segment *segments, unsigned count)
{
	const uintptr_t page_mask = ~(uintptr_t)(IMAGE_PAGE_BYTES - 1);
	for (unsigned i = 0; i < count; i++) {
		uintptr_t start = base + segments[i].address;
		if (segments[i].type != SEGMENT_READ_ONLY_AFTER)
			continue;
		/* the linker lets it begin a page; behind its end lies data that is written */
		return (struct image_range){start & page_mask,
		                            (start + segments[i].memory_bytes) & page_mask};
	}
	return (struct image_range){0, 0};
}
