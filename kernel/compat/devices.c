/* Brokers of devmgrd, inputd and netd. */
#include "core/api.h"
#include "io/api.h"
#include "ps/api.h"
#include <abi/device.h>
#include <abi/services.h>
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>
#include <string.h>

enum status sys_input_stats_broker(struct user_out stats)
{
	struct input_stats now;
	input_file_stats(&now);
	return user_copy_out(stats, &now);
}

/* For the owner of the names, and for who has them before that one is there. */
enum status sys_device_list(struct user_out nodes, uint64_t *out_count)
{
	struct device_node list[DEVICE_LIST_MAX];
	const struct ipc_process *self = process_ipc(process_current());
	uint64_t held = __atomic_load_n(&self->capabilities, __ATOMIC_RELAXED);
	/* who has neither is told, and recorded, as one without the owner's */
	if (!(held & IPC_SERVICE_CAP_VFS_POLICY) &&
	    !process_has_capability(IPC_SERVICE_CAP_BIT_DEVICE_POLICY))
		return ERR_ACCESS_DENIED;
	*out_count = device_list(list, nodes.len / sizeof list[0]);
	return user_copy_out((struct user_out){nodes.addr, *out_count * sizeof list[0]}, list);
}

enum status sys_device_watch(uint64_t endpoint, uint64_t cookie)
{
	struct ipc_event *event;
	TRY(ipc_event_create(process_ipc(process_current()), endpoint, cookie, &event));
	device_watch(event);
	return OK;
}

/* A question is looked for only while its thread waits for this service. */
static enum status device_allow(const struct device_question *question, uint64_t reply_cap,
                                uint64_t pid)
{
	struct ipc_message_info info;
	if (ipc_sender(process_ipc(process_current()), reply_cap, &info) != OK ||
	    info.sender_pid != pid)
		return ERR_NO_PROCESS;
	return device_question_allow(info.sender_tid, question);
}

enum status sys_device_open_broker(struct user_in address)
{
	struct device_open_args args;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != DEVICE_BROKER_VERSION || args.reserved0)
		return ERR_INVALID_ARGS;
	const struct device_question question = {
	        .operation = DEVICE_OPEN, .request = args.flags, .device = args.device};
	return device_allow(&question, args.reply_cap, args.target_pid);
}

enum status sys_device_ioctl_broker(struct user_in address)
{
	struct device_ioctl_args args;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != DEVICE_BROKER_VERSION || args.reserved0)
		return ERR_INVALID_ARGS;
	const struct device_question question = {.operation = DEVICE_IOCTL_AUTHORIZE,
	                                         .request = args.request,
	                                         .device = args.device,
	                                         .argument = args.argument};
	return device_allow(&question, args.reply_cap, args.target_pid);
}

static void net_text(uint8_t *out, size_t size, const char *text)
{
	size_t len = strlen(text);
	memcpy(out, text, len < size ? len : size - 1);
}

static enum status net_tell_fault_rule(uint64_t which, uintptr_t address)
{
	static const char *const names[] = FAULT_POINT_NAMES;
	static const enum fault_point points[] = {FAULT_SOCKET_SEND, FAULT_SOCKET_RECV};
	struct fault_point_rule rule;
	struct net_fault_rule out = {};
	if (which >= sizeof points / sizeof points[0])
		return ERR_INVALID_ARGS;
	net_text(out.point, sizeof out.point, names[points[which]]);
	if (fault_runtime_look(kernel_faults(), points[which], &rule)) {
		net_text(out.action, sizeof out.action, fault_action_name(rule.action));
		out.number = rule.number;
		out.hits = rule.hits;
		out.fired = rule.fired;
	}
	return user_copy_out((struct user_out){address, sizeof out}, &out);
}

enum status sys_net_broker(struct user_in address)
{
	struct net_broker_args args;
	TRY(user_copy_in(&args, address));
	if (args.process_id || args.reserved0 || args.reserved1)
		return ERR_INVALID_ARGS;
	if (args.op != NET_BROKER_FAULT_RULE)
		return ERR_NOT_IMPLEMENTED;
	return net_tell_fault_rule(args.arg[0], args.arg[1]);
}
