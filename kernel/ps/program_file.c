/*
 * Programs in files: their pages are those of the page cache, private, so that all who run a
 * program share what nobody writes.
 */
#include "core/api.h"
#include "ps/program.h"
#include <elf/api.h>
#include <string.h>

enum { PROGRAM_HEAD_BYTES = 8192 };

/* What is loaded, and where to. */
struct program_file {
	struct vm_object *pages; /* of the file */
	struct elf_image elf;
	struct elf_load_plan plan;
	uint64_t bias;
	char head[PROGRAM_HEAD_BYTES];
};

static uint64_t program_page_down(uint64_t address)
{
	return address & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t program_page_up(uint64_t address)
{
	return program_page_down(address + PAGE_SIZE - 1);
}

/* The pages that hold the segment's bytes of the file. */
static enum status program_file_map_bytes(struct vm_space *space, const struct program_file *file,
                                          const struct elf_segment *segment, uint64_t end)
{
	uint64_t start = program_page_down(segment->address);
	const struct vm_request request = {
	        .address = start + file->bias,
	        .size = end - start,
	        .rights = program_rights(segment->flags),
	        .object = file->pages,
	        .object_page = segment->offset / PAGE_SIZE,
	};
	return vm_space_map(space, &request, NULL);
}

/* The rest of the last page that holds bytes of the file. */
static enum status program_file_clear_tail(struct vm_space *space, const struct program_file *file,
                                           const struct elf_segment *segment)
{
	static const char zero[PAGE_SIZE];
	uint64_t end = segment->address + segment->file_bytes;
	if (segment->file_bytes == segment->memory_bytes || end % PAGE_SIZE == 0)
		return OK;
	/* it shows what follows in the file: only a writable page can be made zero */
	if (!(segment->flags & ELF_WRITE))
		return ERR_NOT_EXECUTABLE;
	return vm_space_write(space, end + file->bias, zero, PAGE_SIZE - end % PAGE_SIZE);
}

static enum status program_file_map_segment(struct vm_space *space, const struct program_file *file,
                                            const struct elf_segment *segment)
{
	uint64_t start = program_page_down(segment->address), bytes_end = start;
	uint64_t end = program_page_up(segment->address + segment->memory_bytes);
	if (segment->file_bytes) {
		bytes_end = program_page_up(segment->address + segment->file_bytes);
		TRY(program_file_map_bytes(space, file, segment, bytes_end));
		TRY(program_file_clear_tail(space, file, segment));
	}
	if (bytes_end == end)
		return OK;
	const struct vm_request rest = {
	        .address = bytes_end + file->bias,
	        .size = end - bytes_end,
	        .rights = program_rights(segment->flags),
	};
	return vm_space_map(space, &rest, NULL);
}

static enum status program_file_open(struct file *file, struct program_file *out)
{
	if (!file->ops->map || !file->ops->size)
		return ERR_ACCESS_DENIED;
	TRY(file->ops->map(file, false, &out->pages));
	uint64_t size = file->ops->size(file);
	size_t len = size < sizeof out->head ? (size_t)size : sizeof out->head;
	TRY(vm_object_read(out->pages, 0, out->head, len));
	TRY(elf_open_head((struct str){out->head, len}, size, &out->elf));
	return elf_plan_load(&out->elf, &out->plan);
}

static enum status program_file_place(struct program_file *file, uint64_t base)
{
	const struct elf_load_plan *plan = &file->plan;
	file->bias = file->elf.type == ELF_EXEC ? 0 : base - plan->low;
	bool fits = plan->end - plan->low <= PROGRAM_IMAGE_BYTES_MAX &&
	            program_bias_is_aligned(plan, file->bias) &&
	            user_range_holds(plan->low + file->bias, plan->end - plan->low);
	return fits ? OK : ERR_NOT_EXECUTABLE;
}

static enum status program_file_map(struct vm_space *space, struct program_file *file,
                                    uint64_t base, struct program_image *out_image)
{
	const struct elf_load_plan *plan = &file->plan;
	TRY(program_file_place(file, base));
	for (unsigned i = 0; i < plan->count; i++) {
		enum status status = program_file_map_segment(space, file, &plan->segments[i]);
		/* it lies where something else is already */
		if (status != OK)
			return status == ERR_EXISTS ? ERR_NOT_EXECUTABLE : status;
	}
	*out_image = (struct program_image){
	        .base = file->bias,
	        .end = plan->end + file->bias,
	        .entry = file->elf.entry + file->bias,
	        .start = file->elf.entry + file->bias,
	        .program_headers = plan->program_headers_address + file->bias,
	        .program_header_count = file->elf.segment_count,
	};
	return OK;
}

/* An interpreter is a program without one. */
static enum status program_map_interpreter(struct vm_space *space, struct str path,
                                           struct program_file *file, struct program_image *image)
{
	struct file *interpreter;
	struct program_image loaded;
	/* the path lies in the head that is read over */
	TRY(process_setup()->names->open_program(path, &interpreter));
	uintptr_t base = PROGRAM_INTERPRETER_BASE;
	if (image->base && image->end > base)
		base = (image->end + PROGRAM_INTERPRETER_ALIGN - 1) &
		       ~(uintptr_t)(PROGRAM_INTERPRETER_ALIGN - 1);
	enum status status = program_file_open(interpreter, file);
	if (status == OK && (file->plan.interpreter.len || file->elf.type == ELF_EXEC))
		status = ERR_NOT_EXECUTABLE;
	if (status == OK)
		status = program_file_map(space, file, base, &loaded);
	file_unref(interpreter);
	if (status != OK)
		return status;
	image->start = loaded.entry;
	image->interpreter_base = loaded.base;
	/* the heap grows behind both */
	if (image->base && loaded.end > image->end)
		image->end = loaded.end;
	return OK;
}

enum status program_map_file(struct vm_space *space, struct file *program,
                             struct program_image *out_image)
{
	struct program_file *file = heap_alloc(sizeof *file);
	if (!file)
		return ERR_NO_MEMORY;
	enum status status = program_file_open(program, file);
	if (status == OK)
		status = program_file_map(space, file, PROGRAM_IMAGE_BASE, out_image);
	if (status == OK && file->plan.interpreter.len)
		status = program_map_interpreter(space, file->plan.interpreter, file, out_image);
	heap_free(file, sizeof *file);
	return status;
}
