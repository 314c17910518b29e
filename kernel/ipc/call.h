/*
 * Calls and endpoints from inside. Inside kernel/ipc only.
 *
 *   idle -> queued -> delivered -> done -> idle
 *              |          `-> cancelling -> done
 *              `-> done (cancelled, or the endpoint closed)
 *   delivered -> queued: the receiver could not take it after all
 *
 * The endpoint's lock guards its queues and the state of every call to it. A call's endpoint
 * changes only when a successor takes over the queue, under the registry's lock and both others.
 */
#pragma once

#include "core/api.h"
#include "ipc/api.h"
#include "sched/api.h"
#include <base/list.h>

enum call_state {
	CALL_IDLE,
	CALL_QUEUED,
	CALL_DELIVERED,
	CALL_CANCELLING,
	CALL_DONE,
};

enum call_use {
	CALL_PLAIN, /* free, and what short calls have in common is set */
	CALL_FREE,
	CALL_IN_USE,
	CALL_BORROWS, /* in use, and its endpoint's reference is that of calls */
};

/* May a call go from one state to the other? */
bool call_state_may_follow(enum call_state from, enum call_state to);

/* Of reply_slot.name: by who reserved it, took the request until it has it, or answers. */
enum { REPLY_CLOSED = 0x80 };

/* A request that a process took and has not answered. */
struct reply_slot {
	struct call *call; /* owned reference; NULL while only reserved */
	uint64_t name; /* atomic; its reply capability, with a bit that says that it is closed */
};

/*
 * What a thread's last handle to an endpoint stands for, so that it is found without the table as
 * long as nothing there was closed.
 */
struct known_endpoint {
	struct endpoint *endpoint; /* owned reference; NULL: none */
	uint64_t handle;
	uint64_t version; /* of the table; UINT64_MAX: none */
};

struct call_handles {
	struct handle_transfer items[IPC_MAX_TRANSFER_HANDLES];
};

/* A thread that waits for a request; on its stack, or in its call object. */
struct receiver {
	struct list link;
	struct thread *thread;
	struct ipc_process *process;
	struct user_out buffer;
	uint32_t handle_capacity;
	bool takes_handles;
	bool takes_cancels;
	bool refuses_handles; /* their sender is told, instead of this receiver */
	bool listens; /* for cancel messages and events alone */
	struct reply_slot *slot; /* reserved for the reply capability */
	/* filled in by who wakes it: neither means look again */
	struct call *call;
	enum status status;
};

struct call {
	uint32_t references; /* atomic: its thread, and the reply slot */
	struct endpoint *endpoint; /* owned reference unless borrowed; NULL when idle */
	struct thread *thread; /* sleeps until CALL_DONE */
	struct address_space *space; /* of its thread */
	struct ipc_message_info info; /* what its receiver is told of it */
	uint64_t deadline_ns;
	const struct ipc_service_request *kernel; /* NULL: the memory is the caller's in space */
	struct user_in request; /* of the kernel's only the length */
	struct user_out reply; /* the same */
	enum ipc_patience patience;
	bool is_event; /* no call: see event.c */
	enum call_use use; /* by its thread; a page fault meanwhile takes another object */
	struct known_endpoint calls, receives; /* of its thread */
	struct receiver
	        receiver; /* the same, for receive_fast.c; process: NULL until it is known */

	/* guarded by the endpoint's lock */
	struct list link; /* in endpoint.pending */
	struct list cancel_link; /* the cancel message: in endpoint.cancels */
	enum call_state state;
	enum status status; /* once done */
	uint32_t transfer_count; /* handles on their way: in the request, later in the reply */
	bool bytes_only; /* takes no handles back */
	uint32_t handle_capacity; /* how many it takes back */
	bool abandoned; /* its thread is gone */
	bool copying; /* its thread's memory is in use: it must not leave */
	uint64_t reply_len;
	struct call_handles *transfers; /* owned; made when first needed */

	/* IPC_SMALL_BYTES, none in an event; written by one side at a time: who sends */
	uint8_t small[];
};

enum { CALL_BYTES = sizeof(struct call) + IPC_SMALL_BYTES };

struct endpoint {
	struct object object;
	struct spinlock lock;
	/* guarded by lock */
	struct list pending; /* struct call, oldest first */
	struct list cancels; /* struct call by cancel_link */
	struct receiver
	        *waiting; /* the one that waits longest, if it takes the short way; or NULL */
	struct list receivers; /* struct receiver, longest waiting first: all others */
	struct receiver *listener; /* who takes no requests; or NULL */
	union {
		struct {
			uint32_t pending_count;
			uint32_t receiver_count; /* of receivers */
		};
		uint64_t counts; /* both */
	};
	uint32_t receive_handles; /* that may receive, in tables or on their way */
	bool closed; /* nobody will ever receive */
	bool held; /* closed, and a successor may take the queue */
	uint64_t service_pid; /* of the process that registered it; 0: none */
};

