/*
 * kernel/mm and kernel/sched as kernel/ps sees them, on the host: mappings are
 * records, the n-th allocation can be made to fail, and what is alive is counted.
 */
#pragma once

#include "../../test.h"
#include "mm/api.h"
#include "sched/api.h"
#include "vm/api.h"
#include <stdlib.h>
#include <string.h>

enum { FAKE_MAPPINGS_MAX = 16 };

struct fake_mapping {
	uintptr_t address;
	size_t size;
	unsigned rights;
	paddr_t first; /* of map_frames */
	char *bytes; /* NULL for map_frames */
};

struct vm_space {
	struct fake_mapping mappings[FAKE_MAPPINGS_MAX];
	size_t count;
	struct memory_account *account; /* the test's; NULL: nothing is charged */
};

struct fake_memory {
	unsigned fail_in; /* the allocation that fails, counting from 1; 0: none */
	unsigned spaces, heap_blocks, threads; /* alive */
	size_t heap_bytes;
	bool is_low;
	bool is_lazy; /* memory is expected to come with the first touch */
};

static struct fake_memory fake_memory;

static inline void fake_memory_start(void)
{
	fake_memory = (struct fake_memory){};
}

static inline void assert_nothing_alive(void)
{
	assert_int_equal(fake_memory.spaces, 0);
	assert_int_equal(fake_memory.heap_blocks, 0);
	assert_int_equal(fake_memory.heap_bytes, 0);
	assert_int_equal(fake_memory.threads, 0);
}

static bool fake_memory_fails(void)
{
	return fake_memory.fail_in && --fake_memory.fail_in == 0;
}

void *heap_alloc(size_t size)
{
	if (fake_memory_fails())
		return NULL;
	fake_memory.heap_blocks++;
	fake_memory.heap_bytes += size;
	return calloc(1, size);
}

void heap_free(void *memory, size_t size)
{
	if (!memory)
		return;
	fake_memory.heap_blocks--;
	fake_memory.heap_bytes -= size;
	free(memory);
}

void *slab_alloc(struct slab *slab)
{
	return heap_alloc(slab->size);
}

enum status vm_space_create(struct memory_account *, struct vm_space **out_space)
{
	if (fake_memory_fails())
		return ERR_NO_MEMORY;
	*out_space = calloc(1, sizeof **out_space);
	fake_memory.spaces++;
	return OK;
}

void vm_space_destroy(struct vm_space *space)
{
	if (!space)
		return;
	for (size_t i = 0; i < space->count; i++)
		free(space->mappings[i].bytes);
	free(space);
	fake_memory.spaces--;
}

static enum status fake_map(struct vm_space *space, const struct fake_mapping *mapping)
{
	assert_int_equal(mapping->address % PAGE_SIZE, 0);
	assert_int_equal(mapping->size % PAGE_SIZE, 0);
	assert_true(mapping->size > 0);
	assert_true((mapping->rights & (MAP_WRITE | MAP_EXECUTE)) != (MAP_WRITE | MAP_EXECUTE));
	assert_true(mapping->address >= USER_BASE && mapping->address + mapping->size <= USER_END);
	for (size_t i = 0; i < space->count; i++) {
		const struct fake_mapping *other = &space->mappings[i];
		assert_true(mapping->address >= other->address + other->size ||
		            other->address >= mapping->address + mapping->size);
	}
	if (fake_memory_fails())
		return ERR_NO_MEMORY;
	assert_true(space->count < FAKE_MAPPINGS_MAX);
	space->mappings[space->count++] = *mapping;
	return OK;
}

struct address_space *vm_space_tables(struct vm_space *space)
{
	return (struct address_space *)space;
}

struct memory_account *vm_space_account(struct vm_space *space)
{
	return space->account;
}

bool vm_memory_is_low(void)
{
	return fake_memory.is_low;
}

