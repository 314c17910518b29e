/*
 * Loaded driver modules, and what each of them has taken. Private to device.
 */
#pragma once

#include "core/api.h"
#include "device/api.h"
#include "device/module/image.h"
#include "mm/api.h"
#include <abi/syscalls.h>
#include <base/list.h>
#include <boot_archive/api.h>
#include <driver/api.h>

/* What a module has; part of a larger structure, which release frees. */
struct module_resource {
	struct list link; /* in the module's list, newest first */
	void (*release)(struct module_resource *resource);
};

struct module {
	struct list link; /* in the list of modules, oldest first */
	char name[DRIVER_NAME_MAX + 1];
	char group[DRIVER_GROUP_MAX]; /* empty: none */
	uint64_t number; /* from 1, never the same twice */
	uint32_t uses; /* atomic: while it is not 0 the module stays */
	struct module_mapping mapping;
	void (*exit)(void); /* NULL: cannot be unloaded */
	struct list resources;
	struct symbol_source symbols;
	uint8_t *symbol_bytes; /* owned */
	size_t symbol_byte_count;
};

void module_table_start(struct boot_archive archive);
/* Newest first: the machine ends. */
void modules_unload(void);

/* The one that runs its init in this thread; NULL elsewhere. */
struct module *module_in_init(void);
/* Takes the resource for the module in init. */
void module_take_resource(struct module_resource *resource,
                          void (*release)(struct module_resource *));

/* For module_plan_load: what <driver/kernel.h> declares, and what the compiler calls by itself. */
bool module_export_find(struct str name, uint64_t *out_address);
/* For rustos_driver_init. */
const struct driver_kernel_api *module_api_table(void);

/* The boot's framebuffer, mapped for the module in init; and a display of its own. */
int32_t display_query_boot(struct display_framebuffer_registration *out_framebuffer);
int32_t display_register(const struct display_framebuffer_registration *registration);
enum status display_start(const struct boot_framebuffer *framebuffer, struct boot_archive archive);
/* Did the firmware set up a framebuffer? */
bool display_is_possible(void);
/* Where what is typed goes, and where events do. */
void input_start(const struct device_setup *setup);
/* A device came or went: who watches is told. */
void device_changed(void);
