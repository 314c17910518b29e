/*
 * Interrupts of devices: vectors given out to handlers.
 *
 * A handler runs with its vector's lock held, so once a vector is released no CPU is in it. What
 * the local APIC had taken in by then is still delivered, to nobody. All vectors go to the boot
 * CPU.
 */
#include "core/api.h"
#include "hal/api.h"
#include "hal/interrupt/interrupts.h"
#include <base/cleanup.h>

enum {
	DEVICE_VECTOR_FIRST = 0x40,
	DEVICE_VECTOR_END = 0xe0,
	MESSAGE_ADDRESS = 0xfee00000, /* Intel SDM volume 3, section 11.11 */
	MESSAGE_DESTINATION_SHIFT = 12,
	MESSAGE_DESTINATION_MAX = 255,
};

struct device_vector {
	struct spinlock lock;
	/* guarded by lock */
	device_handler *handler; /* NULL: free */
	void *context;
	bool had_owner; /* what its device raised before it became quiet may still come */
};

enum { DEVICE_VECTORS = DEVICE_VECTOR_END - DEVICE_VECTOR_FIRST };

static struct device_vector device_vectors[DEVICE_VECTORS] = {
        [0 ... DEVICE_VECTORS - 1] = {.lock = SPINLOCK_INIT(LOCK_INTERRUPT)},
};

enum status device_vector_take(device_handler *handler, void *context,
                               struct device_interrupt *out_interrupt)
{
	uint32_t destination = cpu_at(0)->apic_id;
	if (destination > MESSAGE_DESTINATION_MAX)
		return ERR_NO_DEVICE;
	for (size_t i = 0; i < COUNT(device_vectors); i++) {
		struct device_vector *vector = &device_vectors[i];
		spinlock_acquire(&vector->lock);
		bool free = !vector->handler;
		if (free) {
			vector->handler = handler;
			vector->context = context;
			vector->had_owner = true;
		}
		spinlock_release(&vector->lock);
		if (!free)
			continue;
		*out_interrupt = (struct device_interrupt){
		        .vector = (uint8_t)(DEVICE_VECTOR_FIRST + i),
		        .message_address = MESSAGE_ADDRESS | (uint64_t)destination
		                                                     << MESSAGE_DESTINATION_SHIFT,
		        .message_data = (uint32_t)(DEVICE_VECTOR_FIRST + i),
		};
		return OK;
	}
	return ERR_BUSY;
}

void device_vector_release(uint8_t number)
{
	struct device_vector *vector = &device_vectors[number - DEVICE_VECTOR_FIRST];
	spinlock_acquire(&vector->lock);
	vector->handler = NULL;
	spinlock_release(&vector->lock);
}

bool interrupt_device(uint64_t number)
{
	if (number < DEVICE_VECTOR_FIRST || number >= DEVICE_VECTOR_END)
		return false;
	struct device_vector *vector = &device_vectors[number - DEVICE_VECTOR_FIRST];
	interrupt_end();
	cpu_current()->locks.context = LOCK_CONTEXT_INTERRUPT;
	spinlock_acquire(&vector->lock);
	bool expected = vector->had_owner;
	if (vector->handler)
		vector->handler(vector->context);
	spinlock_release(&vector->lock);
	cpu_current()->locks.context = LOCK_CONTEXT_THREAD;
	return expected;
}
