#include "object/api.h"

void object_init(struct object *object, const struct object_type *type)
{
	*object = (struct object){.type = type, .references = 1};
}

uint32_t object_references(const struct object *object)
{
	return __atomic_load_n(&object->references, __ATOMIC_RELAXED);
}
