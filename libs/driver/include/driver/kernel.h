/*
 * What the kernel exports to modules by name. A module that names anything else is refused.
 *
 * What a module takes in rustos_driver_init (memory, registers, interrupts, registrations) is its
 * own until it is unloaded: the kernel takes it back then, after rustos_driver_exit, and also when
 * init fails. Taking is possible in init only. Functions return 0 or a negative errno.
 */
#pragma once

#include <driver/api.h>

/* ---- for init ---- */

/* Zeroed; NULL when there is no memory. */
void *driver_alloc(size_t size);

/* Memory that a device reaches, in one piece, zeroed, on pages of its own. */
struct driver_dma {
	void *view;
	uint64_t physical;
	size_t size;
};
int32_t driver_dma_alloc(size_t size, struct driver_dma *out_dma);

int32_t driver_pci_find(uint16_t vendor, uint16_t device, uint32_t index,
                        struct pci_device_address *out_address);
int32_t driver_pci_read(const struct pci_device_address *address, uint32_t offset,
                        uint32_t *out_value);
int32_t driver_pci_write(const struct pci_device_address *address, uint32_t offset, uint32_t value);
int32_t driver_pci_bar(const struct pci_device_address *address, uint32_t index,
                       struct pci_bar_info *out_info);
/* The next one of this kind behind *at (0: the first); -ENOENT. */
int32_t driver_pci_capability(const struct pci_device_address *address, uint8_t id, uint8_t *at);
/* NULL on failure. */
void *driver_map_mmio(uint64_t physical, uint64_t size, uint32_t cache);

/* With interrupts off: may take locks and complete requests, not sleep. */
typedef void driver_handler(void *context);
/* Message `entry` (MSI-X) of the function calls handler from now on. */
int32_t driver_pci_interrupt(const struct pci_device_address *address, uint16_t entry,
                             driver_handler *handler, void *context);

/* Line `line` of the ISA bus does, at its rising edge. */
int32_t driver_line_interrupt(uint32_t line, driver_handler *handler, void *context);

/* ---- at any time ---- */

void driver_log(uint32_t level, const char *text, size_t len);
[[gnu::format(printf, 2, 3)]] void driver_print(uint32_t level, const char *format, ...);

/* Held shortly; interrupts are off meanwhile. Zeroed memory is a free one. */
struct driver_lock {
	uint32_t words[2];
};
void driver_lock_acquire(struct driver_lock *lock);
void driver_lock_release(struct driver_lock *lock);

/* ---- entropy ---- */

/* Bytes that nobody can guess go into the kernel's generator. */
void driver_entropy_add(const void *bytes, size_t len);
/*
 * For init: ask is called when the generator wants more, in any thread, and only starts something.
 * The one registered last is asked.
 */
int32_t driver_entropy_register(void (*ask)(void *context), void *context);
