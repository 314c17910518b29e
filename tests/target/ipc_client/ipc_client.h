/* The client's view of messages: each function checks one area. */
#pragma once

#include <abi/services.h>
#include <tap/api.h>
#include <test_service/api.h>

struct client {
	struct tap tap;
	uint64_t endpoint; /* of ipc_server */
	struct test_message request, reply;
};

/* A request of len bytes with this operation; the answer, or the number of bytes in reply. */
int64_t client_ask(struct client *self, enum test_op op, uint32_t flags, uint64_t len);
/* Fills in a request with this operation, that brings handles; room for those of its reply: none.
 */
struct ipc_call_with_handles_args client_args(struct client *self, enum test_op op,
                                              const int32_t *send, uint16_t count);
/* What the server's last step gave. */
int64_t client_server_status(struct client *self);

void check_lookup(struct client *self);
void check_lengths(struct client *self);
void check_pointers(struct client *self);
void check_server_pointers(struct client *self);
void check_endpoints(struct client *self);
void check_handles(struct client *self);
void check_transfer(struct client *self);
void check_crowds(struct client *self);
void check_reserved_fields(struct client *self);
