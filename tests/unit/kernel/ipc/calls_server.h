/* A service that answers late, out of order, too much, or dies. */
#pragma once

#include "calls_world.h"

enum { HELD_MAX = 4 };

struct held {
	uint64_t reply_cap;
	size_t len;
	struct request request;
};

static struct fact *held_fact(const struct held *held)
{
	assert_true(
	        request_is(&held->request, held->request.caller, held->request.number, held->len));
	return &world.callers[held->request.caller].facts[held->request.number];
}

static void server_answer(struct server *server, struct held *held)
{
	static const uint8_t too_much[BYTES_MAX + 100];
	if (fake_random(4) == 0) {
		const struct ipc_reply_request large = {
		        held->reply_cap, {(uintptr_t)too_much, sizeof too_much}, NULL};
		assert_int_equal(ipc_reply(&server->process, &large), ERR_MESSAGE_TOO_BIG);
	}
	const struct ipc_reply_request reply = {
	        held->reply_cap, {(uintptr_t)&held->request, held->len}, NULL};
	/* before: the caller may run on the way */
	held_fact(held)->answered++;
	enum status status = ipc_reply(&server->process, &reply);
	assert_true(status == OK || status == ERR_CANCELLED);
	if (status == ERR_CANCELLED)
		held_fact(held)->answered--;
	assert_int_equal(ipc_reply(&server->process, &reply), ERR_BAD_HANDLE);
}

static enum status server_take(struct server *server, struct held *held, bool wait)
{
	struct ipc_message_info info = {};
	uint64_t len;
	const struct ipc_receive_request receive = {
	        .endpoint = server->endpoint,
	        .buffer = {(uintptr_t)&held->request, sizeof held->request},
	        .info = {(uintptr_t)&info, sizeof info},
	        .flags = wait ? IPC_RECEIVE_CANCELS : IPC_RECEIVE_NO_WAIT | IPC_RECEIVE_CANCELS,
	};
	TRY(ipc_receive(&server->process, &receive, &len));
	if (info.kind == IPC_MESSAGE_CANCEL)
		return ERR_CANCELLED;
	held->reply_cap = info.reply_cap;
	held->len = len;
	assert_int_equal(info.sender_pid, 100 + held->request.caller);
	held_fact(held)->taken++;
	held_fact(held)->taken_by = (size_t)(server - world.servers) + 1;
	return OK;
}

/* Answers and waits for the next one in one step, where that is possible at once. */
static bool server_answer_fast(struct server *server, struct held *held, bool *out_taken)
{
	struct ipc_message_info info = {};
	const struct ipc_reply_request reply = {
	        held->reply_cap, {(uintptr_t)&held->request, held->len}, NULL};
	const struct ipc_receive_request receive = {
	        .endpoint = server->endpoint,
	        .buffer = {(uintptr_t)&held->request, sizeof held->request},
	        .info = {(uintptr_t)&info, sizeof info},
	};
	int64_t result;
	struct fact *fact = held_fact(held);
	fact->answered++;
	if (!ipc_reply_receive_fast(&reply, &receive, &result)) {
		fact->answered--;
		return false;
	}
	endings.fast_replies++;
	*out_taken = result >= 0;
	if (!*out_taken) {
		/* answered, and then nobody served any more */
		assert_int_equal((enum status)result, ERR_NOT_CONNECTED);
		return true;
	}
	assert_int_equal(info.kind, IPC_MESSAGE_REQUEST);
	held->reply_cap = info.reply_cap;
	held->len = (uint64_t)result;
	assert_int_equal(info.sender_pid, 100 + held->request.caller);
	held_fact(held)->taken++;
	held_fact(held)->taken_by = (size_t)(server - world.servers) + 1;
	return true;
}

/* One that is quick keeps up with any crowd: no queue ever fills. */
static void server_let_queue_grow(void)
{
	while (world.caller_count == CALLERS_MAX && fake_random(CALLERS_MAX))
		thread_yield();
}

static void server_main(void *argument)
{
	struct server *server = argument;
	struct held held[HELD_MAX];
	size_t count = 0;
	assert_int_equal(ipc_endpoint_create(&server->process, &server->endpoint), OK);
	assert_int_equal(ipc_service_register(&server->process, IPC_SERVICE_VFSD, server->endpoint),
	                 OK);
	while (server->left) {
		server_let_queue_grow();
		enum status status = server_take(server, &held[count], count == 0);
		count += status == OK;
		server->left -= status == OK;
		bool answer = count == HELD_MAX || (count && fake_random(2));
		if (!answer)
			continue;
		bool taken;
		if (count == 1 && server->left && fake_random(2) &&
		    server_answer_fast(server, &held[0], &taken)) {
			server->left -= taken && server->left;
			count = taken;
			continue;
		}
		size_t which = fake_random(count);
		server_answer(server, &held[which]);
		held[which] = held[--count];
	}
	for (size_t i = 0; i < count; i++)
		held_fact(&held[i])->died++;
	world.serving = false;
	ipc_thread_exit();
	ipc_process_exit(&server->process);
}
