/*
 * The face of kernel/ipc: endpoints, calls, the service registry, the audit record.
 *
 * A call is one request and its reply. Its sender sleeps meanwhile, so a message is never stored:
 * up to IPC_SMALL_BYTES travel in the call object, more are copied once, from the sender's memory
 * to the receiver's. A call to a waiting receiver switches straight to it.
 */
#pragma once

#include "hal/api.h"
#include "mm/api.h"
#include "object/api.h"
#include <abi/services.h>
#include <abi/status.h>
#include <abi/syscalls.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	IPC_SMALL_BYTES = 512, /* up to here two short copies cost less than finding a page */
	IPC_SERVICE_HOLD_NS =
	        1000000000, /* how long a dead service's queue waits for a successor */
	IPC_REPLIES_MAX = 64, /* requests that one process has taken and not answered */
};

extern const struct object_type endpoint_type;

/* What ipc needs from above; installed once by the executive, before the first process. */
struct ipc_ops {
	void (*service_registered)(uint64_t service_id, uint64_t pid);
	/* Of the running thread: is there a signal for it; must it end? Who makes them true wakes
	 * it (thread_wake_awaiting) afterwards. */
	bool (*is_interrupted)(void);
	bool (*is_ending)(void);
	/* The same of a receiver: is it interrupted, or is there something else to hear? */
	bool (*is_told)(void);
	/* Somebody should read the audit record. */
	void (*audit_fills)(void);
};

/* Takes ops, which must live for ever. */
void ipc_install(const struct ipc_ops *ops);

/* ---- what ipc keeps for a process; part of the process object ---- */

struct ipc_replies;

struct ipc_limits {
	uint32_t handles;
	uint32_t calls_in_flight;
	uint64_t calls_per_second; /* 0: no limit */
	uint32_t plain_calls; /* calls_in_flight, or 0 where each call has to be looked at */
};

/* What was called of late, by a process that has a limit of calls a second. */
struct ipc_rate {
	struct spinlock lock; /* nothing is taken with it */
	/* guarded by lock */
	uint64_t start_ns; /* of the second that runs */
	uint64_t calls; /* in it */
	uint64_t calls_before; /* in the one before */
};

struct ipc_process {
	/* set at creation, then constant */
	uint64_t pid;
	struct address_space *space;
	uint64_t may_register; /* bit per service id */
	uint64_t may_look_up; /* the same */

	uint64_t capabilities; /* atomic; bits of abi/services.h */
	struct handle_table handles;
	struct ipc_limits limits; /* atomic each; only ever lowered */
	struct ipc_replies *replies; /* atomic; made at the first receive, owned */
	uint32_t calls_in_flight; /* atomic */
	struct ipc_rate rate;
};

struct ipc_grant {
	uint64_t pid;
	struct address_space *space;
	uint64_t capabilities;
	uint64_t may_register;
	uint64_t may_look_up;
};

void ipc_process_init(struct ipc_process *process, const struct ipc_grant *grant);
/*
 * The process ends: requests it took fail with ERR_IO, its services are gone, its handles are
 * closed. Before its address space is freed. Its threads run no more, except the caller.
 */
void ipc_process_exit(struct ipc_process *process);
/* The running thread ends: gives its call object back. */
void ipc_thread_exit(void);
/* The child, which nobody has seen, begins with the limits that its parent has. */
void ipc_limits_inherit(struct ipc_process *child, const struct ipc_process *parent);
/* Takes effect at once. ERR_ACCESS_DENIED: higher than it is. ERR_INVALID_ARGS: no such limit. */
enum status ipc_set_limit(struct ipc_process *process, uint64_t kind, uint64_t value);

/* ---- messages with handles ---- */

struct ipc_handles {
	uint32_t send_count;
	uint32_t receive_capacity;
	uint32_t received_count; /* filled in */
	int32_t send[IPC_MAX_TRANSFER_HANDLES];
	int32_t received[IPC_MAX_TRANSFER_HANDLES]; /* filled in */
};

/* ---- calls; all by the running thread, of process self ---- */

/* A handle with every right; closing the last one that may receive closes the endpoint. */
enum status ipc_endpoint_create(struct ipc_process *self, uint64_t *out_endpoint);

struct ipc_call_request {
	uint64_t endpoint;
	struct user_in request;
	struct user_out reply;
	uint64_t deadline_ns; /* of clock_ns; 0: none */
	struct ipc_handles *handles; /* NULL: bytes only */
};

/*
 * Sleeps until the reply. ERR_NOT_CONNECTED: nobody receives there any more, and nobody took the
 * request; ERR_IO: the receiver died with it; ERR_DEADLOCK: the caller's own service;
 * ERR_TRY_AGAIN: too many messages wait there, or this process is over a quota;
 * ERR_TIMED_OUT; ERR_CANCELLED.
 */
enum status ipc_call(struct ipc_process *self, const struct ipc_call_request *request,
                     uint64_t *out_len);

/*
 * The common case of it, without handles and deadline: false: nothing has happened, ipc_call is to
 * be asked. Else the length, or the status that is not OK.
 */
bool ipc_call_fast(const struct ipc_call_request *request, int64_t *out_result);

struct ipc_receive_request {
	uint64_t endpoint;
	struct user_out buffer;
	struct user_out info; /* 8 bytes: the reply capability; more: struct ipc_message_info */
	uint64_t flags; /* IPC_RECEIVE_* */
	uint64_t deadline_ns;
	struct ipc_handles *handles;
};

/*
 * Takes the oldest request. What does not fit (bytes, or handles that nobody asked for) stays in
 * the queue: ERR_MESSAGE_TOO_BIG. ERR_TRY_AGAIN: none is there and the caller does not wait, or too
 * many threads wait; ERR_TOO_MANY_HANDLES: too many requests are unanswered, or no room for
 * handles.
 */
