/* Messages and handles: from registers and argument structures to ipc. */
#include "core/api.h"
#include "ps/api.h"
#include <kernel/syscall_prototypes.h>

enum { AUDIT_COPIED_AT_ONCE = 8 }; /* on the stack */

_Static_assert((int)RIGHT_READ == HANDLE_RIGHT_READ && (int)RIGHT_WRITE == HANDLE_RIGHT_WRITE &&
               (int)RIGHT_MAP == HANDLE_RIGHT_MAP && (int)RIGHT_CALL == HANDLE_RIGHT_CALL &&
               (int)RIGHT_RECEIVE == HANDLE_RIGHT_RECEIVE &&
               (int)RIGHT_DUPLICATE == HANDLE_RIGHT_DUPLICATE &&
               (int)RIGHT_TRANSFER == HANDLE_RIGHT_TRANSFER);

static struct ipc_process *ipc_self(void)
{
	return process_ipc(process_current());
}

enum status sys_ipc_endpoint_create(uint64_t *out_endpoint)
{
	return ipc_endpoint_create(ipc_self(), out_endpoint);
}

enum status sys_ipc_call(uint64_t endpoint, struct user_in request, struct user_out reply,
                         uint64_t *out_reply_len)
{
	const struct ipc_call_request call = {endpoint, request, reply, 0, NULL};
	return ipc_call(ipc_self(), &call, out_reply_len);
}

enum status sys_ipc_call_until(uint64_t endpoint, struct user_in request, struct user_out reply,
                               uint64_t deadline_ns, uint64_t *out_reply_len)
{
	const struct ipc_call_request call = {endpoint, request, reply, deadline_ns, NULL};
	return ipc_call(ipc_self(), &call, out_reply_len);
}

enum status sys_ipc_recv(uint64_t endpoint, struct user_out request, struct user_out reply_cap,
                         uint64_t *out_request_len)
{
	const struct ipc_receive_request receive = {
	        .endpoint = endpoint, .buffer = request, .info = reply_cap};
	return ipc_receive(ipc_self(), &receive, out_request_len);
}

enum status sys_ipc_try_recv(uint64_t endpoint, struct user_out request, struct user_out reply_cap,
                             uint64_t *out_request_len)
{
	const struct ipc_receive_request receive = {.endpoint = endpoint,
	                                            .buffer = request,
	                                            .info = reply_cap,
	                                            .flags = IPC_RECEIVE_NO_WAIT};
	return ipc_receive(ipc_self(), &receive, out_request_len);
}

enum status sys_ipc_receive(uint64_t endpoint, struct user_out request, struct user_out info,
                            uint64_t flags, uint64_t deadline_ns, uint64_t *out_request_len)
{
	if (flags & ~(uint64_t)(IPC_RECEIVE_NO_WAIT | IPC_RECEIVE_CANCELS |
	                        IPC_RECEIVE_REFUSES_HANDLES | IPC_RECEIVE_NO_REQUESTS))
		return ERR_INVALID_ARGS;
	const struct ipc_receive_request receive = {.endpoint = endpoint,
	                                            .buffer = request,
	                                            .info = info,
	                                            .flags = flags,
	                                            .deadline_ns = deadline_ns};
	return ipc_receive(ipc_self(), &receive, out_request_len);
}

enum status sys_ipc_reply(uint64_t reply_cap, struct user_in reply)
{
	const struct ipc_reply_request request = {reply_cap, reply, NULL};
	return ipc_reply(ipc_self(), &request);
}

enum status sys_ipc_reply_receive(uint64_t endpoint, uint64_t reply_cap, uint64_t reply_len,
                                  struct user_out buffer, struct user_out info,
                                  uint64_t *out_request_len)
{
	if (reply_len > buffer.len)
		return ERR_INVALID_ARGS;
	const struct ipc_reply_request reply = {reply_cap, {buffer.addr, reply_len}, NULL};
	const struct ipc_receive_request receive = {.endpoint = endpoint,
	                                            .buffer = buffer,
	                                            .info = info,
	                                            .flags = IPC_RECEIVE_REFUSES_HANDLES};
	return ipc_reply_receive(ipc_self(), &reply, &receive, out_request_len);
}

enum status sys_ipc_sender(uint64_t reply_cap, struct user_out info)
{
	struct ipc_message_info sender = {};
	TRY(ipc_sender(ipc_self(), reply_cap, &sender));
	return user_copy_out(info, &sender);
}

enum status sys_ipc_register_service_endpoint(uint64_t service_id, uint64_t endpoint)
{
	return ipc_service_register(ipc_self(), service_id, endpoint);
}

enum status sys_ipc_register_linux_syscall_endpoint(uint64_t endpoint)
{
	return ipc_service_register(ipc_self(), IPC_SERVICE_LINUX_SYSCALLD, endpoint);
}

enum status sys_ipc_lookup_service_endpoint(uint64_t service_id, uint64_t *out_endpoint)
{
	return ipc_service_look_up(ipc_self(), service_id, out_endpoint);
}

enum status sys_handle_close(uint64_t closed)
{
	return handle_table_close(&ipc_self()->handles, closed);
}

enum status sys_handle_duplicate(uint64_t original, uint64_t rights, uint64_t *out_copy)
{
	if (rights & ~(uint64_t)RIGHTS_ALL)
		return ERR_INVALID_ARGS;
	int32_t handle = 0;
	TRY(handle_table_duplicate(&ipc_self()->handles, original, (uint32_t)rights,
	                           HANDLE_FIRST_NATIVE, &handle));
	*out_copy = (uint64_t)handle;
	return OK;
}

enum status sys_process_set_limit(uint64_t kind, uint64_t value)
{
	if (kind == PROCESS_LIMIT_MEMORY)
		return memory_account_lower_limit(vm_space_account(vm_space_current()), value);
	return ipc_set_limit(ipc_self(), kind, value);
}

enum status sys_audit_read(uint64_t first, struct user_out records, uint64_t *out_count)
{
	static const struct audit_record zero[AUDIT_READ_MAX];
	/* needs no memory: it is read just when things go wrong */
	struct audit_record copied[AUDIT_COPIED_AT_ONCE];
	size_t capacity = records.len / sizeof *copied, count = 0, more;
	/* the place for them is proved even when there are none, and before they count as read */
	TRY(user_copy_out(records, zero));
	do {
		size_t room = capacity - count;
		more = audit_read(first, copied, room < COUNT(copied) ? room : COUNT(copied));
		struct user_out place = {records.addr + count * sizeof *copied,
		                         more * sizeof *copied};
		TRY(user_copy_out(place, copied));
		count += more;
		if (more)
			first = copied[more - 1].sequence + 1;
	} while (more == COUNT(copied));
	*out_count = count;
	return OK;
}
