/*
 * As many at one endpoint as it has places for, and one more. Nobody leaves before one was refused:
 * so it was the last one that came.
 */
#include "ipc_client.h"
#include <linux_calls/api.h>
#include <string.h>
#include <test_service/crowd.h>

enum {
	CROWD_PLACES = IPC_ENDPOINT_PENDING_MAX,
	CROWD_THEIRS = TEST_CROWD_MAX,
	CROWD_OURS = CROWD_PLACES + 1 - CROWD_THEIRS,
};

_Static_assert((int)CROWD_PLACES == (int)IPC_ENDPOINT_WAITERS_MAX);

static struct test_crowd crowd;

/* A number from the server; -1: it gave none. */
static int64_t crowd_ask(struct client *self, enum test_op op)
{
	int64_t number = -1;
	if (client_ask(self, op, 0, sizeof self->request.header) == sizeof number)
		memcpy(&number, &self->reply, sizeof number);
	return number;
}

static bool crowd_start_theirs(struct client *self, uint64_t endpoint, bool receives)
{
	const int32_t send[] = {(int32_t)endpoint};
	uint16_t received;
	struct ipc_call_with_handles_args args =
	        client_args(self, TEST_OP_CROWD, send, COUNT(send));
	args.recv_fd_count_ptr = (uintptr_t)&received;
	self->request.header.flags = receives;
	bool all = false;
	uint64_t len;
	if (rustos_ipc_call_with_handles(&args, &len) == OK && len == sizeof all)
		memcpy(&all, &self->reply, sizeof all);
	return all;
}

static bool crowd_start(struct client *self, uint64_t endpoint, bool receives)
{
	return crowd_start_theirs(self, endpoint, receives) &&
	       test_crowd_start(&crowd, endpoint, receives, CROWD_OURS);
}

static int64_t crowd_refused(struct client *self)
{
	return test_crowd_refused(&crowd) + crowd_ask(self, TEST_OP_CROWD_REFUSED);
}

static void crowd_wait_refused(struct client *self)
{
	while (crowd_refused(self) == 0)
		CALL(LINUX_SCHED_YIELD);
}

static int64_t crowd_end(struct client *self)
{
	int64_t ours = test_crowd_end(&crowd);
	return ours + crowd_ask(self, TEST_OP_CROWD_END);
}

/* So many requests that wait have their answer. */
static size_t answer_waiting(uint64_t endpoint)
{
	uint64_t request, len;
	size_t count = 0;
	while (rustos_ipc_try_recv(endpoint, NULL, 0, &request, &len) == OK &&
	       rustos_ipc_reply(request, NULL, 0) == OK)
		count++;
	return count;
}

/* So many receivers that wait have a call each. */
static size_t call_waiting(uint64_t endpoint)
{
	uint64_t len;
	size_t count = 0;
	while (count < CROWD_PLACES && rustos_ipc_call(endpoint, NULL, 0, NULL, 0, &len) == OK)
		count++;
	return count;
}

/* False: there was none. */
static bool check_one_crowd(struct client *self, bool receives)
{
	struct tap *tap = &self->tap;
	uint64_t endpoint = 0;
	bool made = rustos_ipc_endpoint_create(&endpoint) == OK &&
	            crowd_start(self, endpoint, receives);
	tap_check(tap, made,
	          receives ? "one receiver more than there are places"
	                   : "one call more than there are places");
	if (!made)
		return false;
	crowd_wait_refused(self);
	size_t served = receives ? call_waiting(endpoint) : answer_waiting(endpoint);
	tap_check_equal(tap, (int64_t)served, CROWD_PLACES, "all that have a place are served");
	tap_check_equal(tap, crowd_end(self), CROWD_PLACES, "and nobody else");
	tap_check_equal(tap, crowd_refused(self), 1, "the last one is refused");
	tap_check_equal(tap, rustos_handle_close(endpoint), OK, "the endpoint is closed");
	return true;
}

void check_crowds(struct client *self)
{
	if (check_one_crowd(self, false))
		(void)check_one_crowd(self, true);
}
