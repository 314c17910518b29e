/* Requests in, replies out; what a request holds is checked before its operation sees it. */
#include "loop.h"
#include <format/api.h>
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

/* One that was found good. */
static enum status run_operation(struct service_loop *loop, struct service_call *call)
{
	const struct service_definition *definition = loop->definition;
	const struct service_interface *interface = definition->interface;
	const struct service_request *request = (const struct service_request *)loop->request;
	enum status status;
	call->bytes = request->fixed + interface->request_size;
	call->len = request->header.payload_len - interface->request_size;
	do {
		memset(loop->reply, 0, interface->reply_size);
		loop->scratch_used = 0;
		call->reply_len = 0;
		status = interface->operations[request->header.op].run(
		        definition->self, request->fixed, loop->reply, call);
	} while (definition->events.ended && definition->events.ended(definition->self, status));
	return status;
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
	        .reply_bytes = loop->reply + interface->reply_size,
	        .reply_capacity = IPC_MAX_INLINE_BYTES - interface->reply_size,
	        .loop = loop,
	};
	enum status status = check_request(interface, &request->header, len);
	if (status == OK)
		status = run_operation(loop, &call);
	else
		memset(loop->reply, 0, interface->reply_size);
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

/* What an error of a reply means: the caller is gone, or has no room for it. */
static void reply_failed(struct service_loop *loop, uint64_t reply_cap, size_t request_len,
                         enum status failure)
{
	const struct service_events *events = &loop->definition->events;
	const struct service_request *request = (const struct service_request *)loop->request;
	if (failure == ERR_MESSAGE_TOO_BIG) {
		/* the caller must hear something; when it cannot, it is gone */
		const struct loop_reply_head head = {.status = ERR_MESSAGE_TOO_BIG};
		(void)!service_answer(loop, reply_cap, &head, sizeof head);
	}
	if (!events->undelivered || request_len < sizeof request->header)
		return;
	events->undelivered(loop->definition->self, &request->header, request->fixed, loop->reply);
	if (events->ended)
		(void)events->ended(loop->definition->self, OK); /* there is nothing to run */
}

static void loop_swap(struct service_loop *loop)
{
	uint8_t *request = loop->request;
	loop->request = loop->reply;
	loop->reply = request;
}

static enum status loop_receive_once(struct service_loop *loop, struct service_received *received)
{
	const struct service_definition *definition = loop->definition;
	uint64_t deadline_ns = 0;
	if (definition->events.wait)
		TRY(definition->events.wait(definition->self, &deadline_ns));
	return loop->transport->receive(loop->transport->context, loop->request,
	                                IPC_MAX_INLINE_BYTES, deadline_ns, received);
}

/* True: an operation that waited for it goes on, and nobody else wants it. */
static bool strand_was_told(struct service_strands *strands,
                            const struct service_received *received)
{
	const struct ipc_message_info *info = &received->info;
	return strands && info->kind == IPC_MESSAGE_EVENT &&
	       strands_tell(strands, info->reply_cap, (int64_t)info->sender_tid);
}

/* Until something has come. With operations that wait it ends when they have. */
static enum status loop_receive(struct service_loop *loop, struct service_received *received)
{
	struct service_strands *strands = loop->definition->strands;
	enum status status;
	bool goes_on;
	do {
		if (strands)
			strands_give_way(strands);
		if (strands && strands->is_ending && strands_are_quiet(strands))
			return ERR_CANCELLED;
		status = loop_receive_once(loop, received);
		goes_on = status == ERR_INTERRUPTED || status == ERR_TIMED_OUT ||
		          (status == OK && strand_was_told(strands, received));
		if (status == ERR_CANCELLED && strands && !strands_are_quiet(strands))
			goes_on = strands->is_ending = true;
	} while (goes_on);
	return status;
}

/* Until another strand could take over, or none waits: one that then waits wakes nobody. */
static enum status loop_await_spare(struct service_loop *loop)
{
	struct service_strands *strands = loop->definition->strands;
	struct service_received received;
	while (strands && !strands_are_quiet(strands) && !strands_have_spare(strands)) {
		enum status status = OK;
		strands_pass(strands);
		if (strands_are_quiet(strands) || strands_have_spare(strands))
			break;
		status = loop->transport->listen(loop->transport->context, &received);
		if (status == OK)
			(void)strand_was_told(strands, &received); /* or a cancel message */
		else if (status != ERR_INTERRUPTED)
			return status;
	}
	return OK;
}

/* Answers what was received and takes the next request. */
static enum status answer_and_receive(struct service_loop *loop, size_t reply_len,
                                      struct service_received *received)
{
	const struct service_transport *transport = loop->transport;
	uint64_t reply_cap = received->info.reply_cap;
	size_t request_len = (size_t)received->len;
	enum status status;
	const struct service_events *events = &loop->definition->events;
	const struct service_strands *strands = loop->definition->strands;
	bool quiet = !strands || (strands_are_quiet(strands) && !strands->is_ending);
	if (transport->reply_receive && quiet && !events->cancelled && !events->event &&
	    !events->wait) {
		status = transport->reply_receive(transport->context, reply_cap, reply_len,
		                                  loop->reply, received);
		if (status == OK)
			loop_swap(loop);
		if (status == OK || status == ERR_NOT_CONNECTED)
			return status;
		/* it was answered */
		if (status == ERR_INTERRUPTED)
			return loop_receive(loop, received);
	} else {
		status = service_answer(loop, reply_cap, loop->reply, reply_len);
	}
	if (status != OK)
		reply_failed(loop, reply_cap, request_len, status);
	return loop_receive(loop, received);
}

/* A message that nobody waits for. */
static void tell_event(const struct service_definition *definition,
                       const struct ipc_message_info *info)
{
	const struct service_events *events = &definition->events;
	if (info->kind == IPC_MESSAGE_CANCEL && events->cancelled)
		events->cancelled(definition->self, info->reply_cap);
	if (info->kind == IPC_MESSAGE_EVENT && events->event)
		events->event(definition->self, info->reply_cap, (int64_t)info->sender_tid);
}

enum status loop_run(const struct service_definition *definition,
                     const struct service_transport *transport, uint8_t *memory)
{
	struct service_loop loop = {.definition = definition,
	                            .transport = transport,
	                            .request = memory,
	                            .reply = memory + IPC_MAX_INLINE_BYTES,
	                            .scratch = memory + (size_t)2 * IPC_MAX_INLINE_BYTES};
	struct service_received received = {};
	enum status status = loop_receive(&loop, &received);
	while (status == OK) {
		size_t reply_len = 0;
		if (received.info.kind != IPC_MESSAGE_REQUEST)
			tell_event(definition, &received.info);
		else if ((status = loop_await_spare(&loop)) == OK)
			reply_len = run_request(&loop, &received.info, (size_t)received.len);
		if (status == OK)
			status = reply_len ? answer_and_receive(&loop, reply_len, &received)
			                   : loop_receive(&loop, &received);
	}
	return status;
}

enum status service_serve(const struct service_definition *definition,
                          const struct service_transport *transport, uint8_t *memory)
{
	struct service_strands *strands = definition->strands;
	if (!strands)
		return loop_run(definition, transport, memory);
	strands->definition = definition;
	strands->transport = transport;
	return strands_run(strands);
}
