/*
 * The bytes of a call: in the memory of its process, or in the kernel's for a call that the kernel
 * makes itself. Whoever touches the latter from outside has set call->copying, so that its owner
 * stays.
 */
#include "ipc/call.h"
#include <string.h>

enum status call_keep_small(struct call *call)
{
	size_t len = call->request.len;
	if (!len || len > IPC_SMALL_BYTES)
		return OK;
	if (!call->kernel)
		return user_copy_in(call->small, call->request);
	uint8_t *to = call->small;
	for (size_t i = 0; i < IPC_SERVICE_PIECES; i++) {
		const struct ipc_piece *piece = &call->kernel->pieces[i];
		if (piece->len)
			memcpy(to, piece->bytes, piece->len);
		to += piece->len;
	}
	return OK;
}

enum cross_copy call_send_bytes(const struct call *call, const struct receiver *receiver)
{
	struct address_space *there = receiver->process->space;
	struct user_out to = {receiver->buffer.addr, call->request.len};
	if (!call->kernel)
		return address_space_copy_to(there, to, call->request.addr);
	enum cross_copy copied = CROSS_COPY_DONE;
	for (size_t i = 0; i < IPC_SERVICE_PIECES && copied == CROSS_COPY_DONE; i++) {
		const struct ipc_piece *piece = &call->kernel->pieces[i];
		to.len = piece->len;
		copied = address_space_put(there, to, piece->bytes);
		to.addr += piece->len;
	}
	return copied;
}

enum cross_copy call_fetch_bytes(const struct call *call, struct user_out buffer)
{
	if (!call->kernel)
		return address_space_copy_from(call->space, call->request, buffer.addr);
	for (size_t i = 0; i < IPC_SERVICE_PIECES; i++) {
		const struct ipc_piece *piece = &call->kernel->pieces[i];
		buffer.len = piece->len;
		if (piece->len && user_copy_out(buffer, piece->bytes) != OK)
			return CROSS_COPY_BAD_HERE;
		buffer.addr += piece->len;
	}
	return CROSS_COPY_DONE;
}

enum cross_copy call_answer_bytes(const struct call *call, struct user_in answer)
{
	const struct user_out to = {call->reply.addr, answer.len};
	if (!call->kernel)
		return address_space_copy_to(call->space, to, answer.addr);
	return user_copy_in(call->kernel->reply, answer) == OK ? CROSS_COPY_DONE
	                                                       : CROSS_COPY_BAD_HERE;
}

enum status call_take_small(const struct call *call)
{
	if (!call->reply_len || call->reply_len > IPC_SMALL_BYTES)
		return OK;
	if (!call->kernel)
		return user_copy_out((struct user_out){call->reply.addr, call->reply_len},
		                     call->small);
	memcpy(call->kernel->reply, call->small, call->reply_len);
	return OK;
}
