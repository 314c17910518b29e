#include "core/api.h"
#include "ps/process.h"
#include <elf/api.h>
#include <string.h>

static unsigned program_rights(uint32_t flags)
{
	/* the CPU can't write or execute without reading */
	unsigned rights = MAP_READ;
	if (flags & ELF_WRITE)
		rights |= MAP_WRITE;
	if (flags & ELF_EXECUTE)
		rights |= MAP_EXECUTE;
	return rights;
}

struct program_place {
	uint64_t bias;
	unsigned flags; /* enum vm_flag */
};

static enum status program_map_segment(struct vm_space *space, const struct elf_image *image,
                                       const struct elf_segment *segment,
                                       struct program_place place)
{
	uint64_t start = segment->address + place.bias;
	uint64_t page = start & ~(uint64_t)(PAGE_SIZE - 1);
	uint64_t end = start + segment->memory_bytes;
	const struct vm_request request = {
	        .address = page,
	        .size = (end - page + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1),
	        .rights = program_rights(segment->flags),
	        .flags = place.flags,
	};
	TRY(vm_space_map(space, &request, NULL));
	struct str bytes = elf_segment_bytes(image, segment);
	return bytes.len ? vm_space_write(space, start, bytes.ptr, bytes.len) : OK;
}

/* Where it goes, if it can be loaded. */
static enum status program_plan(const struct elf_image *image, struct elf_load_plan *plan,
                                uint64_t *out_bias)
{
	TRY(elf_plan_load(image, plan));
	uint64_t bias = image->type == ELF_EXEC ? 0 : PROGRAM_IMAGE_BASE - plan->low;
	if (plan->interpreter.len || plan->end - plan->low > PROGRAM_IMAGE_BYTES_MAX ||
	    !elf_plan_is_aligned(plan, bias) ||
	    !user_range_holds(plan->low + bias, plan->end - plan->low))
		return ERR_NOT_EXECUTABLE;
	*out_bias = bias;
	return OK;
}

static enum status program_map_plan(struct vm_space *space, const struct elf_image *image,
                                    struct elf_load_plan *plan, unsigned flags,
                                    struct program_image *out_image)
{
	uint64_t bias;
	TRY(program_plan(image, plan, &bias));
	for (unsigned i = 0; i < plan->count; i++)
		TRY(program_map_segment(space, image, &plan->segments[i],
		                        (struct program_place){bias, flags}));
	*out_image = (struct program_image){
	        .base = bias,
	        .end = plan->end + bias,
	        .entry = image->entry + bias,
	        .start = image->entry + bias,
	        .program_headers = plan->program_headers_address + bias,
	        .program_header_count = image->segment_count,
	};
	return OK;
}

enum status program_map_image(struct vm_space *space, struct str file, unsigned flags,
                              struct program_image *out_image)
{
	struct elf_image image;
	TRY(elf_open(file, &image));
	/* too large for a kernel stack */
	struct elf_load_plan *plan = HEAP_NEW(struct elf_load_plan);
	if (!plan)
		return ERR_NO_MEMORY;
	enum status status = program_map_plan(space, &image, plan, flags, out_image);
	heap_free(plan, sizeof *plan);
	return status;
}

enum status program_check_image(struct str file)
{
	struct elf_image image;
	uint64_t bias;
	TRY(elf_open(file, &image));
	struct elf_load_plan *plan = HEAP_NEW(struct elf_load_plan);
	if (!plan)
		return ERR_NO_MEMORY;
	enum status status = program_plan(&image, plan, &bias);
	heap_free(plan, sizeof *plan);
	return status;
}

