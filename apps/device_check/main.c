/*
 * Modules, block devices and random bytes, as driverd and storaged tell of them. The machine has a
 * disk to boot from and a virtio entropy device; TAP on the debug console.
 */
#include "device_check.h"
#include <abi/driver.h>
#include <abi/services.h>
#include <abi/storage.h>
#include <string.h>

struct clients {
	struct tap tap;
	uint64_t driverd;
	uint64_t storaged;
};

struct driver_question {
	struct ipc_message_header header;
	struct driver_request request;
};

struct driver_answer {
	struct driver_reply reply;
	char name[64];
};

static int64_t ask_driverd(const struct clients *self, uint16_t op, uint32_t index,
                           struct driver_answer *answer)
{
	const struct driver_question question = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = op,
	                   .payload_len = sizeof question.request},
	        .request = {.index = index},
	};
	uint64_t len = 0;
	memset(answer, 0, sizeof *answer);
	enum status status = rustos_ipc_call(self->driverd, &question, sizeof question, answer,
	                                     sizeof *answer, &len);
	return status == OK ? answer->reply.status : (int64_t)status;
}

/* The driver's index, or -1. */
static int64_t find_driver(const struct clients *self, const char *name, uint32_t *out_state)
{
	struct driver_answer answer;
	for (uint32_t i = 0; ask_driverd(self, DRIVER_GET, i, &answer) == OK; i++) {
		if (answer.reply.len != strlen(name) || memcmp(answer.name, name, answer.reply.len))
			continue;
		*out_state = answer.reply.state;
		return i;
	}
	return -1;
}

static void check_modules(struct clients *self)
{
	struct driver_answer answer;
	uint32_t state = 0;
	tap_check_equal(&self->tap, ask_driverd(self, DRIVER_STATUS, 0, &answer), OK,
	                "driverd answers once autoload is done");
	tap_check_equal(&self->tap, answer.reply.loaded, 3,
	                "all modules with a device are loaded");
	tap_check(&self->tap, find_driver(self, "virtio-rng", &state) >= 0,
	          "the table has the rng");
	tap_check_equal(&self->tap, state, DRIVER_STATE_LOADED, "its module runs");
	tap_check(&self->tap, find_driver(self, "bootfb", &state) >= 0, "and the framebuffer");
	tap_check_equal(&self->tap, state, DRIVER_STATE_SKIPPED,
	                "which is skipped where there is none");
	tap_check_equal(&self->tap, ask_driverd(self, DRIVER_GET, 1000, &answer), ERR_NOT_FOUND,
	                "behind the last driver there is nothing");
}

static void check_unloading(struct clients *self)
{
	struct driver_answer answer;
	uint32_t state = 0;
	uint32_t rng = (uint32_t)find_driver(self, "virtio-rng", &state);
	for (int round = 0; round < 3; round++) {
		tap_check_equal(&self->tap, ask_driverd(self, DRIVER_UNLOAD, rng, &answer), OK,
		                "a module that nobody uses is unloaded");
		tap_check_equal(&self->tap, ask_driverd(self, DRIVER_UNLOAD, rng, &answer),
		                ERR_NOT_FOUND, "and not a second time");
		tap_check_equal(&self->tap, ask_driverd(self, DRIVER_LOAD, rng, &answer), OK,
		                "and loaded again");
		tap_check_equal(&self->tap, ask_driverd(self, DRIVER_LOAD, rng, &answer),
		                ERR_EXISTS, "and not a second time");
	}
}

struct storage_question {
	struct ipc_message_header header;
	struct storage_request request;
};

struct storage_answer {
	struct storage_reply reply;
	struct storage_descriptor device;
};

static int64_t ask_storaged(const struct clients *self, uint16_t op, uint32_t index,
                            struct storage_answer *answer)
{
	const struct storage_question question = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = op,
	                   .payload_len = sizeof question.request},
	        .request = {.index = index},
	};
	uint64_t len = 0;
	memset(answer, 0, sizeof *answer);
	enum status status = rustos_ipc_call(self->storaged, &question, sizeof question, answer,
	                                     sizeof *answer, &len);
	return status == OK ? answer->reply.status : (int64_t)status;
}

/* Returns the id of a disk that may be written; 0: there is none. */
static uint32_t check_storage(struct clients *self)
{
	uint32_t data_device = 0;
	struct storage_answer answer;
	uint32_t boot_volumes = 0, writable = 0;
	tap_check_equal(&self->tap, ask_storaged(self, STORAGE_PING, 0, &answer), OK,
	                "storaged lives");
	tap_check_equal(&self->tap, ask_storaged(self, STORAGE_LIST_COUNT, 0, &answer), OK,
	                "storaged counts");
	uint32_t count = (uint32_t)answer.reply.value;
	tap_check_equal(&self->tap, count, 3, "two disks, one with a partition");
	for (uint32_t i = 0; i < count; i++) {
		(void)ask_storaged(self, STORAGE_LIST_GET, i, &answer);
		boot_volumes += (answer.device.flags & STORAGE_BOOT_VOLUME) != 0;
		if (answer.device.flags & STORAGE_READ_ONLY)
			continue;
		writable++;
		data_device = answer.device.id;
	}
	tap_check_equal(&self->tap, boot_volumes, 1, "one is the boot volume");
	tap_check_equal(&self->tap, writable, 1, "what the machine boots from is read-only");
	tap_check_equal(&self->tap, ask_storaged(self, STORAGE_LIST_GET, count, &answer),
	                ERR_OUT_OF_RANGE, "there are no more");
	return data_device;
}

/* The brokers ask for capabilities that this program has not. */
static void check_refusals(struct clients *self)
{
	const struct block_broker_args block = {.abi_version = BLOCK_BROKER_VERSION};
	const struct storage_list_args list = {.abi_version = STORAGE_LIST_VERSION};
	const struct driver_load_module_args load = {.abi_version = DRIVER_BROKER_VERSION};
	const struct driver_probe_alias_args probe = {.abi_version = DRIVER_BROKER_VERSION};
	uint64_t out;
	tap_check_equal(&self->tap, rustos_block_broker(&block), ERR_ACCESS_DENIED,
	                "blocks are for the file service");
	tap_check_equal(&self->tap, rustos_storage_list_broker(&list), ERR_ACCESS_DENIED,
	                "the list is for storaged");
	tap_check_equal(&self->tap, rustos_driver_load_module_broker(&load, &out),
	                ERR_ACCESS_DENIED, "modules are for driverd");
	tap_check_equal(&self->tap, rustos_driver_unload_module_broker(1), ERR_ACCESS_DENIED,
	                "to unload, too");
	tap_check_equal(&self->tap, rustos_driver_probe_alias_broker(&probe, &out),
	                ERR_ACCESS_DENIED, "and devices");
}

int main(int, char **, char **)
{
	struct clients self = {};
	tap_check_equal(&self.tap,
	                rustos_ipc_lookup_service_endpoint(IPC_SERVICE_DRIVERD, &self.driverd), OK,
	                "driverd is there");
	tap_check_equal(&self.tap,
	                rustos_ipc_lookup_service_endpoint(IPC_SERVICE_STORAGED, &self.storaged),
	                OK, "storaged is there");
	check_modules(&self);
	uint32_t data_device = check_storage(&self);
	check_unloading(&self);
	check_refusals(&self);
	if (data_device)
		check_blocks(&self.tap, data_device);
	return tap_finish(&self.tap);
}
