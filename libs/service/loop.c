/* Requests in, replies out; what a request holds is checked before its operation sees it. */
#include <format/api.h>
#include <service/api.h>
#include <string.h>

struct service_loop {
	const struct service_definition *definition;
	const struct service_transport *transport;
	uint8_t *request; /* IPC_MAX_INLINE_BYTES each */
	uint8_t *reply;
	uint8_t *scratch;
	size_t scratch_used;
};

/* Every reply structure begins with these; the generator has made sure. */
struct loop_reply_head {
	int32_t status;
	uint32_t len;
};

enum { SCRATCH_ALIGN = 16 };

void *service_scratch(struct service_call *call, size_t size)
{
	struct service_loop *loop = call->loop;
	size_t rounded;
	if (__builtin_add_overflow(size, SCRATCH_ALIGN - 1, &rounded))
		return NULL;
	rounded &= ~(size_t)(SCRATCH_ALIGN - 1);
	if (rounded > SERVICE_SCRATCH_BYTES - loop->scratch_used)
		return NULL;
	void *memory = loop->scratch + loop->scratch_used;
	loop->scratch_used += rounded;
	memset(memory, 0, rounded);
	return memory;
}

uint8_t *service_reply_room(struct service_call *call, size_t size)
{
	if (size > call->reply_capacity - call->reply_len)
		return NULL;
	uint8_t *room = call->reply_bytes + call->reply_len;
	call->reply_len += size;
	return room;
}

enum status service_answer(struct service_loop *loop, uint64_t reply_cap, const void *reply,
                           size_t len)
{
	return loop->transport->reply(loop->transport->context, reply_cap, reply, len);
}

static enum status check_request(const struct service_interface *interface,
                                 const struct ipc_message_header *header, size_t len)
{
	if (len < sizeof *header || header->version != IPC_ABI_VERSION)
		return ERR_INVALID_ARGS;
	if (header->op >= interface->operation_count || !interface->operations[header->op].run)
		return ERR_NOT_IMPLEMENTED;
	if (header->payload_len != len - sizeof *header ||
	    header->payload_len < interface->request_size || header->handle_count)
		return ERR_INVALID_ARGS;
	return OK;
}

/* Runs one request; the bytes to answer with, 0: later. */
static size_t run_request(struct service_loop *loop, const struct ipc_message_info *info,
                          size_t len)
{
	const struct service_interface *interface = loop->definition->interface;
	const struct service_request *request = (const struct service_request *)loop->request;
	struct loop_reply_head head = {};
	struct service_call call = {
	        .info = info,
	        .bytes = request->fixed + interface->request_size,
	        .reply_bytes = loop->reply + interface->reply_size,
	        .reply_capacity = IPC_MAX_INLINE_BYTES - interface->reply_size,
	        .loop = loop,
	};
	enum status status = check_request(interface, &request->header, len);
	memset(loop->reply, 0, interface->reply_size);
	loop->scratch_used = 0;
	if (status == OK) {
		call.len = request->header.payload_len - interface->request_size;
		status = interface->operations[request->header.op].run(
		        loop->definition->self, request->fixed, loop->reply, &call);
	}
	if (call.later)
		return 0;
	head.status = (int32_t)status;
	head.len = status == OK ? (uint32_t)call.reply_len : 0;
	memcpy(loop->reply, &head, sizeof head);
	if (status == OK)
		return interface->reply_size + head.len;
	return interface->reply_size < SERVICE_ERROR_REPLY_BYTES ? interface->reply_size
	                                                         : SERVICE_ERROR_REPLY_BYTES;
}

static void answer_request(struct service_loop *loop, const struct ipc_message_info *info,
                           size_t len)
{
	const struct service_events *events = &loop->definition->events;
	const struct service_request *request = (const struct service_request *)loop->request;
	size_t reply_len = run_request(loop, info, len);
	if (!reply_len)
		return;
	enum status sent = loop->transport->reply(loop->transport->context, info->reply_cap,
	                                          loop->reply, reply_len);
	/* Too large for the caller's buffer: the caller must hear something. */
	if (sent == ERR_MESSAGE_TOO_BIG) {
		struct loop_reply_head head = {.status = ERR_MESSAGE_TOO_BIG};
		sent = loop->transport->reply(loop->transport->context, info->reply_cap, &head,
		                              sizeof head);
		if (sent == OK)
			sent = ERR_MESSAGE_TOO_BIG;
	}
	if (sent != OK && events->undelivered && len >= sizeof request->header)
		events->undelivered(loop->definition->self, &request->header, request->fixed,
		                    loop->reply);
}

enum status service_serve(const struct service_definition *definition,
                          const struct service_transport *transport, uint8_t *memory)
{
	struct service_loop loop = {.definition = definition,
	                            .transport = transport,
	                            .request = memory,
	                            .reply = memory + IPC_MAX_INLINE_BYTES,
	                            .scratch = memory + (size_t)2 * IPC_MAX_INLINE_BYTES};
	for (;;) {
		struct ipc_message_info info = {};
		uint64_t len = 0;
		enum status status = transport->receive(transport->context, loop.request,
		                                        IPC_MAX_INLINE_BYTES, &info, &len);
		if (status == ERR_INTERRUPTED)
			continue;
		if (status != OK)
			return status;
		if (info.kind == IPC_MESSAGE_CANCEL) {
			if (definition->events.cancelled)
				definition->events.cancelled(definition->self, info.reply_cap);
		} else if (info.kind == IPC_MESSAGE_EVENT) {
			if (definition->events.event)
				definition->events.event(definition->self, info.reply_cap,
				                         (int64_t)info.sender_tid);
		} else {
			answer_request(&loop, &info, (size_t)len);
		}
	}
}