/* The archive's pages as they are, with what else lies in its first and last one. */
static enum status program_map_archive(struct vm_space *space, const struct process_setup *setup,
                                       uintptr_t *out_base)
{
	paddr_t first = setup->archive_start & ~(paddr_t)(PAGE_SIZE - 1);
	size_t offset = (size_t)(setup->archive_start - first);
	size_t size =
	        (offset + setup->archive.bytes.len + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
	const struct vm_request request = {
	        .address = PROGRAM_ARCHIVE_BASE, .size = size, .rights = MAP_READ};
	TRY(vm_space_map_frames(space, &request, first));
	*out_base = PROGRAM_ARCHIVE_BASE + offset;
	return OK;
}

/* A lazy one has as many bytes as the calling process's limit says. Half of it is the program's. */
static enum status program_map_stack(struct vm_space *space, bool is_lazy,
                                     const struct program_stack_request *request,
                                     struct program *out_program)
{
	size_t size = is_lazy ? process_stack_bytes() : PROGRAM_STACK_BYTES;
	const struct vm_request map = {
	        .address = PROGRAM_STACK_TOP - size,
	        .size = size,
	        .rights = MAP_READ | MAP_WRITE,
	        .flags = is_lazy ? 0 : VM_WIRED,
	};
	size_t image_size;
	TRY(program_stack_size(request, &image_size));
	if (image_size > size / 2)
		return ERR_TOO_BIG;
	TRY(vm_space_map(space, &map, NULL));
	char *bytes = heap_alloc(image_size);
	if (!bytes)
		return ERR_NO_MEMORY;
	size_t used = program_build_stack(request, PROGRAM_STACK_TOP, bytes, image_size,
	                                  &out_program->texts);
	enum status status =
	        vm_space_write(space, PROGRAM_STACK_TOP - used, bytes + image_size - used, used);
	heap_free(bytes, image_size);
	if (status == OK)
		out_program->stack_pointer = PROGRAM_STACK_TOP - used;
	return status;
}

static struct program_stack_request program_stack_of(const struct process_request *request)
{
	struct program_stack_request stack = {
	        .path = request->path,
	        .arguments = request->arguments,
	        .argument_count = request->argument_count,
	        .environment = request->environment,
	        .environment_count = request->environment_count,
	        .hardware = cpu_features()->basic_edx,
	};
	random_fill(stack.random, sizeof stack.random);
	if (process_current())
		stack.credentials = *process_credentials();
	return stack;
}

/* All but its stack. */
static struct program program_of_image(const struct program_image *image)
{
	return (struct program){
	        .entry = image->start, .image_end = image->end, .image_bias = image->base};
}

enum status program_start(const struct program_built *built, const struct process_setup *setup,
                          const struct process_request *request, struct program *out_program)
{
	struct program_stack_request stack = program_stack_of(request);
	stack.image = built->image;
	if (built->has_ids) {
		stack.credentials.euid = built->euid;
		stack.credentials.egid = built->egid;
	}
	stack.is_secure = stack.credentials.euid != stack.credentials.uid ||
	                  stack.credentials.egid != stack.credentials.gid;
	*out_program = program_of_image(&stack.image);
	if (request->map_archive) {
		TRY(program_map_archive(built->space, setup, &stack.archive_base));
		stack.archive_bytes = setup->archive.bytes.len;
	}
	return program_map_stack(built->space, true, &stack, out_program);
}

enum status program_load(struct vm_space *space, const struct process_setup *setup,
                         const struct process_request *request, struct program *out_program)
{
	struct program_stack_request stack = program_stack_of(request);
	struct boot_archive_entry file = {.data = request->image};
	if (!file.data.len)
		TRY(boot_archive_find(setup->archive, request->path, &file));
	TRY(program_map_image(space, file.data, VM_WIRED, &stack.image));
	const struct vm_request heap = {
	        .address = PROGRAM_HEAP_BASE,
	        .size = PROGRAM_HEAP_BYTES,
	        .rights = MAP_READ | MAP_WRITE,
	        .flags = VM_WIRED,
	};
	stack.has_heap = true;
	TRY(vm_space_map(space, &heap, NULL));
	if (request->map_archive) {
		TRY(program_map_archive(space, setup, &stack.archive_base));
		stack.archive_bytes = setup->archive.bytes.len;
	}
	*out_program = program_of_image(&stack.image);
	return program_map_stack(space, false, &stack, out_program);
}
