/*
 * The face of kernel/device: PCI, driver modules, and what they drive.
 */
#pragma once

#include "hal/api.h"
#include "ipc/api.h"
#include "object/api.h"
#include <abi/status.h>
#include <abi/syscalls.h>
#include <base/str.h>
#include <boot_archive/api.h>

/* An event of an input device: <driver/input.h>. */
struct input_report {
	uint16_t type, code;
	int32_t value;
	uint32_t modifiers; /* UI_INPUT_* of <abi/input.h> */
	uint32_t text; /* the character that it types; 0: none */
	bool is_lost; /* dropped on its way: it counts, and is read by nobody */
};

struct device_setup {
	paddr_t ecam; /* acpi_machine's */
	struct boot_archive archive; /* where modules are, and the console's font */
	const struct boot_framebuffer *framebuffer;
	/* A key was pressed: what it types. In an interrupt. */
	void (*type)(struct str text);
	/* Something was reported; in an interrupt, one at a time. */
	void (*heard)(const struct input_report *report);
	/* The last input device has gone. By a thread. */
	void (*input_gone)(void);
	/* A disk came, and its partitions with it. By a thread that may sleep. */
	void (*disk_came)(void);
};

enum status device_start(const struct device_setup *setup);
/* Unloads every module, newest first: the machine ends. */
void device_stop(void);

/* ---- memory of the host's; device_start looks for it ---- */

/* Bytes for each direction; 0: there is none. */
size_t host_memory_half(void);
/* To and from there. ERR_INVALID_ARGS: more than a half; ERR_BAD_ADDRESS. */
enum status host_memory_put(struct user_in from);
enum status host_memory_take(struct user_out to);

/* ---- driver modules; by threads that may sleep ---- */

/*
 * Loads a file of the boot archive and runs its init. ERR_NOT_FOUND: no such file, or a symbol that
 * nobody exports; ERR_NOT_EXECUTABLE: refused, the log says why; ERR_EXISTS: it is loaded; or what
 * its init said.
 */
struct module_request {
	struct str path;
	struct str group; /* of providers; may be empty */
};

enum status module_load(const struct module_request *request, uint64_t *out_number);
/* Which one of a file of the boot archive is loaded. ERR_NOT_FOUND: none. */
enum status module_number_of(struct str path, uint64_t *out_number);
/* ERR_NOT_FOUND; ERR_BUSY: it is in use; ERR_NOT_SUPPORTED: it cannot end. */
enum status module_unload(uint64_t number);

/* Those with a number above this, ascending; how many. */
size_t module_list(uint64_t after, struct module_figures *out, size_t capacity);
/* Is a module of this provider group loaded? */
bool module_group_is_active(struct str group);
/* Is there a device that this alias of a driver's manifest names? */
bool device_alias_is_present(struct str alias);

/* ---- input ---- */

/* Is there a driver for input? */
bool input_is_present(void);
/* Takes event, which is posted when a device comes or goes; one given before is dropped. */
void device_watch(struct ipc_event *event);

/* ---- the screen ---- */

/* As a terminal; with add_returns each line feed begins a line. Nothing happens where there is
 * none. Much that changed is drawn by a thread, which is woken. */
void display_write(struct str text, bool add_returns);
/* Draws what was written and is not drawn so far. No other CPU runs any more. */
void display_finish(void);
/* For a panic: does not wait for a lock. */
void display_write_emergency(struct str text);

/* ---- block devices ---- */

struct block_facts {
	uint32_t id; /* from 1, never the same twice */
	uint32_t transport; /* enum driver_bus */
	uint32_t block_bytes;
	uint64_t first_block; /* of its disk */
	uint64_t block_count;
	bool read_only; /* so is all of the disk that the machine boots from */
	bool is_system; /* the partition that the firmware boots from */
	bool is_partition;
	char name[16];
};

struct block_transfer {
	uint32_t operation; /* enum driver_block_operation */
	uint64_t first_block;
	uint64_t block_count;
	void *buffer; /* in the direct map, in one piece; of whole blocks */
};

/* id 0: the system partition. ERR_NO_DEVICE. */
enum status block_find(uint32_t id, struct block_facts *out_facts);
/* Sleeps until it is done. ERR_NO_DEVICE; ERR_ACCESS_DENIED; ERR_INVALID_ARGS; ERR_IO. */
enum status block_run(uint32_t id, const struct block_transfer *transfer);
/* The one with the lowest id above this. False: none. */
bool block_after(uint32_t id, struct block_facts *out_facts);
/* Ascending by id; returns the count. */
size_t block_list(struct block_facts *out_facts, size_t capacity);

/* ---- transfers that nobody waits for ---- */

extern const struct object_type block_transfer_type;

struct block_start {
	uint32_t device; /* id, as for block_find */
	struct block_transfer transfer;
	size_t buffer_bytes; /* of transfer.buffer, as it was allocated */
	struct ipc_event *event; /* posted with the status once it is done */
};

/*
 * Prepares a transfer, with two references: the caller's, and one that block_go takes. Takes buffer
 * and event when OK. ERR_NO_DEVICE; ERR_NO_MEMORY.
 */
enum status block_prepare(const struct block_start *start, struct object **out_transfer);
void block_go(struct object *transfer);
/* The bytes of a finished read, valid as long as the object. ERR_TRY_AGAIN: it is not finished. */
enum status block_result(struct object *transfer, struct str *out_bytes);
