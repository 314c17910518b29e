/*
 * Images in the making. The address space is built as the brokers ask; only who holds `changing`
 * touches it.
 */
#include "ps/program/prepare.h"
#include "core/api.h"
#include "ps/process.h"
#include <base/cleanup.h>
#include <string.h>

struct prepare {
	struct object object;
	uint64_t owner; /* pid */
	struct sleep_lock changing;
	/* guarded by changing */
	struct vm_space *space; /* owned; NULL: taken or given up */
	struct file *program; /* owned reference */
	unsigned mapping_count;
	bool has_image;
	struct program_image image;
};

static struct prepare *prepare_of(struct object *object)
{
	return container_of(object, struct prepare, object);
}

static void prepare_destroy(struct object *object)
{
	struct prepare *prepare = prepare_of(object);
	vm_space_destroy(prepare->space);
	file_unref(prepare->program);
	heap_free(prepare, sizeof *prepare);
}

const struct object_type prepare_type = {
        .name = "process image", .rights = RIGHT_WRITE, .destroy = prepare_destroy};

enum status prepare_create(struct prepare **out_prepare)
{
	struct memory_account *account;
	struct prepare *prepare = HEAP_NEW(struct prepare);
	if (!prepare)
		return ERR_NO_MEMORY;
	object_init(&prepare->object, &prepare_type);
	sleep_lock_init(&prepare->changing);
	prepare->owner = process_id(process_current());
	enum status status = process_new_account(&account);
	if (status == OK) {
		status = vm_space_create(account, &prepare->space);
		memory_account_unref(account);
	}
	if (status != OK) {
		prepare_unref(prepare);
		return status;
	}
	*out_prepare = prepare;
	return OK;
}

struct object *prepare_object(struct prepare *prepare)
{
	return &prepare->object;
}

void prepare_unref(struct prepare *prepare)
{
	if (prepare)
		object_unref(&prepare->object);
}

enum status prepare_get(uint64_t handle, struct prepare **out_prepare)
{
	struct object *object;
	TRY(handle_table_get(&process_ipc(process_current())->handles, handle, &prepare_type, 0,
	                     &object));
	struct prepare *prepare = prepare_of(object);
	if (prepare->owner != process_id(process_current())) {
		prepare_unref(prepare);
		return ERR_BAD_HANDLE;
	}
	*out_prepare = prepare;
	return OK;
}

/* ---- mappings ---- */

enum {
	PREPARE_MAP_RIGHTS = PROC_BROKER_MAP_READ | PROC_BROKER_MAP_WRITE | PROC_BROKER_MAP_EXEC,
	PREPARE_MAP_FLAGS = PREPARE_MAP_RIGHTS | PROC_BROKER_MAP_PRIVATE | PROC_BROKER_MAP_IMAGE,
};

