#include "build.h"
#include <base/cleanup.h>
#include <rt/api.h>
#include <string.h>

enum { BUILD_PAGE = 4096 };

static uint64_t build_page_down(uint64_t address)
{
	return address & ~(uint64_t)(BUILD_PAGE - 1);
}

/* ---- files ---- */

static void build_close(struct build_file *file)
{
	if (file->fd)
		/* it was ours: cannot fail */
		(void)!rustos_handle_close(file->fd);
	file->fd = 0;
}

static enum status build_open(const struct build *self, const char *path, size_t head_len,
                              struct build_file *file)
{
	const struct proc_open_program_args args = {
	        .abi_version = PROC_BROKER_VERSION,
	        .exec_ticket = self->target.ticket,
	        .target_pid = self->target.ticket ? self->target.pid : 0,
	        .reply_cap = self->target.ticket ? self->target.reply_cap : 0,
	        .path_ptr = (uintptr_t)path,
	        .path_len = strlen(path),
	        .head_ptr = (uintptr_t)file->head,
	        .head_len = head_len,
	        .out_size_ptr = (uintptr_t)&file->size,
	};
	TRY(rustos_proc_open_program_broker(&args, &file->fd));
	file->head_len = file->size < head_len ? (size_t)file->size : head_len;
	return OK;
}

static struct str build_head(const struct build_file *file)
{
	return (struct str){file->head, file->head_len};
}

static enum status build_read_plan(struct build_file *file)
{
	TRY(elf_open_head(build_head(file), file->size, &file->elf));
	return elf_plan_load(&file->elf, &file->plan);
}

/* Headers far in the file are looked for once more, in all that the kernel reads. */
static enum status build_read_elf(const struct build *self, const char *path,
                                  struct build_file *file)
{
	enum status status = build_read_plan(file);
	bool may_lie_behind = file->size > file->head_len && file->head_len < PROC_HEAD_MAX &&
	                      str_starts_with(build_head(file), STR("\177ELF"));
	if (status == OK || !may_lie_behind)
		return status;
	build_close(file);
	TRY(build_open(self, path, PROC_HEAD_MAX, file));
	return build_read_plan(file);
}

/* ---- scripts ---- */

static const char *build_keep_text(char *room, struct str text)
{
	/* a line is shorter than the room */
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	return room;
}

static void build_put_leading(struct build *self, const char *const *texts, size_t count)
{
	/* the script's own path, which the last line put first, makes room for its interpreter */
	size_t kept = self->leading_count;
	memmove(self->leading + count, self->leading, kept * sizeof self->leading[0]);
	memcpy(self->leading, texts, count * sizeof texts[0]);
	self->leading_count = kept + count;
}

/* self->program is a script: its interpreter is what is built, and has its path as argument. */
static enum status build_follow_line(struct build *self, unsigned level)
{
	struct script_line line;
	const char *texts[3];
	size_t count = 0;
	if (level == SCRIPT_LEVELS_MAX)
		return ERR_TOO_MANY_SYMLINKS;
	TRY(script_parse(build_head(&self->program), &line));
	texts[count++] = build_keep_text(self->texts[level][0], line.interpreter);
	if (line.argument.len)
		texts[count++] = build_keep_text(self->texts[level][1], line.argument);
	/* of a script of scripts the path stands there already, as its interpreter's name */
	if (!self->leading_count)
		texts[count++] = self->path;
	build_put_leading(self, texts, count);
	self->path = texts[0];
	return OK;
}

static enum status build_find_program(struct build *self)
{
	for (unsigned level = 0;; level++) {
		TRY(build_open(self, self->path, BUILD_HEAD_BYTES, &self->program));
		if (!script_is(build_head(&self->program)))
			return build_read_elf(self, self->path, &self->program);
		TRY(build_follow_line(self, level));
		build_close(&self->program);
	}
}

/* ---- places ---- */

static enum status build_place(struct build_file *file, uint64_t base)
{
	const struct elf_load_plan *plan = &file->plan;
	uint64_t size = plan->end - plan->low;
	file->bias = file->elf.type == ELF_EXEC ? 0 : base - plan->low;
	uint64_t low = plan->low + file->bias;
	bool fits = size <= BUILD_IMAGE_BYTES_MAX && elf_plan_is_aligned(plan, file->bias) &&
	            low < BUILD_USER_END && size <= BUILD_USER_END - low;
	return fits ? OK : ERR_NOT_EXECUTABLE;
}

/* An interpreter is a program without one, that may lie anywhere. */
static enum status build_find_interpreter(struct build *self)
{
	struct build_file *program = &self->program, *file = &self->interpreter;
	char path[BUILD_TEXT_MAX];
	struct str name = program->plan.interpreter;
	if (name.len >= sizeof path)
		return ERR_NOT_EXECUTABLE;
	(void)build_keep_text(path, name);
	TRY(build_open(self, path, BUILD_HEAD_BYTES, file));
	TRY(build_read_elf(self, path, file));
	if (file->plan.interpreter.len || file->elf.type == ELF_EXEC)
		return ERR_NOT_EXECUTABLE;
	uint64_t base = BUILD_INTERPRETER_BASE, end = program->plan.end + program->bias;
	if (program->bias && end > base)
		base = (end + BUILD_INTERPRETER_ALIGN - 1) & ~(BUILD_INTERPRETER_ALIGN - 1);
	return build_place(file, base);
}

