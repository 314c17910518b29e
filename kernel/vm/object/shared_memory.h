/*
 * Memory that processes share by handle: an object of kernel/object around a memory object
 * without a pager. Included by vm/api.h.
 */
#pragma once

#include "object/api.h"
#include "vm/object/object.h"

#define SHARED_MEMORY_BYTES_MAX ((uint64_t)256 << 20)

/*
 * With one reference, the caller's. Pages are charged to account, whoever touches them first.
 * ERR_INVALID_ARGS: size is 0 or no multiple of PAGE_SIZE; ERR_TOO_BIG; ERR_NO_MEMORY.
 */
enum status shared_memory_create(uint64_t size, struct memory_account *account,
                                 struct object **out_object);
/* For handle_table_get. */
const struct object_type *shared_memory_type(void);
/* Lives as long as the object. */
struct vm_object *shared_memory_pages(struct object *object);
