#include "core/api.h"
#include "vm/api.h"
#include <base/cleanup.h>

struct shared_memory {
	struct object object;
	struct vm_object *pages; /* a reference */
};

static struct shared_memory *shared_memory_of(struct object *object)
{
	return container_of(object, struct shared_memory, object);
}

static void shared_memory_destroy(struct object *object)
{
	struct shared_memory *shared = shared_memory_of(object);
	vm_object_unref(shared->pages);
	heap_free(shared, sizeof *shared);
}

const struct object_type *shared_memory_type(void)
{
	static const struct object_type type = {
	        .name = "shared memory",
	        .rights = RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_TRANSFER,
	        .destroy = shared_memory_destroy,
	};
	return &type;
}

struct vm_object *shared_memory_pages(struct object *object)
{
	return shared_memory_of(object)->pages;
}

enum status shared_memory_create(uint64_t size, struct memory_account *account,
                                 struct object **out_object)
{
	if (size == 0 || size % PAGE_SIZE)
		return ERR_INVALID_ARGS;
	if (size > SHARED_MEMORY_BYTES_MAX)
		return ERR_TOO_BIG;
	struct shared_memory *shared = HEAP_NEW(struct shared_memory);
	if (!shared)
		return ERR_NO_MEMORY;
	const struct vm_object_request request = {
	        .page_count = size / PAGE_SIZE,
	        .account = account,
	};
	enum status status = vm_object_create(&request, &shared->pages);
	if (status != OK) {
		heap_free(shared, sizeof *shared);
		return status;
	}
	object_init(&shared->object, shared_memory_type());
	*out_object = &shared->object;
	return OK;
}
