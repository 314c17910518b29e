/* devmgrd: devices and their names, and who may do what with those that come and go. */
#include "devmgrd.h"
#include "policy.h"
#include <abi/services.h>
#include <abi/vfs.h>
#include <base/cleanup.h>
#include <rt/api.h>
#include <rt/device_service.h>
#include <service/api.h>
#include <string.h>

const char device_name[] = "devmgrd";

static bool device_was_there(const struct device_service *self, const struct device_node *node)
{
	for (size_t i = 0; i < self->count; i++)
		if (self->nodes[i].rdev == node->rdev)
			return self->nodes[i].is_present;
	return false;
}

static void device_settle(struct device_service *self, const struct device_node *node)
{
	enum status status = node->is_present ? names_make(self, node) : names_remove(self, node);
	if (status != OK)
		service_log(device_name, LOG_LEVEL_ERROR, "/dev/%s: %s", (const char *)node->name,
		            status_name(status));
	else if (self->count && node->is_present != device_was_there(self, node))
		service_log(device_name, LOG_LEVEL_INFO, "/dev/%s %s", (const char *)node->name,
		            node->is_present ? "is there" : "is gone");
}

/* Names become what the kernel has. Asks to be told first, so that nothing is missed. */
static void device_look(struct device_service *self)
{
	struct device_node nodes[DEVICE_LIST_MAX];
	uint64_t count = 0;
	enum status status = rustos_device_watch(self->endpoint, 0);
	if (status == OK)
		status = rustos_device_list(nodes, COUNT(nodes), &count);
	if (status != OK) {
		service_log(device_name, LOG_LEVEL_ERROR, "cannot list devices: %s",
		            status_name(status));
		return;
	}
	for (size_t i = 0; i < count; i++)
		device_settle(self, &nodes[i]);
	if (!self->count)
		service_log(device_name, LOG_LEVEL_INFO, "devices=%lu have their names", count);
	memcpy(self->nodes, nodes, count * sizeof nodes[0]);
	self->count = count;
}

static void device_event(void *self, uint64_t, int64_t)
{
	device_look(self);
}

static void device_registered(void *context, uint64_t endpoint)
{
	struct device_service *self = context;
	self->endpoint = endpoint;
	device_look(self);
}

/* ---- what it answers ---- */

static enum status device_answer(struct device_reply *out, const struct device_node *node,
                                 struct service_call *call)
{
	uint8_t *room = service_reply_room(call, sizeof *node);
	if (!room)
		return ERR_MESSAGE_TOO_BIG;
	memcpy(room, node, sizeof *node);
	out->count++;
	return OK;
}

enum status device_op_lookup(struct device_service *self, const struct device_request *,
                             struct device_reply *out, struct service_call *call)
{
	const struct str wanted = {(const char *)call->bytes, call->len};
	for (size_t i = 0; i < self->count; i++) {
		const struct device_node *node = &self->nodes[i];
		if (node->is_present && str_equal(str_from_c((const char *)node->name), wanted))
			return device_answer(out, node, call);
	}
	return ERR_NOT_FOUND;
}

enum status device_op_readdir(struct device_service *self, const struct device_request *in,
                              struct device_reply *out, struct service_call *call)
{
	uint32_t index = 0;
	for (size_t i = 0; i < self->count && out->count < DEVICE_ENTRIES_MAX; i++) {
		if (!self->nodes[i].is_present || index++ < in->index)
			continue;
		TRY(device_answer(out, &self->nodes[i], call));
	}
	return OK;
}

/* A program that sends this itself has no thread that waits for it. */
enum status device_op_open(struct device_service *self, const struct device_request *in,
                           struct device_reply *, struct service_call *call)
{
	if (in->pid != call->info->sender_pid)
		return ERR_ACCESS_DENIED;
	if (in->index || in->argument || call->len)
		return ERR_INVALID_ARGS;
	TRY(policy_open((struct policy_devices){self->nodes, self->count}, in->device,
	                in->request));
	const struct device_open_args args = {
	        .abi_version = DEVICE_BROKER_VERSION,
	        .flags = in->request,
	        .target_pid = in->pid,
	        .device = in->device,
	        .reply_cap = call->info->reply_cap,
	};
	return rustos_device_open_broker(&args);
}

enum status device_op_ioctl_authorize(struct device_service *self, const struct device_request *in,
                                      struct device_reply *, struct service_call *call)
{
	if (in->pid != call->info->sender_pid)
		return ERR_ACCESS_DENIED;
	if (in->index || call->len)
		return ERR_INVALID_ARGS;
	TRY(policy_control((struct policy_devices){self->nodes, self->count}, in->device,
	                   in->request));
	const struct device_ioctl_args args = {
	        .abi_version = DEVICE_BROKER_VERSION,
	        .request = in->request,
	        .target_pid = in->pid,
	        .device = in->device,
	        .argument = in->argument,
	        .reply_cap = call->info->reply_cap,
	};
	return rustos_device_ioctl_broker(&args);
}

int main(int, char **, char **)
{
	static struct device_service self = {
	        .names = {.service = IPC_SERVICE_VFSD, .idempotent = VFS_IDEMPOTENT},
	};
	const struct service_definition definition = {
	        .interface = &device_interface,
	        .self = &self,
	        .events = {.event = device_event, .registered = device_registered},
	};
	service_log(device_name, LOG_LEVEL_INFO, "service start");
	enum status status = service_run(&definition);
	service_log(device_name, LOG_LEVEL_ERROR, "%s, giving up", status_name(status));
	return 1;
}