static uint64_t prepare_page_up(uint64_t address)
{
	return (address + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

static unsigned prepare_rights(uint64_t flags)
{
	/* the CPU can't write or execute without reading */
	unsigned rights = MAP_READ;
	if (flags & PROC_BROKER_MAP_WRITE)
		rights |= MAP_WRITE;
	if (flags & PROC_BROKER_MAP_EXEC)
		rights |= MAP_EXECUTE;
	return rights;
}

static enum status prepare_check_file(const struct prepare_mapping *mapping)
{
	const struct file *file = mapping->file;
	if (!file)
		return mapping->flags & PROC_BROKER_MAP_IMAGE ? ERR_INVALID_ARGS : OK;
	/* only regular files have pages: no directory, device or socket */
	if (!file->ops->map || !file->ops->size || !file_may_read(file))
		return ERR_ACCESS_DENIED;
	bool fits = mapping->file_bytes && mapping->file_bytes <= mapping->bytes &&
	            mapping->file_offset % PAGE_SIZE == 0 &&
	            mapping->file_offset <= INT64_MAX - mapping->file_bytes;
	return fits ? OK : ERR_INVALID_ARGS;
}

static enum status prepare_check(const struct prepare *prepare,
                                 const struct prepare_mapping *mapping)
{
	bool writes = mapping->flags & PROC_BROKER_MAP_WRITE;
	bool is_known = !(mapping->flags & ~(uint64_t)PREPARE_MAP_FLAGS) &&
	                (mapping->flags & PREPARE_MAP_RIGHTS) &&
	                (mapping->flags & PROC_BROKER_MAP_PRIVATE);
	if (!prepare->space || !is_known || mapping->address % PAGE_SIZE || !mapping->bytes ||
	    !user_range_holds(mapping->address, mapping->bytes))
		return ERR_INVALID_ARGS;
	if (writes && (mapping->flags & PROC_BROKER_MAP_EXEC))
		return ERR_ACCESS_DENIED;
	if (prepare->mapping_count == PROC_MAPPINGS_MAX)
		return ERR_TOO_BIG;
	return prepare_check_file(mapping);
}

/* The rest of the last page that holds bytes of the file. */
static enum status prepare_clear_tail(struct prepare *prepare,
                                      const struct prepare_mapping *mapping)
{
	static const char zero[PAGE_SIZE];
	uint64_t end = mapping->address + mapping->file_bytes;
	if (mapping->file_bytes == mapping->bytes || end % PAGE_SIZE == 0)
		return OK;
	return vm_space_write(prepare->space, end, zero, PAGE_SIZE - end % PAGE_SIZE);
}

/* The pages that hold bytes of the file. */
static enum status prepare_map_bytes(struct prepare *prepare, const struct prepare_mapping *mapping)
{
	struct vm_request request = {
	        .address = mapping->address,
	        .size = prepare_page_up(mapping->file_bytes),
	        .rights = prepare_rights(mapping->flags),
	        .object_page = mapping->file_offset / PAGE_SIZE,
	};
	uint64_t end = mapping->address + mapping->file_bytes;
	/* that page shows what follows in the file: only a writable one can be made zero */
	if (mapping->bytes > mapping->file_bytes && end % PAGE_SIZE &&
	    !(request.rights & MAP_WRITE))
		return ERR_NOT_EXECUTABLE;
	TRY(mapping->file->ops->map(mapping->file, false, &request.object));
	TRY(vm_space_map(prepare->space, &request, NULL));
	return prepare_clear_tail(prepare, mapping);
}

static enum status prepare_map_zeros(struct prepare *prepare, const struct prepare_mapping *mapping)
{
	uint64_t start = mapping->address + prepare_page_up(mapping->file_bytes);
	uint64_t end = prepare_page_up(mapping->address + mapping->bytes);
	if (start == end)
		return OK;
	const struct vm_request request = {
	        .address = start, .size = end - start, .rights = prepare_rights(mapping->flags)};
	return vm_space_map(prepare->space, &request, NULL);
}

static enum status prepare_map_checked(struct prepare *prepare,
                                       const struct prepare_mapping *mapping)
{
	TRY(prepare_check(prepare, mapping));
	if (mapping->file)
		TRY(prepare_map_bytes(prepare, mapping));
	TRY(prepare_map_zeros(prepare, mapping));
	prepare->mapping_count++;
	if (mapping->flags & PROC_BROKER_MAP_IMAGE) {
		file_unref(prepare->program);
		prepare->program = file_ref(mapping->file);
	}
	return OK;
}

enum status prepare_map(struct prepare *prepare, const struct prepare_mapping *mapping)
{
	sleep_lock_acquire(&prepare->changing);
	enum status status = prepare_map_checked(prepare, mapping);
	sleep_lock_release(&prepare->changing);
	return status;
}

enum status prepare_write(struct prepare *prepare, uintptr_t address, const void *bytes, size_t len)
{
	sleep_lock_acquire(&prepare->changing);
	enum status status = prepare->space ? vm_space_write(prepare->space, address, bytes, len)
	                                    : ERR_INVALID_ARGS;
	sleep_lock_release(&prepare->changing);
	return status;
}

/* ---- what becomes of it ---- */

static bool prepare_image_fits(const struct program_image *image)
{
	enum { PREPARE_HEADER_BYTES = 56 };
	return user_range_holds(image->entry, 1) && user_range_holds(image->start, 1) &&
	       user_range_holds(image->end, 1) &&
	       user_range_holds(image->program_headers,
	                        (size_t)image->program_header_count * PREPARE_HEADER_BYTES) &&
	       (!image->interpreter_base || user_range_holds(image->interpreter_base, 1));
}

enum status prepare_set_image(struct prepare *prepare, const struct program_image *image)
{
	sleep_lock_acquire(&prepare->changing);
	bool may = prepare->space && !prepare->has_image && prepare_image_fits(image);
	if (may) {
		prepare->has_image = true;
		prepare->image = *image;
	}
	sleep_lock_release(&prepare->changing);
	return may ? OK : ERR_INVALID_ARGS;
}

void prepare_give_up(struct prepare *prepare)
{
	sleep_lock_acquire(&prepare->changing);
	vm_space_destroy(TAKE(prepare->space));
	file_unref(TAKE(prepare->program));
	sleep_lock_release(&prepare->changing);
}

struct program_built *program_built_create(size_t bytes_size)
{
	struct program_built *built = HEAP_NEW(struct program_built);
	if (!built)
		return NULL;
	built->bytes_size = bytes_size;
	built->bytes = heap_alloc(bytes_size);
	if (built->bytes)
		return built;
	heap_free(built, sizeof *built);
	return NULL;
}

void program_built_destroy(struct program_built *built)
{
	if (!built)
		return;
	vm_space_destroy(built->space);
	file_unref(built->program);
	heap_free(built->bytes, built->bytes_size);
	heap_free(built, sizeof *built);
}

enum status prepare_take(struct prepare *prepare, struct program_built *built)
{
	sleep_lock_acquire(&prepare->changing);
	bool may = prepare->space && prepare->has_image;
	if (may) {
		built->space = TAKE(prepare->space);
		built->program = TAKE(prepare->program);
		built->image = prepare->image;
	}
	sleep_lock_release(&prepare->changing);
	return may ? OK : ERR_INVALID_ARGS;
}