static inline void call_set_state(struct call *call, enum call_state state)
{
	if (CONFIG_DEBUG_ASSERTIONS)
		ASSERT(call_state_may_follow(call->state, state));
	__atomic_store_n(&call->state, state, __ATOMIC_RELEASE);
}

/* ---- call_bytes.c: where a call's bytes are ---- */
/* Up to IPC_SMALL_BYTES into the call object. ERR_BAD_ADDRESS. */
enum status call_keep_small(struct call *call);
/* More of them, into the receiver's memory, by the sender; "here" is the sender. */
enum cross_copy call_send_bytes(const struct call *call, const struct receiver *receiver);
/* The same by the receiver, of a queued call; "here" is the receiver. */
enum cross_copy call_fetch_bytes(const struct call *call, struct user_out buffer);
/* The answer's bytes by whoever answers; "here" is he. */
enum cross_copy call_answer_bytes(const struct call *call, struct user_in answer);
/* What an answer left in the call object. */
enum status call_take_small(const struct call *call);

/* ---- call_fast.c ---- */
/*
 * Sends a prepared call, without handles to either side or a limit that it might exceed, to a
 * receiver that waits; back when it is done. It takes the endpoint unless it borrows it. False:
 * nothing was sent.
 */
bool call_send_fast(struct call *call, struct endpoint *endpoint);
/* What short calls have in common. False: its thread's process is not known yet. */
bool call_make_plain(struct call *call);

/* A thread's call object that is free, for a short call or the other side of one. */
static inline bool call_is_plain(struct call *call)
{
	return __builtin_expect(call != NULL, 1) &&
	       (__builtin_expect(call->use == CALL_PLAIN, 1) || call_make_plain(call));
}

/* ---- call.c ---- */
/*
 * Woken before it is done: its time is over (not in_time), a signal came, or this thread must end.
 * Back when it is done.
 */
void call_wait(struct call *call, bool in_time);
/* What the sleeping sender listens to; after a signal that was passed on only the end. */
bool (*call_stop(const struct call *call, bool cancelled))(void);
/* Somebody else still holds it: it is his, and the thread's next call takes another one. */
void call_leave(struct call *call);
/* The running thread's call object, made when it has none; self: its process, or NULL. NULL: no
 * memory. */
struct call *call_of_thread(struct ipc_process *self);
/* The same, from now on in use. */
struct call *call_begin(struct ipc_process *self);
/* Never sent: free for the next. */
void call_give_back(struct call *call);
/* Sends it to the endpoint, which it takes; back when the call is done. */
enum status call_send(struct call *call, struct endpoint *endpoint);
void call_unref_last(struct call *call);

static inline void call_unref(struct call *call)
{
	if (__builtin_expect(__atomic_sub_fetch(&call->references, 1, __ATOMIC_ACQ_REL) == 0, 0))
		call_unref_last(call);
}

/* Ends it; its thread was claimed before, and is the caller's to wake. The endpoint's lock is held.
 */
void call_finish(struct call *call, enum status status);
/* The same; claims and wakes the thread. */
void call_fail(struct call *call, enum status status);
/* Takes the one that waits longest out; NULL: nobody waits. The lock is held. */
struct receiver *endpoint_pop_receiver(struct endpoint *endpoint);
/* Into the queue of receivers, or as the listener. The same. */
void endpoint_put_receiver(struct endpoint *endpoint, struct receiver *receiver);
static inline uint32_t endpoint_waiters(const struct endpoint *endpoint)
{
	return endpoint->receiver_count + (endpoint->waiting != NULL);
}
/* The oldest receiver goes on to look at the queue. The lock is held. */
void endpoint_wake_receiver(struct endpoint *endpoint);
/* The same for a cancel message or an event, which the listener takes first. */
void endpoint_wake_listener(struct endpoint *endpoint);
/* ERR_MESSAGE_TOO_BIG: the receiver can't take it. */
enum status receiver_check(const struct receiver *receiver, const struct call *call);
/*
 * More than fits into the call object, straight into the waiting receiver's memory. On failure
 * nothing was delivered: ERR_BAD_ADDRESS is the sender's fault; ERR_TRY_AGAIN: the receiver's, who
 * was told, and the next one is to be tried. Called without the lock.
 */
enum status call_copy_to_receiver(const struct call *call, struct receiver *receiver);
/* Queued or new: now the receiver's. The endpoint's lock is held. */
void call_deliver(struct call *call, struct receiver *receiver);
/* Space for transfers; ERR_NO_MEMORY. */
enum status call_need_transfers(struct call *call);
/* Handles out of self's table onto their way; all or nothing. */
enum status call_export(struct ipc_process *self, struct call *call,
                        const struct ipc_handles *handles);

/* Who finished a call lets go of the endpoint before it may be freed. */
static inline void endpoint_await_release(const struct endpoint *endpoint)
{
	while (__builtin_expect(__atomic_load_n(&endpoint->lock.held, __ATOMIC_ACQUIRE), 0))
		spinlock_wait(&endpoint->lock);
}

