/* The table of programs, in memory that the next runtimed finds. */
#include "runtimed.h"
#include <rt/api.h>
#include <service/api.h>

enum { KEPT_KEY = 1, KEPT_PAGE = 4096 };
/* with the layout's version */
static const uint64_t kept_magic = 0x32676f7270746e72; /* "rntprog2" */

static const size_t kept_bytes =
        (sizeof(struct runtime_kept) + KEPT_PAGE - 1) & ~(size_t)(KEPT_PAGE - 1);

static struct runtime_kept *kept_map(uint64_t object)
{
	uint64_t start = 0;
	const struct memory_object_view view = {.object = object,
	                                        .size = kept_bytes,
	                                        .rights = MEMORY_READ | MEMORY_WRITE,
	                                        .flags = MEMORY_SHARED};
	if (rustos_memory_object_map(&view, &start) != OK)
		return NULL;
	return (struct runtime_kept *)(uintptr_t)start;
}

/* NULL: there is none, or of another layout. */
static struct runtime_kept *kept_find(void)
{
	uint64_t object;
	if (rustos_service_kept(KEPT_KEY, &object) != OK)
		return NULL;
	struct runtime_kept *kept = kept_map(object);
	return kept && kept->magic == kept_magic ? kept : NULL;
}

static struct runtime_kept *kept_create(void)
{
	uint64_t object;
	if (rustos_memory_object_create(kept_bytes, &object) != OK)
		return NULL;
	struct runtime_kept *kept = kept_map(object);
	if (!kept || rustos_service_keep(KEPT_KEY, object) != OK)
		return NULL;
	kept->magic = kept_magic;
	return kept;
}

void runtime_keep(struct runtime_service *self)
{
	static struct runtime_kept own;
	self->kept = kept_find();
	if (!self->kept)
		self->kept = kept_create();
	if (self->kept)
		return;
	service_log(runtime_name, LOG_LEVEL_WARN,
	            "no memory that outlives me, programs will be forgotten with my end");
	self->kept = &own;
}

size_t runtime_free_place(const struct runtime_service *self)
{
	size_t place = 0;
	while (place < RUNTIME_PROGRAMS_MAX && self->kept->programs[place].pid)
		place++;
	return place;
}

/* The pid last: death comes between two stores, and a place without one is free. */
void runtime_enter(struct runtime_service *self, size_t place,
                   const struct runtime_program *program, const struct runtime_member *member)
{
	struct runtime_program *entry = &self->kept->programs[place];
	*entry = *program;
	entry->pid = 0;
	self->kept->members[place] = *member;
	__atomic_store_n(&entry->pid, program->pid, __ATOMIC_RELEASE);
	__atomic_fetch_add(&self->count, 1, __ATOMIC_RELAXED);
	self->changed = true;
}

void runtime_leave(struct runtime_service *self, size_t place)
{
	__atomic_store_n(&self->kept->programs[place].pid, 0, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&self->count, 1, __ATOMIC_RELAXED);
	self->changed = true;
}
