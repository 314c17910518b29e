/*
 * Asking a service, whichever process it is at the time.
 *
 * A service that dies is started again. The kernel hands what nobody has taken yet to the next one,
 * for a second; what is left for the caller is done here: it looks the service up again, and sends
 * again what may be sent twice.
 */
#pragma once

#include <abi/status.h>
#include <abi/syscalls.h>
#include <stddef.h>
#include <stdint.h>

/* Begins as {.service = IPC_SERVICE_*, .idempotent = NAME_IDEMPOTENT}. */
struct service_client {
	uint64_t service;
	uint64_t idempotent; /* bit per operation that may be sent twice: of the interface's header
	                      */
	uint64_t endpoint; /* 0: not looked up */
};

struct service_question {
	const struct ipc_message_header
	        *header; /* of the whole request; op and payload_len count */
	void *reply; /* begins with an i32 status */
	size_t capacity;
};

/*
 * The service's own status, or: ERR_NOT_FOUND, ERR_NOT_CONNECTED: there is none; ERR_IO: it died
 * with what may not be sent twice, or again and again; ERR_TRY_AGAIN: too many wait there;
 * ERR_PROTOCOL: an answer too short to be one. out_len may be NULL.
 */
enum status service_ask(struct service_client *client, const struct service_question *question,
                        size_t *out_len);
