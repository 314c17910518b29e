/* Brokers of loaderd that build a process image. Whose image it is decides ps/prepare.c. */
#include "compat/spawn.h"
#include "core/api.h"
#include "io/api.h"
#include "ps/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

static struct handle_table *broker_handles(void)
{
	return &process_ipc(process_current())->handles;
}

/* Takes the object. */
static enum status broker_give_handle(struct object *object, uint32_t rights, uint64_t *out_handle)
{
	int32_t handle;
	const struct handle_request request = {
	        .object = object, .rights = rights, .first = HANDLE_FIRST_NATIVE};
	enum status status = handle_table_add(broker_handles(), &request, &handle);
	object_unref(object);
	if (status == OK)
		*out_handle = (uint64_t)handle;
	return status;
}

enum status sys_proc_prepare_broker(struct user_in address, uint64_t *out_handle)
{
	struct proc_prepare_args args;
	struct prepare *prepare;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != PROC_BROKER_VERSION || args.flags || args.reserved0)
		return ERR_INVALID_ARGS;
	if (args.format == PROC_BROKER_FORMAT_PE64)
		return ERR_NOT_SUPPORTED;
	if (args.format != PROC_BROKER_FORMAT_ELF64)
		return ERR_INVALID_ARGS;
	TRY(prepare_create(&prepare));
	return broker_give_handle(prepare_object(prepare), RIGHT_WRITE, out_handle);
}

/* ---- mappings ---- */

static enum status broker_map_piece(struct prepare *prepare, const struct proc_file_piece *piece)
{
	struct object *object;
	if (piece->reserved0)
		return ERR_INVALID_ARGS;
	TRY(handle_table_get(broker_handles(), piece->fd, &file_type, 0, &object));
	const struct prepare_mapping mapping = {
	        .address = piece->target_addr,
	        .bytes = piece->mem_len,
	        .flags = piece->flags,
	        .file = file_of(object),
	        .file_offset = piece->file_offset,
	        .file_bytes = piece->file_len,
	};
	enum status status = prepare_map(prepare, &mapping);
	object_unref(object);
	return status;
}

static enum status broker_map_pieces(uint64_t handle, const struct proc_file_piece *pieces,
                                     size_t count)
{
	struct prepare *prepare;
	TRY(prepare_get(handle, &prepare));
	enum status status = OK;
	for (size_t i = 0; i < count && status == OK; i++)
		status = broker_map_piece(prepare, &pieces[i]);
	prepare_unref(prepare);
	return status;
}

enum status sys_proc_map_file_broker(struct user_in address)
{
	struct proc_map_file_args args;
	TRY(user_copy_in(&args, address));
	return broker_map_pieces(args.prepare_handle, &args.piece, 1);
}

enum status sys_proc_map_file_batch_broker(struct user_in address)
{
	struct proc_map_file_batch_args args;
	TRY(user_copy_in(&args, address));
	if (args.reserved0 || !args.count || args.count > PROC_MAP_BATCH_MAX)
		return ERR_INVALID_ARGS;
	return broker_map_pieces(args.prepare_handle, args.pieces, args.count);
}

enum status sys_proc_map_zeroed_broker(struct user_in address)
{
	struct proc_map_zeroed_args args;
	struct prepare *prepare;
	TRY(user_copy_in(&args, address));
	if (args.reserved0)
		return ERR_INVALID_ARGS;
	TRY(prepare_get(args.prepare_handle, &prepare));
	const struct prepare_mapping mapping = {
	        .address = args.target_addr, .bytes = args.mem_len, .flags = args.flags};
	enum status status = prepare_map(prepare, &mapping);
	prepare_unref(prepare);
	return status;
}

static enum status broker_map_data(const struct proc_map_data_args *args)
{
	struct prepare *prepare;
	if (args->reserved0 || args->data_len > PROC_MAP_DATA_MAX ||
	    args->data_offset > args->mem_len || args->data_len > args->mem_len - args->data_offset)
		return ERR_INVALID_ARGS;
	TRY(prepare_get(args->prepare_handle, &prepare));
	const struct prepare_mapping mapping = {
	        .address = args->target_addr, .bytes = args->mem_len, .flags = args->flags};
	enum status status = prepare_map(prepare, &mapping);
	if (status == OK)
		status = prepare_write(prepare, args->target_addr + args->data_offset, args->data,
		                       args->data_len);
	prepare_unref(prepare);
	return status;
}