/* Back from the switch: until the call is done. */
static inline void call_come_back(struct call *call, bool in_time)
{
	if (__builtin_expect(!in_time, 0) ||
	    __builtin_expect(__atomic_load_n(&call->state, __ATOMIC_ACQUIRE) != CALL_DONE, 0))
		call_wait(call, in_time);
}

/* Ready for the next call, or left to who still holds it. */
static inline void call_end(struct call *call)
{
	if (__builtin_expect(__atomic_load_n(&call->references, __ATOMIC_ACQUIRE) > 1, 0)) {
		call_leave(call);
		return;
	}
	if (__builtin_expect(call->transfer_count != 0, 0))
		handle_transfer_drop(call->transfers->items, IPC_MAX_TRANSFER_HANDLES);
	struct endpoint *endpoint = call->endpoint;
	bool borrows = call->use == CALL_BORROWS;
	call->endpoint = NULL;
	call->state = CALL_IDLE;
	call->use = CALL_FREE;
	if (borrows)
		return;
	endpoint_await_release(endpoint);
	object_unref(&endpoint->object);
}

/* The slow part of the next. */
bool known_endpoint_learn(struct known_endpoint *known, struct ipc_process *self, uint64_t handle,
                          uint32_t right);

/*
 * What handle names for the running thread, with the right, is in known. False: nothing, or its own
 * service. The version of the table rises when the latter changes.
 */
static inline bool known_endpoint(struct known_endpoint *known, struct ipc_process *self,
                                  uint64_t handle, uint32_t right)
{
	if (__builtin_expect(known->handle == handle, 1) &&
	    __builtin_expect(known->version == handle_table_version(&self->handles), 1))
		return true;
	return known_endpoint_learn(known, self, handle, right);
}

/* ---- reply.c ---- */
/* As ipc_reply; the thread to run now, claimed, or NULL when it runs already. */
enum status reply_answer(struct ipc_process *self, const struct ipc_reply_request *request,
                         struct thread **out_wake);

/*
 * More than fits into the call object, straight into the caller's memory, unless it is gone. Else
 * than OK: the answer's bytes are not there; *out_call_status: the caller's memory is not.
 */
enum status reply_copy(struct call *call, struct user_in reply, enum status *out_call_status);

/* ---- event.c ---- */
/* It was received; frees it. */
void event_taken(struct call *carrier);
/* Nobody has a reference of the endpoint any more. */
void endpoint_drop_events(struct endpoint *endpoint);

/* ---- endpoint.c ---- */
enum status endpoint_create(struct endpoint **out_endpoint);
/* Nobody receives any more. Queued calls fail unless held. */
void endpoint_close(struct endpoint *endpoint);
/* A held queue that no successor wants. */
void endpoint_fail_pending(struct endpoint *endpoint, enum status status);
/* Queued calls of old go in front of those of successor. The registry's lock is held. */
void endpoint_move_pending(struct endpoint *old, struct endpoint *successor);

/* ---- replies.c: reply capabilities of a process ---- */
/* A slot for a request to come, closed. ERR_TOO_MANY_HANDLES, ERR_NO_MEMORY. */
enum status replies_reserve(struct ipc_process *process, struct reply_slot **out_slot);
void replies_release(struct ipc_process *process, struct reply_slot *slot);
/*
 * Takes a reference of its own; returns the reply capability, which nobody may use before
 * replies_open: another thread could guess it, and with the answer the call may go, while its bytes
 * are still copied.
 */
uint64_t replies_fill(struct reply_slot *slot, struct call *call);
/* What is in the slot when nobody else may use it. */
static inline uint64_t replies_closed(uint64_t reply_cap)
{
	return reply_cap | REPLY_CLOSED;
}
/* Whoever has it to himself gives it back. */
void replies_open(struct reply_slot *slot);
/* The caller alone may use it until it opens or ends it. NULL: no such one. */
struct reply_slot *replies_claim(struct ipc_process *process, uint64_t reply_cap);
/* A claimed or undelivered one: the slot is free, the reference dropped. */
void replies_end(struct ipc_process *process, struct reply_slot *slot);
/* Every request taken fails with ERR_IO. */
void replies_exit(struct ipc_process *process);

/* ---- quota.c ---- */
/* ERR_TRY_AGAIN when over a quota. */
enum status quota_begin_call(struct ipc_process *process);
/* The same for a process without a limit a second. False: not begun, and quota_begin_call tells. */
bool quota_begin_plain(struct ipc_process *process);
void quota_end_call(struct ipc_process *process);

/* ---- service.c ---- */
const struct ipc_ops *ipc_operations(void);
void services_process_exit(struct ipc_process *process);
/*
 * Where requests to a service go: its endpoint, or that of a dead one whose queue is kept. With a
 * reference. NULL: none.
 */
struct endpoint *service_endpoint(uint64_t service_id);
/* Keeps e's call stable against a successor taking over. */
struct spinlock *services_lock(void);
