/*
 * The loop of a service.
 *
 * A service is a state struct and one function for each operation of its interface
 * (registry/interfaces/NAME.toml); prototypes and the table are generated (<rt/NAME_service.h>).
 * The loop sleeps until a request comes, runs its operation and answers with its status; it never
 * polls. An operation that cannot answer yet sets `later`, keeps info->reply_cap, and answers in
 * the course of another with service_answer. What a service does at its own time it does in
 * events.wait, which says when that is. SIGTERM ends it between two requests: what it has taken is
 * answered, what still waits is the next one's. It asks other services by <service/client.h>.
 *
 * A service whose operations may wait for something slow has several threads: each takes a request,
 * with a state of its own. What they have in common they guard themselves.
 */
#pragma once

#include <abi/log.h>
#include <abi/status.h>
#include <abi/syscalls.h>
#include <base/api.h>

enum {
	SERVICE_SCRATCH_BYTES = 64 * 1024,
	SERVICE_ERROR_REPLY_BYTES = 16, /* what is sent of a reply that is an error */
};

/* What a request begins with on the wire. */
struct service_request {
	struct ipc_message_header header;
	uint8_t fixed[]; /* request_size bytes, then those of the request's own */
};

/* One request while its operation runs. */
struct service_call {
	const struct ipc_message_info *info;
	const uint8_t *bytes; /* of the request, behind its structure */
	size_t len;
	uint8_t *reply_bytes; /* behind the reply's structure */
	size_t reply_capacity;
	size_t reply_len; /* the operation sets how many it wrote */
	bool later; /* the operation will answer by service_answer */
	struct service_loop *loop;
};

struct service_operation {
	const char *name;
	enum status (*run)(void *self, const void *in, void *out, struct service_call *call);
};

struct service_interface {
	const char *name;
	uint64_t service; /* id it registers */
	size_t request_size, reply_size;
	const struct service_operation *operations; /* by number; without run: not implemented */
	size_t operation_count;
};

/* What a service may want to hear besides requests; all may be NULL. */
struct service_events {
	/* The sender of the request that this capability answers wants to stop. */
	void (*cancelled)(void *self, uint64_t reply_cap);
	/* A reply did not reach its caller, who is gone. */
	void (*undelivered)(void *self, const struct ipc_message_header *request, const void *in,
	                    const void *out);
	/* An event of the kernel: what was started with this cookie is done. */
	void (*event)(void *self, uint64_t cookie, int64_t value);
	/*
	 * Before each wait: does what is due, and says when to be called again at the latest (of
	 * clock_now; 0: when something has come). An error ends the loop with it.
	 */
	enum status (*wait)(void *self, uint64_t *out_deadline_ns);
	/*
	 * An operation has ended with this status, or undelivered has. True: the operation has done
	 * nothing yet and is to be run once more.
	 */
	bool (*ended)(void *self, enum status status);
	/* It is registered, and so has its capability; requests already wait at the endpoint. */
	void (*registered)(void *self, uint64_t endpoint);
};

struct service_received {
	struct ipc_message_info info;
	uint64_t len;
};

/* How messages move; the kernel, or a test. Functions as the calls of those names. */
struct service_transport {
	void *context;
	enum status (*receive)(void *context, void *buffer, uint64_t capacity, uint64_t deadline_ns,
	                       struct service_received *received);
	enum status (*reply)(void *context, uint64_t reply_cap, const void *reply, uint64_t len);
	/*
	 * Both in one, the reply being in the buffer of IPC_MAX_INLINE_BYTES that the request comes
	 * into; an error of the reply comes before anything is received. NULL: there is none.
	 */
	enum status (*reply_receive)(void *context, uint64_t reply_cap, uint64_t len, void *buffer,
	                             struct service_received *received);
	/* Cancel messages and events alone. NULL: there are no strands. */
	enum status (*listen)(void *context, struct service_received *received);
};

struct service_strands; /* <service/strands.h> */

struct service_definition {
	const struct service_interface *interface;
	void *self; /* of the first thread */
	struct service_events events;
	struct service_strands *strands; /* NULL: operations wait with everybody */
	unsigned threads; /* at most, when all others are at work; 0 is 1. Not with strands */
	size_t self_size; /* with threads: bytes of a state; it begins as zeros */
};

/*
 * Registers the service and answers requests; comes back only with what went wrong, and ends the
 * process with 0 after a SIGTERM.
 * Memory: two messages and the scratch memory, wired, once for each thread.
 */
enum status service_run(const struct service_definition *definition);
/* The same over another transport, until receive fails; `memory` is SERVICE_MEMORY_BYTES; NULL with
 * strands, which have their own. */
enum { SERVICE_MEMORY_BYTES = 2 * IPC_MAX_INLINE_BYTES + SERVICE_SCRATCH_BYTES };
enum status service_serve(const struct service_definition *definition,
                          const struct service_transport *transport, uint8_t *memory);

/* Zeroed memory, 16-byte aligned, until the operation ends; NULL when there is no more. */
void *service_scratch(struct service_call *call, size_t size);
/* Room for `size` bytes behind the reply, counted in reply_len; NULL when there is none. */
uint8_t *service_reply_room(struct service_call *call, size_t size);
/* The answer that `later` put off. `reply` is the interface's reply structure with its status. */
enum status service_answer(struct service_loop *loop, uint64_t reply_cap, const void *reply,
                           size_t len);

/* One line of the kernel's log, of category service: `name: text` at a level of <abi/log.h>. */
[[gnu::format(printf, 3, 4)]] void service_log(const char *name, enum log_level level,
                                               const char *format, ...);
