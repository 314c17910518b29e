/* <driver/kernel.h>: memory and registers. */
#include "device/module/module.h"
#include <driver/kernel.h>
#include <string.h>

/* In front of what driver_alloc returns. */
struct driver_allocation {
	struct module_resource resource;
	size_t size; /* with this */
	uint64_t space[];
};

static void driver_allocation_release(struct module_resource *resource)
{
	struct driver_allocation *allocation =
	        container_of(resource, struct driver_allocation, resource);
	heap_free(allocation, allocation->size);
}

void *driver_alloc(size_t size)
{
	if (!module_in_init() || size > HEAP_ALLOC_MAX - sizeof(struct driver_allocation))
		return NULL;
	struct driver_allocation *allocation = heap_alloc(sizeof *allocation + size);
	if (!allocation)
		return NULL;
	allocation->size = sizeof *allocation + size;
	module_take_resource(&allocation->resource, driver_allocation_release);
	return allocation->space;
}

struct driver_dma_memory {
	struct module_resource resource;
	paddr_t frames;
	size_t count;
};

static void driver_dma_release(struct module_resource *resource)
{
	struct driver_dma_memory *memory =
	        container_of(resource, struct driver_dma_memory, resource);
	frames_free_run(memory->frames, memory->count);
	heap_free(memory, sizeof *memory);
}

int32_t driver_dma_alloc(size_t size, struct driver_dma *out_dma)
{
	if (!module_in_init())
		return ERR_NOT_PERMITTED;
	if (!size)
		return ERR_INVALID_ARGS;
	struct driver_dma_memory *memory = HEAP_NEW(struct driver_dma_memory);
	if (!memory)
		return ERR_NO_MEMORY;
	memory->count = (size + PAGE_SIZE - 1) / PAGE_SIZE;
	enum status status = frames_alloc_run(memory->count, FRAMES_ANYWHERE, &memory->frames);
	if (status != OK) {
		heap_free(memory, sizeof *memory);
		return status;
	}
	*out_dma = (struct driver_dma){
	        .view = direct_map(memory->frames),
	        .physical = memory->frames,
	        .size = memory->count * PAGE_SIZE,
	};
	memset(out_dma->view, 0, out_dma->size);
	module_take_resource(&memory->resource, driver_dma_release);
	return OK;
}

struct driver_registers {
	struct module_resource resource;
	void *view;
	size_t size;
};

static void driver_registers_release(struct module_resource *resource)
{
	struct driver_registers *registers =
	        container_of(resource, struct driver_registers, resource);
	mm_unmap_device(registers->view, registers->size);
	heap_free(registers, sizeof *registers);
}

/* There is no write-combining yet: uncached is always right, only slower. */
void *driver_map_mmio(uint64_t physical, uint64_t size, uint32_t cache)
{
	if (!module_in_init() || cache > DRIVER_MAP_WRITE_COMBINE)
		return NULL;
	struct driver_registers *registers = HEAP_NEW(struct driver_registers);
	if (!registers)
		return NULL;
	if (mm_map_device(physical, size, &registers->view) != OK) {
		heap_free(registers, sizeof *registers);
		return NULL;
	}
	registers->size = size;
	module_take_resource(&registers->resource, driver_registers_release);
	return registers->view;
}
