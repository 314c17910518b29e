/* Operations of driverd, storaged and runtimed that only services ask for: apps/asker does it. */
#include "in_flight.h"
#include <abi/driver.h>
#include <abi/runtime.h>
#include <abi/services.h>
#include <abi/status.h>
#include <abi/storage.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ASKER "/run/asker.sock"
#define DRIVER "virtio-rng" /* nobody misses it */

enum { DRIVERS_MAX = 64, NO_DRIVER = 1000, NAME_BYTES = 64 };

/* As apps/asker has it. */
struct [[gnu::packed]] question {
	uint64_t service;
	struct ipc_message_header header;
	uint32_t index; /* of what the service lists, as the requests of all three begin */
	uint8_t rest[12];
};

struct driver_answer {
	struct driver_reply reply;
	char name[NAME_BYTES];
};

static uint32_t driver; /* index of DRIVER */

static long question_send(const struct question *question, void *reply, size_t size)
{
	int32_t status = ERR_PROTOCOL;
	int asker = local_connect(ASKER);
	ssize_t len = -1;
	if (asker >= 0 && write(asker, question, sizeof *question) == (ssize_t)sizeof *question)
		len = read(asker, reply, size);
	(void)close(asker);
	if (len >= (ssize_t)sizeof status)
		memcpy(&status, reply, sizeof status);
	errno = -status;
	return status;
}

static long ask(uint64_t service, uint16_t op, size_t payload_len, uint32_t index)
{
	struct driver_answer answer;
	const struct question question = {
	        .service = service,
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = op,
	                   .payload_len = (uint32_t)payload_len},
	        .index = index,
	};
	memset(&answer, 0, sizeof answer);
	long status = question_send(&question, &answer, sizeof answer);
	if (service == IPC_SERVICE_DRIVERD && op == DRIVER_GET && status == OK &&
	    strcmp(answer.name, DRIVER) == 0)
		driver = index;
	return status;
}

static long ask_driverd(uint16_t op, uint32_t index)
{
	return ask(IPC_SERVICE_DRIVERD, op, sizeof(struct driver_request), index);
}

static long ask_storaged(uint16_t op)
{
	return ask(IPC_SERVICE_STORAGED, op, sizeof(struct storage_request), 0);
}

static long ask_runtimed(uint16_t op)
{
	return ask(IPC_SERVICE_RUNTIMED, op, sizeof(struct session_request), 0);
}

int operations_prepare_asked(void)
{
	driver = DRIVERS_MAX;
	for (uint32_t i = 0; i < DRIVERS_MAX && driver == DRIVERS_MAX; i++)
		if (ask_driverd(DRIVER_GET, i) < 0)
			return 0;
	return driver < DRIVERS_MAX;
}

static long call_driver_status(unsigned)
{
	return ask_driverd(DRIVER_STATUS, 0);
}

static long call_driver_get(unsigned)
{
	return ask_driverd(DRIVER_GET, 0);
}

static long call_driver_unload(unsigned)
{
	return ask_driverd(DRIVER_UNLOAD, driver);
}

static long call_driver_load(unsigned)
{
	return ask_driverd(DRIVER_LOAD, driver);
}

static long call_driver_unload_none(unsigned)
{
	return ask_driverd(DRIVER_UNLOAD, NO_DRIVER);
}

static long call_driver_load_none(unsigned)
{
	return ask_driverd(DRIVER_LOAD, NO_DRIVER);
}

static long call_storage_ping(unsigned)
{
	return ask_storaged(STORAGE_PING);
}

static long call_storage_count(unsigned)
{
	return ask_storaged(STORAGE_LIST_COUNT);
}

static long call_storage_get(unsigned)
{
	return ask_storaged(STORAGE_LIST_GET);
}

static long call_runtime_ping(unsigned)
{
	return ask_runtimed(RUNTIME_PING);
}

static long call_runtime_count(unsigned)
{
	return ask_runtimed(RUNTIME_COUNT);
}

static const struct operation operations[] = {
        /* a fault rule makes it last, so that it was surely taken */
        {"driverd", "load", DRIVER_IDEMPOTENT, DRIVER_LOAD, call_driver_load, AT_WORK, 0,
         call_driver_unload, 0},
        BOTH("driverd", "status", DRIVER_IDEMPOTENT, DRIVER_STATUS, call_driver_status, 0),
        BOTH("driverd", "get", DRIVER_IDEMPOTENT, DRIVER_GET, call_driver_get, 0),
        STOPPED_ONLY("driverd", "unload", DRIVER_IDEMPOTENT, DRIVER_UNLOAD, call_driver_unload_none,
                     ENOENT),
        STOPPED_ONLY("driverd", "load", DRIVER_IDEMPOTENT, DRIVER_LOAD, call_driver_load_none,
                     ENOENT),
        BOTH("storaged", "ping", STORAGE_IDEMPOTENT, STORAGE_PING, call_storage_ping, 0),
        BOTH("storaged", "list_count", STORAGE_IDEMPOTENT, STORAGE_LIST_COUNT, call_storage_count,
             0),
        BOTH("storaged", "list_get", STORAGE_IDEMPOTENT, STORAGE_LIST_GET, call_storage_get, 0),
        BOTH("runtimed", "ping", RUNTIME_IDEMPOTENT, RUNTIME_PING, call_runtime_ping, 0),
        BOTH("runtimed", "count", RUNTIME_IDEMPOTENT, RUNTIME_COUNT, call_runtime_count, 0),
};

struct operations operations_asked(void)
{
	return (struct operations){operations, sizeof operations / sizeof operations[0]};
}
