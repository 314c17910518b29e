/* storaged: the inventory of block devices, as the kernel has it at each question. */
#include <abi/driver.h>
#include <abi/services.h>
#include <rt/api.h>
#include <rt/storage_service.h>
#include <service/client.h>
#include <string.h>

struct storage_service {
	struct storage_descriptor devices[STORAGE_LIST_MAX]; /* as of the request that runs */
	uint32_t count;
};

static enum status storage_read_list(struct storage_service *self)
{
	const struct storage_list_args args = {
	        .abi_version = STORAGE_LIST_VERSION,
	        .out_descriptors_ptr = (uintptr_t)self->devices,
	        .out_capacity = STORAGE_LIST_MAX,
	        .out_count_ptr = (uintptr_t)&self->count,
	};
	return rustos_storage_list_broker(&args);
}

enum status storage_op_ping(struct storage_service *, const struct storage_request *,
                            struct storage_reply *, struct service_call *)
{
	return OK;
}

enum status storage_op_list_count(struct storage_service *self, const struct storage_request *,
                                  struct storage_reply *out, struct service_call *)
{
	TRY(storage_read_list(self));
	out->value = self->count;
	return OK;
}

enum status storage_op_list_get(struct storage_service *self, const struct storage_request *in,
                                struct storage_reply *, struct service_call *call)
{
	TRY(storage_read_list(self));
	if (in->index >= self->count)
		return ERR_OUT_OF_RANGE;
	uint8_t *room = service_reply_room(call, sizeof self->devices[0]);
	if (!room)
		return ERR_MESSAGE_TOO_BIG;
	memcpy(room, &self->devices[in->index], sizeof self->devices[0]);
	return OK;
}

/*
 * Until driverd has tried every driver, once. Who waits for storaged so waits for the disks that
 * the machine has from the start. Without driverd there is nothing to wait for.
 */
static void storage_await_drivers(void)
{
	struct {
		struct ipc_message_header header;
		struct driver_request request;
	} question = {.header = {.version = IPC_ABI_VERSION,
	                         .op = DRIVER_STATUS,
	                         .payload_len = sizeof question.request}};
	struct driver_reply answer;
	struct service_client driverd = {.service = IPC_SERVICE_DRIVERD,
	                                 .idempotent = DRIVER_IDEMPOTENT};
	const struct service_question ask = {&question.header, &answer, sizeof answer};
	enum status status = service_ask(&driverd, &ask, NULL);
	if (status != OK)
		service_log("storaged", LOG_LEVEL_WARN, "driverd does not answer, going on: %s",
		            status_name(status));
}

int main(int, char **, char **)
{
	struct storage_service self = {};
	const struct service_definition definition = {
	        .interface = &storage_interface,
	        .self = &self,
	};
	service_log("storaged", LOG_LEVEL_INFO, "service start");
	storage_await_drivers();
	enum status status = service_run(&definition);
	service_log("storaged", LOG_LEVEL_ERROR, "%s, giving up", status_name(status));
	return 1;
}
