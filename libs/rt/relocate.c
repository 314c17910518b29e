#include "relocate.h"

enum {
	DYNAMIC_NULL = 0,
	DYNAMIC_RELA = 7,
	DYNAMIC_RELA_BYTES = 8,
	RELOCATION_RELATIVE = 8,
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