/* ---- mappings ---- */

static enum status build_flush(struct build *self)
{
	if (!self->batch.count)
		return OK;
	self->batch.prepare_handle = self->image;
	enum status status = rustos_proc_map_file_batch_broker(&self->batch);
	self->batch.count = 0;
	return status;
}

static uint64_t build_map_flags(const struct elf_segment *segment)
{
	uint64_t flags = PROC_BROKER_MAP_PRIVATE;
	if (segment->flags & ELF_READ)
		flags |= PROC_BROKER_MAP_READ;
	if (segment->flags & ELF_WRITE)
		flags |= PROC_BROKER_MAP_WRITE;
	if (segment->flags & ELF_EXECUTE)
		flags |= PROC_BROKER_MAP_EXEC;
	return flags;
}

static enum status build_map_segment(struct build *self, const struct build_file *file,
                                     const struct elf_segment *segment, uint64_t flags)
{
	uint64_t start = segment->address + file->bias, page = build_page_down(start);
	if (!segment->file_bytes) {
		const struct proc_map_zeroed_args zeroed = {
		        .prepare_handle = self->image,
		        .target_addr = page,
		        .mem_len = start - page + segment->memory_bytes,
		        .flags = build_map_flags(segment),
		};
		return rustos_proc_map_zeroed_broker(&zeroed);
	}
	self->batch.pieces[self->batch.count++] = (struct proc_file_piece){
	        .fd = file->fd,
	        .file_offset = build_page_down(segment->offset),
	        .target_addr = page,
	        .file_len = start - page + segment->file_bytes,
	        .mem_len = start - page + segment->memory_bytes,
	        .flags = build_map_flags(segment) | flags,
	};
	return self->batch.count == PROC_MAP_BATCH_MAX ? build_flush(self) : OK;
}

static enum status build_map_file(struct build *self, const struct build_file *file, uint64_t flags)
{
	for (unsigned i = 0; i < file->plan.count; i++)
		TRY(build_map_segment(self, file, &file->plan.segments[i], flags));
	return OK;
}

static enum status build_map(struct build *self)
{
	TRY(build_map_file(self, &self->program, PROC_BROKER_MAP_IMAGE));
	if (self->interpreter.fd)
		TRY(build_map_file(self, &self->interpreter, 0));
	return build_flush(self);
}

/* ---- the whole ---- */

static enum status build_set_runtime(const struct build *self)
{
	const struct build_file *program = &self->program, *interpreter = &self->interpreter;
	struct proc_set_linux_runtime_args args = {
	        .abi_version = PROC_BROKER_VERSION,
	        .prepare_handle = self->image,
	        .entry = program->elf.entry + program->bias,
	        .phdr_addr = program->plan.program_headers_address + program->bias,
	        .phnum = program->elf.segment_count,
	        .phent = ELF_PROGRAM_HEADER_BYTES,
	        .brk_start = program->plan.end + program->bias,
	        .actual_entry = program->elf.entry + program->bias,
	        .image_base = program->bias,
	};
	if (interpreter->fd) {
		uint64_t end = interpreter->plan.end + interpreter->bias;
		args.interpreter_base = interpreter->bias;
		args.actual_entry = interpreter->elf.entry + interpreter->bias;
		/* the heap grows behind both; a program at fixed addresses has room below */
		if (program->bias && end > args.brk_start)
			args.brk_start = end;
	}
	return rustos_proc_set_linux_runtime_broker(&args);
}

static enum status build_image(struct build *self)
{
	static const struct proc_prepare_args prepare = {.abi_version = PROC_BROKER_VERSION,
	                                                 .format = PROC_BROKER_FORMAT_ELF64};
	TRY(rustos_proc_prepare_broker(&prepare, &self->image));
	enum status status = build_map(self);
	/* two things at one place, or more of them than a program has */
	if (status == ERR_EXISTS || status == ERR_TOO_BIG || status == ERR_INVALID_ARGS)
		return ERR_NOT_EXECUTABLE;
	TRY(status);
	return build_set_runtime(self);
}

enum status build_program(struct build *self, const struct build_target *target, const char *path)
{
	self->target = *target;
	self->path = path;
	self->image = 0;
	self->program.fd = self->interpreter.fd = 0;
	self->leading_count = 0;
	self->batch.count = 0;
	TRY(build_find_program(self));
	TRY(build_place(&self->program, BUILD_PROGRAM_BASE));
	if (self->program.plan.interpreter.len)
		TRY(build_find_interpreter(self));
	self->leading[self->leading_count] = NULL;
	return build_image(self);
}

void build_end(struct build *self)
{
	const struct proc_abort_args abort = {.prepare_handle = self->image};
	build_close(&self->program);
	build_close(&self->interpreter);
	if (self->image)
		(void)!rustos_proc_abort_broker(&abort);
	self->image = 0;
}