enum status ipc_receive(struct ipc_process *self, const struct ipc_receive_request *request,
                        uint64_t *out_len);

struct ipc_reply_request {
	uint64_t reply_cap;
	struct user_in reply;
	const struct ipc_handles *handles;
};

/*
 * Answers a request that this process took. ERR_MESSAGE_TOO_BIG: larger than the caller's
 * buffer, or with handles that it did not ask for; it still waits then. ERR_CANCELLED: the
 * caller is gone, and the reply with it. ERR_BAD_HANDLE: no such request.
 */
enum status ipc_reply(struct ipc_process *self, const struct ipc_reply_request *request);
/* Both at once; reply_cap 0: only receives. A failed reply ends it before it receives. */
enum status ipc_reply_receive(struct ipc_process *self, const struct ipc_reply_request *reply,
                              const struct ipc_receive_request *receive, uint64_t *out_len);
/* The common case of it; as ipc_call_fast. */
bool ipc_reply_receive_fast(const struct ipc_reply_request *reply,
                            const struct ipc_receive_request *receive, int64_t *out_result);
/* Who sent a request that this process took. ERR_BAD_HANDLE. */
enum status ipc_sender(struct ipc_process *self, uint64_t reply_cap,
                       struct ipc_message_info *out_info);
/* Has process pid a live call to self? For brokers that act on another process. */
bool ipc_serves(struct ipc_process *self, uint64_t reply_cap, uint64_t pid);

/*
 * A signal for the thread: a request that nobody took ends with ERR_INTERRUPTED; for one that was
 * taken its receiver is told, and answers what it has.
 */
struct call;
void ipc_call_cancel(struct call *call);
/* For a thread that will not wait: it leaves with status, a late reply is dropped. */
void ipc_call_abandon(struct call *call, enum status status);

/* ---- calls of the kernel itself, in the name of process self, by the running thread ---- */

enum { IPC_SERVICE_PIECES = 3 };

/* What ends the wait for a service before its answer. */
enum ipc_patience {
	IPC_UNTIL_SIGNAL, /* ERR_INTERRUPTED when nobody took it, else what the service answers */
	IPC_UNTIL_END, /* only the end of the thread */
	IPC_UNTIL_ANSWER, /* for kernel threads */
};

struct ipc_piece {
	const void *bytes;
	size_t len;
};

struct ipc_service_request {
	uint64_t service_id;
	struct ipc_piece pieces[IPC_SERVICE_PIECES]; /* sent as one message */
	void *reply;
	size_t reply_capacity;
	uint64_t deadline_ns; /* of clock_ns; 0: none */
	bool is_idempotent; /* may be sent again when the service died with it */
	enum ipc_patience patience;
};

/*
 * As ipc_call, to whoever is registered; what it reads and writes is kernel memory. While the
 * service is dead its successor is waited for, IPC_SERVICE_HOLD_NS at most. ERR_NOT_CONNECTED:
 * there is none; ERR_IO: the service died with the request, which was not sent again or too often.
 */
enum status ipc_service_call(struct ipc_process *self, const struct ipc_service_request *request,
                             uint64_t *out_len);

/* ---- events ---- */

/*
 * A message of the kernel, for whoever receives with IPC_RECEIVE_CANCELS: kind IPC_MESSAGE_EVENT,
 * the cookie as reply_cap, the value as sender_tid. endpoint: a handle that may receive.
 * ERR_BAD_HANDLE, ERR_ACCESS_DENIED, ERR_NO_MEMORY.
 */
struct ipc_event;
enum status ipc_event_create(struct ipc_process *self, uint64_t endpoint, uint64_t cookie,
                             struct ipc_event **out_event);
/* Takes the event. Cannot fail; also in interrupts. Without a receiver it is lost. */
void ipc_event_post(struct ipc_event *event, int64_t value);
/* Takes the event, unposted. Accepts NULL. */
void ipc_event_drop(struct ipc_event *event);

/* ---- services ---- */

/* endpoint 0 takes the registration back. */
enum status ipc_service_register(struct ipc_process *self, uint64_t service_id, uint64_t endpoint);
enum status ipc_service_look_up(struct ipc_process *self, uint64_t service_id,
                                uint64_t *out_endpoint);
/*
 * Keeps what a handle stands for, with its rights, for who is the same service later; handle 0
 * takes it away. ERR_ACCESS_DENIED: self may not register a service, or the handle has no
 * RIGHT_DUPLICATE; ERR_INVALID_ARGS: no such key.
 */
enum status ipc_service_keep(struct ipc_process *self, uint64_t key, uint64_t handle);
/* Another handle to it. ERR_NOT_FOUND. */
enum status ipc_service_kept(struct ipc_process *self, uint64_t key, uint64_t *out_handle);
/* For the end of the machine. */
void ipc_drop_kept(void);
/* Has anybody ever registered it? */
bool ipc_service_was_registered(uint64_t service_id);
/* Requests that wait for a dead service's successor fail once now_ns is past their time. */
void ipc_services_expire(uint64_t now_ns);

/* ---- audit record ---- */

/*
 * Appends to the chain; detail depends on event (AUDIT_*). A refusal with no lock held: who reads
 * may be told of it.
 */
void audit_append(uint32_t event, uint64_t pid, uint64_t detail, enum status status);
/*
 * Copies records from sequence number first on, oldest first; older ones than kept are skipped.
 * They count as read, and all before them. Returns the count.
 */
size_t audit_read(uint64_t first, struct audit_record *out_records, size_t capacity);
