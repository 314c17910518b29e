/*
 * Reply capabilities: a process may answer exactly what it took, once. The number names a slot and
 * carries a sequence, so an old one never fits a new request.
 */
#include "ipc/call.h"

enum { REPLY_SLOT_BITS = 8, REPLY_SEQUENCE_MASK = 0x7fffffff };

struct reply_slot {
	struct call *call; /* owned reference; NULL while only reserved */
	uint32_t sequence;
	bool claimed; /* atomic: by who took the request, until it has it, or who answers */
};

struct ipc_replies {
	struct spinlock lock;
	/* guarded by lock */
	uint64_t used; /* bit per slot */
	struct reply_slot slots[IPC_REPLIES_MAX];
};

_Static_assert(IPC_REPLIES_MAX == 64);

static enum status replies_make(struct ipc_process *process)
{
	struct ipc_replies *made = HEAP_NEW(struct ipc_replies), *expected = NULL;
	if (!made)
		return ERR_NO_MEMORY;
	made->lock = (struct spinlock)SPINLOCK_INIT(LOCK_REPLIES);
	/* another thread may have been faster */
	if (!__atomic_compare_exchange_n(&process->replies, &expected, made, false,
	                                 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		heap_free(made, sizeof *made);
	return OK;
}

enum status replies_reserve(struct ipc_process *process, uint32_t *out_slot)
{
	if (!__atomic_load_n(&process->replies, __ATOMIC_ACQUIRE))
		TRY(replies_make(process));
	struct ipc_replies *replies = process->replies;
	spinlock_acquire(&replies->lock);
	bool room = replies->used != UINT64_MAX;
	if (room) {
		*out_slot = (uint32_t)__builtin_ctzll(~replies->used);
		replies->used |= 1ULL << *out_slot;
	}
	spinlock_release(&replies->lock);
	return room ? OK : ERR_TOO_MANY_HANDLES;
}

void replies_release(struct ipc_process *process, uint32_t slot)
{
	struct ipc_replies *replies = process->replies;
	spinlock_acquire(&replies->lock);
	replies->used &= ~(1ULL << slot);
	spinlock_release(&replies->lock);
}

uint64_t replies_fill(struct ipc_process *process, uint32_t slot, struct call *call)
{
	struct ipc_replies *replies = process->replies;
	struct reply_slot *at = &replies->slots[slot];
	__atomic_fetch_add(&call->references, 1, __ATOMIC_RELAXED);
	spinlock_acquire(&replies->lock);
	at->call = call;
	at->sequence = (at->sequence + 1) & REPLY_SEQUENCE_MASK;
	at->claimed = true;
	uint64_t reply_cap = (uint64_t)at->sequence << REPLY_SLOT_BITS | (slot + 1);
	spinlock_release(&replies->lock);
	return reply_cap;
}

static uint32_t replies_slot(uint64_t reply_cap)
{
	return (uint32_t)(reply_cap & ((1 << REPLY_SLOT_BITS) - 1)) - 1;
}

void replies_open(struct ipc_process *process, uint32_t slot)
{
	__atomic_store_n(&process->replies->slots[slot].claimed, false, __ATOMIC_RELEASE);
}

/* NULL when the number names nothing. The lock is held. */
static struct reply_slot *replies_find(struct ipc_replies *replies, uint64_t reply_cap)
{
	uint32_t slot = replies_slot(reply_cap);
	if (slot >= IPC_REPLIES_MAX)
		return NULL;
	struct reply_slot *at = &replies->slots[slot];
	if (!at->call || __atomic_load_n(&at->claimed, __ATOMIC_ACQUIRE) ||
	    at->sequence != reply_cap >> REPLY_SLOT_BITS)
		return NULL;
	return at;
}

enum status replies_claim(struct ipc_process *process, uint64_t reply_cap, struct call **out_call)
{
	struct ipc_replies *replies = __atomic_load_n(&process->replies, __ATOMIC_ACQUIRE);
	if (!replies)
		return ERR_BAD_HANDLE;
	spinlock_acquire(&replies->lock);
	struct reply_slot *at = replies_find(replies, reply_cap);
	if (at) {
		at->claimed = true;
		*out_call = at->call;
	}
	spinlock_release(&replies->lock);
	return at ? OK : ERR_BAD_HANDLE;
}

struct call *replies_take(struct ipc_process *process, uint64_t reply_cap, uint32_t *out_slot)
{
	struct ipc_replies *replies = __atomic_load_n(&process->replies, __ATOMIC_ACQUIRE);
	if (!replies)
		return NULL;
	spinlock_acquire(&replies->lock);
	struct reply_slot *at = replies_find(replies, reply_cap);
	struct call *call = NULL;
	if (at) {
		*out_slot = replies_slot(reply_cap);
		call = at->call;
		at->call = NULL;
	}
	spinlock_release(&replies->lock);
	return call;
}

void replies_put_back(struct ipc_process *process, uint32_t slot, struct call *call)
{
	struct ipc_replies *replies = process->replies;
	spinlock_acquire(&replies->lock);
	replies->slots[slot].call = call;
	spinlock_release(&replies->lock);
}

void replies_unclaim(struct ipc_process *process, uint64_t reply_cap)
{
	struct ipc_replies *replies = process->replies;
	spinlock_acquire(&replies->lock);
	replies->slots[replies_slot(reply_cap)].claimed = false;
	spinlock_release(&replies->lock);
}

void replies_end(struct ipc_process *process, uint64_t reply_cap)
{
	struct ipc_replies *replies = process->replies;
	uint32_t slot = replies_slot(reply_cap);
	spinlock_acquire(&replies->lock);
	struct call *call = replies->slots[slot].call;
	replies->slots[slot].call = NULL;
	replies->used &= ~(1ULL << slot);
	spinlock_release(&replies->lock);
	call_unref(call);
}

void replies_exit(struct ipc_process *process)
{
	struct ipc_replies *replies = process->replies;
	if (!replies)
		return;
	for (uint32_t i = 0; i < IPC_REPLIES_MAX; i++) {
		struct call *call = replies->slots[i].call;
		if (!call)
			continue;
		/* a delivered call stays with its endpoint */
		struct endpoint *endpoint = call->endpoint;
		spinlock_acquire(&endpoint->lock);
		if (call->state != CALL_DONE) {
			call_finish(call, ERR_IO);
			thread_wake_awaiting(call->thread);
		}
		list_remove(&call->cancel_link);
		spinlock_release(&endpoint->lock);
		call_unref(call);
	}
	process->replies = NULL;
	heap_free(replies, sizeof *replies);
}
