/* The checks that stand between a hostile file and an address space. */
#include <elf/api.h>
#include <string.h>

enum { LOAD_PAGE_BYTES = 4096 };

/* Addresses of a program end here: rounding up to a page, or adding a bias, can't wrap. */
static const uint64_t load_address_end = 1ULL << 62;

static uint64_t load_page_floor(uint64_t address)
{
	return address & ~(uint64_t)(LOAD_PAGE_BYTES - 1);
}

static uint64_t load_page_ceiling(uint64_t address)
{
	return load_page_floor(address + LOAD_PAGE_BYTES - 1);
}

static bool load_segment_is_sound(const struct elf_segment *segment)
{
	if (segment->memory_bytes == 0 || segment->file_bytes > segment->memory_bytes)
		return false;
	if (segment->address >= load_address_end ||
	    segment->memory_bytes > load_address_end - segment->address)
		return false;
	if (segment->align < LOAD_PAGE_BYTES || (segment->align & (segment->align - 1)) != 0)
		return false;
	if (((segment->address ^ segment->offset) & (LOAD_PAGE_BYTES - 1)) != 0)
		return false;
	if (!(segment->flags & (ELF_READ | ELF_WRITE | ELF_EXECUTE)))
		return false;
	return (segment->flags & (ELF_WRITE | ELF_EXECUTE)) != (ELF_WRITE | ELF_EXECUTE);
}

static bool load_plan_add(struct elf_load_plan *plan, const struct elf_segment *segment)
{
	if (plan->count == ELF_SEGMENTS_MAX || !load_segment_is_sound(segment))
		return false;
	if (plan->count == 0)
		plan->low = load_page_floor(segment->address);
	else if (load_page_floor(segment->address) < plan->end)
		return false; /* out of order, or shares a page */
	plan->end = load_page_ceiling(segment->address + segment->memory_bytes);
	plan->segments[plan->count++] = *segment;
	return true;
}

static bool load_plan_set_interpreter(struct elf_load_plan *plan, struct str path)
{
	if (path.len < 2 || path.ptr[path.len - 1] != '\0' || plan->interpreter.len)
		return false;
	plan->interpreter = str_slice(path, 0, path.len - 1);
	return !str_contains(plan->interpreter, '\0');
}

static bool load_plan_take(struct elf_load_plan *plan, const struct elf_image *image,
                           const struct elf_segment *segment)
{
	switch (segment->type) {
	case ELF_LOAD:
		return load_plan_add(plan, segment);
	case ELF_INTERP:
		return load_plan_set_interpreter(plan, elf_segment_bytes(image, segment));
	case ELF_GNU_STACK:
		return !(segment->flags & ELF_EXECUTE);
	default:
		return true;
	}
}

/* Where the program headers are in memory: inside the file bytes of one segment. */
static bool load_plan_find_headers(struct elf_load_plan *plan, const struct elf_image *image)
{
	uint64_t start = image->program_headers_offset;
	uint64_t size = (uint64_t)image->segment_count * ELF_PROGRAM_HEADER_BYTES;
	for (unsigned i = 0; i < plan->count; i++) {
		const struct elf_segment *segment = &plan->segments[i];
		if (start < segment->offset || start - segment->offset > segment->file_bytes ||
		    size > segment->file_bytes - (start - segment->offset))
			continue;
		plan->program_headers_address = segment->address + (start - segment->offset);
		return true;
	}
	return false;
}

static bool load_plan_has_entry(const struct elf_load_plan *plan, uint64_t entry)
{
	for (unsigned i = 0; i < plan->count; i++) {
		const struct elf_segment *segment = &plan->segments[i];
		if ((segment->flags & ELF_EXECUTE) && entry >= segment->address &&
		    entry - segment->address < segment->memory_bytes)
			return true;
	}
	return false;
}

enum status elf_plan_load(const struct elf_image *image, struct elf_load_plan *out_plan)
{
	if (image->type == ELF_REL || image->segment_count > ELF_SEGMENTS_MAX)
		return ERR_NOT_EXECUTABLE;

	memset(out_plan, 0, sizeof *out_plan);
	for (unsigned i = 0; i < image->segment_count; i++) {
		struct elf_segment segment;
		if (elf_segment(image, i, &segment) != OK ||
		    !load_plan_take(out_plan, image, &segment))
			return ERR_NOT_EXECUTABLE;
	}
	if (!load_plan_has_entry(out_plan, image->entry) ||
	    !load_plan_find_headers(out_plan, image))
		return ERR_NOT_EXECUTABLE;
	return OK;
}

bool elf_plan_is_aligned(const struct elf_load_plan *plan, uint64_t bias)
{
	for (unsigned i = 0; i < plan->count; i++)
		if (bias & (plan->segments[i].align - 1))
			return false;
	return true;
}
