/*
 * The operations of the service ipc_server (tests/target): the client chooses how it is served.
 * A request is an ipc_message_header, then bytes that mean nothing.
 */
#pragma once

#include <rt/api.h>

enum test_op {
	TEST_OP_ECHO = 1, /* the request back */
	TEST_OP_SENDER, /* struct ipc_message_info */
	TEST_OP_LENGTH, /* u64: length of the request */
	TEST_OP_REPLY_LENGTH, /* flags bytes back, each the low byte of its index */
	TEST_OP_TWICE, /* echo, and then a second reply, whose status TEST_OP_STATUS tells */
	TEST_OP_STATUS, /* i64: what the last step of the server gave */
	TEST_OP_HANDLES, /* as many handles back as came, the same ones */
	TEST_OP_PLAIN_NEXT, /* the next request is taken without room for handles */
	TEST_OP_SMALL_NEXT, /* the next request is taken with flags bytes of buffer */
	TEST_OP_BAD_NEXT, /* receives with bad pointers first, as long as requests fail there; flags:
	                   * which one (0: buffer, 1: reply capability) */
	TEST_OP_BAD_REPLY, /* answers from bad pointers first: the number refused */
	TEST_OP_CROWD, /* TEST_CROWD_MAX threads at the endpoint that comes with it; flags: do they
	                * receive? bool: all were started */
	TEST_OP_CROWD_REFUSED, /* i64: how many of them found no place */
	TEST_OP_CROWD_END, /* waits for them; i64: how many went well */
	TEST_OP_STOP, /* answer and end */
};

struct test_message {
	struct ipc_message_header header;
	uint8_t bytes[IPC_MAX_INLINE_BYTES - sizeof(struct ipc_message_header)];
};
