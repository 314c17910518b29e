/*
 * The driver ABI: what a loadable module (installed below system/drivers) exports, and the table
 * that the kernel hands it. Modules run in the kernel's address space; they use this table and what
 * <driver/kernel.h> declares, and nothing else.
 *
 * Both sides check the version; the table only grows at its end, with struct_size.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DRIVER_ABI_VERSION = 4, DRIVER_PATH_MAX = 128, DRIVER_NAME_MAX = 32 };

enum driver_class {
	DRIVER_CLASS_DISPLAY = 1,
	DRIVER_CLASS_INPUT = 2,
	DRIVER_CLASS_NETWORK = 3,
	DRIVER_CLASS_STORAGE = 4,
	DRIVER_CLASS_ENTROPY = 5,
};

enum driver_bus {
	DRIVER_BUS_PLATFORM = 1,
	DRIVER_BUS_PCI = 2,
	DRIVER_BUS_USB = 3,
	DRIVER_BUS_VIRTIO = 4,
	DRIVER_BUS_SERIO = 5,
};

/* Exported as RUSTOS_DRIVER_HEADER. */
struct driver_header {
	uint32_t abi_version;
	uint32_t header_size;
	uint32_t driver_class; /* enum driver_class */
	uint32_t bus; /* enum driver_bus */
	uint32_t flags; /* 0 */
	uint32_t module_path_len;
	uint8_t module_path[DRIVER_PATH_MAX]; /* where the module is installed */
	uint32_t name_len;
	uint8_t name[DRIVER_NAME_MAX];
};

enum display_framebuffer_flag {
	DISPLAY_FRAMEBUFFER_BOOT = 1, /* set up by the firmware; its mode can't change */
	DISPLAY_FRAMEBUFFER_PRIMARY = 2, /* the one that the user interface takes */
};

enum display_pixel_format {
	DISPLAY_PIXEL_XRGB = 1, /* blue in the lowest byte */
	DISPLAY_PIXEL_XBGR = 2, /* red in the lowest byte */
};

struct display_framebuffer_registration {
	uint64_t address; /* kernel virtual */
	uint64_t size; /* bytes */
	uint64_t back_buffer_address; /* 0: none */
	uint64_t back_buffer_size;
	uint32_t width; /* pixels */
	uint32_t height;
	uint32_t stride; /* bytes of a line */
	uint32_t pixel_format; /* enum display_pixel_format */
	uint8_t bytes_per_pixel; /* 3 or 4 */
	uint8_t flags; /* enum display_framebuffer_flag */
	uint8_t reserved[2];
};
_Static_assert(sizeof(struct display_framebuffer_registration) == 56);

struct pointer_packet {
	int32_t delta_x;
	int32_t delta_y; /* positive is down */
	int32_t wheel;
	uint32_t buttons; /* bit 0 left, 1 right, 2 middle */
};

struct serio_driver {
	const char *name;
	void *context;
	void (*byte_received)(void *context, uint8_t byte);
};

struct pci_device_address {
	uint16_t segment;
	uint8_t bus;
	uint8_t device;
	uint8_t function;
	uint8_t reserved[3];
};

enum driver_bar_flag { DRIVER_BAR_PORTS = 1, DRIVER_BAR_PREFETCH = 2, DRIVER_BAR_64_BITS = 4 };

struct pci_bar_info {
	uint64_t address;
	uint64_t size;
	uint32_t flags; /* enum driver_bar_flag */
	uint32_t reserved;
};

enum driver_map_cache { DRIVER_MAP_UNCACHED = 0, DRIVER_MAP_WRITE_COMBINE = 1 };

enum driver_log_level {
	DRIVER_LOG_DEBUG = 2,
	DRIVER_LOG_INFO = 3,
	DRIVER_LOG_WARN = 4,
	DRIVER_LOG_ERROR = 5,
};

/*
 * Every function returns 0 or a negative errno unless it says otherwise, and may
 * be called from rustos_driver_init only, except log and report_pointer_packet.
 */
struct driver_kernel_api {
	uint32_t abi_version;
	uint32_t struct_size;
	int32_t (*register_serio_driver)(const struct serio_driver *driver);
	void (*report_pointer_packet)(const struct pointer_packet *packet);
	int32_t (*register_display_framebuffer)(
	        const struct display_framebuffer_registration *registration);
	void (*log)(uint32_t level, const char *text, size_t len);
	int32_t (*pci_find_device)(uint16_t vendor, uint16_t device, uint32_t index,
	                           struct pci_device_address *out_address);
	int32_t (*pci_read_config_u32)(const struct pci_device_address *address, uint32_t offset,
	                               uint32_t *out_value);
	int32_t (*pci_write_config_u32)(const struct pci_device_address *address, uint32_t offset,
	                                uint32_t value);
	int32_t (*pci_get_bar_info)(const struct pci_device_address *address, uint32_t index,
	                            struct pci_bar_info *out_info);
	/* Returns the kernel address, NULL on failure. */
	void *(*map_mmio)(uint64_t physical, uint64_t size, uint32_t cache);
	/* Bytes read, or a negative errno. */
	int64_t (*read_boot_file)(const char *path, void *buffer, size_t size);
	/* -ENODEV when the firmware set up none. */
	int32_t (*query_boot_framebuffer)(struct display_framebuffer_registration *out_framebuffer);
};

/* The module's exports. */
extern const struct driver_header RUSTOS_DRIVER_HEADER;
uint32_t rustos_driver_abi_version(void);
/* 0, or a negative errno: then the module goes again. May sleep. */
int32_t rustos_driver_init(const struct driver_kernel_api *api);
/* Makes the device quiet for good. A module without it is never unloaded. */
void rustos_driver_exit(void);