enum status sys_proc_map_data_broker(struct user_in address)
{
	/* too large for a kernel stack */
	struct proc_map_data_args *args = heap_alloc(sizeof *args);
	if (!args)
		return ERR_NO_MEMORY;
	enum status status = user_copy_in(args, address);
	if (status == OK)
		status = broker_map_data(args);
	heap_free(args, sizeof *args);
	return status;
}

enum status sys_proc_set_linux_runtime_broker(struct user_in address)
{
	enum { RUNTIME_HEADER_BYTES = 56, RUNTIME_HEADERS_MAX = 64 };
	struct proc_set_linux_runtime_args args;
	struct prepare *prepare;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != PROC_BROKER_VERSION || args.has_tls || args.interp_path_len ||
	    args.reserved0 || args.phent != RUNTIME_HEADER_BYTES ||
	    args.phnum > RUNTIME_HEADERS_MAX)
		return ERR_INVALID_ARGS;
	TRY(prepare_get(args.prepare_handle, &prepare));
	const struct program_image image = {
	        .base = args.image_base,
	        .end = args.brk_start,
	        .entry = args.entry,
	        .start = args.actual_entry,
	        .interpreter_base = args.interpreter_base,
	        .program_headers = args.phdr_addr,
	        .program_header_count = (unsigned)args.phnum,
	};
	enum status status = prepare_set_image(prepare, &image);
	prepare_unref(prepare);
	return status;
}

enum status sys_proc_abort_broker(struct user_in address)
{
	struct proc_abort_args args;
	struct prepare *prepare;
	TRY(user_copy_in(&args, address));
	if (args.reserved0)
		return ERR_INVALID_ARGS;
	TRY(prepare_get(args.prepare_handle, &prepare));
	prepare_give_up(prepare);
	prepare_unref(prepare);
	return handle_table_close(broker_handles(), args.prepare_handle);
}

/* ---- program files ---- */

/* The first bytes, as many as there are; fewer are zero. */
static enum status broker_read_head(struct file *file, const struct proc_open_program_args *args)
{
	struct vm_object *pages;
	uint64_t size = file->ops->size(file);
	size_t len = size < args->head_len ? (size_t)size : args->head_len;
	TRY(user_copy_out((struct user_out){args->out_size_ptr, sizeof size}, &size));
	TRY(file->ops->map(file, false, &pages));
	if (!len)
		return OK;
	char *head = heap_alloc(len);
	if (!head)
		return ERR_NO_MEMORY;
	enum status status = vm_object_read(pages, 0, head, len);
	if (status == OK)
		status = user_copy_out((struct user_out){args->head_ptr, len}, head);
	heap_free(head, len);
	return status;
}

static enum status broker_open(const struct proc_open_program_args *args, struct str path,
                               struct file **out_file)
{
	struct exec_target target = {.ticket = args->exec_ticket, .pid = args->target_pid};
	const struct name_ops *names = process_setup()->names;
	struct process_view view;
	struct file_owner owner;
	if (!target.ticket)
		return target.pid || args->reply_cap
		               ? ERR_INVALID_ARGS
		               : names->open_program(NULL, path, out_file, &owner);
	TRY(exec_target_check(&target, args->reply_cap));
	TRY(exec_target_view(&target, &view));
	enum status status = names->open_program(&view, path, out_file, &owner);
	process_view_release(&view);
	if (status == OK)
		exec_target_note(&target, *out_file, &owner);
	return status;
}

static enum status broker_open_path(const struct proc_open_program_args *args, char *bytes,
                                    struct file **out_file)
{
	TRY(user_copy_in(bytes, (struct user_in){args->path_ptr, args->path_len}));
	return broker_open(args, (struct str){bytes, args->path_len}, out_file);
}

enum status sys_proc_open_program_broker(struct user_in address, uint64_t *out_fd)
{
	struct proc_open_program_args args;
	struct file *file;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != PROC_BROKER_VERSION || args.reserved0 || args.flags ||
	    args.head_len > PROC_HEAD_MAX)
		return ERR_INVALID_ARGS;
	if (args.path_len > VFS_PATH_MAX)
		return ERR_NAME_TOO_LONG;
	char *path = heap_alloc(args.path_len + 1);
	if (!path)
		return ERR_NO_MEMORY;
	enum status status = broker_open_path(&args, path, &file);
	heap_free(path, args.path_len + 1);
	TRY(status);
	status = broker_read_head(file, &args);
	if (status == OK)
		return broker_give_handle(&file->object, RIGHT_READ | RIGHT_MAP, out_fd);
	file_unref(file);
	return status;
}