uint64_t frames_free_estimate(void)
{
	return fake_memory.is_low ? 0 : 500;
}

uint64_t frames_total(void)
{
	return 1000;
}

struct frame_statistics frame_statistics(void)
{
	return (struct frame_statistics){.total_frames = 1000};
}

uint64_t vm_space_mapped_bytes(const struct vm_space *)
{
	return 0;
}

uintptr_t vm_space_room_end(const struct vm_space *)
{
	return USER_END;
}

/* A file's pages: all there, and zero behind the end. */
struct vm_object {
	const char *bytes;
	size_t len;
};

enum status vm_object_read(struct vm_object *object, uint64_t offset, void *dst, size_t len)
{
	if (fake_memory_fails())
		return ERR_IO;
	assert_true(offset + len <= object->len);
	memcpy(dst, object->bytes + offset, len);
	return OK;
}

static bool fake_is_free(const struct vm_space *space, uintptr_t address, size_t size)
{
	for (size_t i = 0; i < space->count; i++)
		if (address < space->mappings[i].address + space->mappings[i].size &&
		    space->mappings[i].address < address + size)
			return false;
	return true;
}

enum status vm_space_map(struct vm_space *space, const struct vm_request *request, uintptr_t *)
{
	struct fake_mapping mapping = {request->address, request->size, request->rights, 0, NULL};
	const struct vm_object *object = request->object;
	/* programs of the archive never wait for a page; those of files always may */
	assert_int_equal(request->flags, fake_memory.is_lazy ? 0 : VM_WIRED);
	if (object && !fake_is_free(space, request->address, request->size))
		return ERR_EXISTS;
	enum status status = fake_map(space, &mapping);
	if (status != OK)
		return status;
	char *bytes = space->mappings[space->count - 1].bytes = calloc(1, request->size);
	uint64_t offset = request->object_page * PAGE_SIZE;
	if (object && offset < object->len) {
		size_t left = object->len - offset;
		memcpy(bytes, object->bytes + offset, left < request->size ? left : request->size);
	}
	return OK;
}

enum status vm_space_map_frames(struct vm_space *space, const struct vm_request *request,
                                paddr_t first)
{
	struct fake_mapping mapping = {request->address, request->size, request->rights, first,
	                               NULL};
	return fake_map(space, &mapping);
}

/* The mapping that holds all of [address, address + len). */
static const struct fake_mapping *fake_find(const struct vm_space *space, uintptr_t address,
                                            size_t len)
{
	for (size_t i = 0; i < space->count; i++) {
		const struct fake_mapping *mapping = &space->mappings[i];
		if (address >= mapping->address && len <= mapping->size &&
		    address - mapping->address <= mapping->size - len)
			return mapping;
	}
	return NULL;
}

/* No test here limits addresses or shares memory. */
bool vm_space_query(struct vm_space *, uintptr_t, struct vm_region_view *)
{
	return false;
}

enum status vm_space_unmap(struct vm_space *, uintptr_t, size_t)
{
	return OK;
}

enum status vm_space_write(struct vm_space *space, uintptr_t address, const void *src, size_t len)
{
	const struct fake_mapping *mapping = fake_find(space, address, len);
	if (!mapping)
		return ERR_BAD_ADDRESS;
	memcpy(mapping->bytes + (address - mapping->address), src, len);
	return OK;
}

size_t vm_space_peek(struct vm_space *space, uintptr_t address, void *dst, size_t len)
{
	const struct fake_mapping *mapping = fake_find(space, address, len);
	if (!mapping)
		return 0;
	memcpy(dst, mapping->bytes + (address - mapping->address), len);
	return len;
}

const struct cpu_features *cpu_features(void)
{
	static const struct cpu_features features;
	return &features;
}

void random_fill(void *buffer, size_t len)
{
	memset(buffer, 0x5a, len);
}

uint64_t cpu_random(void)
{
	return 0x1234567812345678;
}
