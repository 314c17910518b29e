/*
 * Reply capabilities: a process may answer exactly what it took, once. The number names a slot and
 * carries a sequence, so an old one never fits a new request. Whoever closes a slot, with one
 * atomic step, has it to himself.
 */
#include "ipc/call.h"

enum {
	REPLY_SLOT_MASK = 0xff, /* number of the slot plus 1, and the bit below */
	REPLY_CLOSED = 0x80, /* by who reserved it, took the request until it has it, or answers */
	REPLY_NEXT = 0x100, /* the sequence is above */
};

struct ipc_replies {
	struct spinlock lock;
	uint64_t used; /* guarded by lock; bit per slot */
	struct reply_slot slots[IPC_REPLIES_MAX];
};

_Static_assert(IPC_REPLIES_MAX == 64);

static enum status replies_make(struct ipc_process *process)
{
	struct ipc_replies *made = HEAP_NEW(struct ipc_replies), *expected = NULL;
	if (!made)
		return ERR_NO_MEMORY;
	made->lock = (struct spinlock)SPINLOCK_INIT(LOCK_REPLIES);
	for (uint32_t i = 0; i < IPC_REPLIES_MAX; i++)
		made->slots[i].name = (i + 1) | REPLY_CLOSED;
	/* another thread may have been faster */
	if (!__atomic_compare_exchange_n(&process->replies, &expected, made, false,
	                                 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		heap_free(made, sizeof *made);
	return OK;
}

enum status replies_reserve(struct ipc_process *process, struct reply_slot **out_slot)
{
	if (!__atomic_load_n(&process->replies, __ATOMIC_ACQUIRE))
		TRY(replies_make(process));
	struct ipc_replies *replies = process->replies;
	spinlock_acquire(&replies->lock);
	bool room = replies->used != UINT64_MAX;
	if (room) {
		uint32_t index = (uint32_t)__builtin_ctzll(~replies->used);
		replies->used |= 1ULL << index;
		*out_slot = &replies->slots[index];
	}
	spinlock_release(&replies->lock);
	return room ? OK : ERR_TOO_MANY_HANDLES;
}

/* Of one that is closed. */
void replies_release(struct ipc_process *process, struct reply_slot *slot)
{
	struct ipc_replies *replies = process->replies;
	spinlock_acquire(&replies->lock);
	replies->used &= ~(1ULL << (slot - replies->slots));
	spinlock_release(&replies->lock);
}

uint64_t replies_fill(struct reply_slot *slot, struct call *call)
{
	__atomic_fetch_add(&call->references, 1, __ATOMIC_RELAXED);
	slot->call = call;
	slot->name += REPLY_NEXT;
	return slot->name ^ REPLY_CLOSED;
}

void replies_open(struct reply_slot *slot)
{
	__atomic_store_n(&slot->name, slot->name ^ REPLY_CLOSED, __ATOMIC_RELEASE);
}

struct reply_slot *replies_claim(struct ipc_process *process, uint64_t reply_cap)
{
	struct ipc_replies *replies = __atomic_load_n(&process->replies, __ATOMIC_ACQUIRE);
	uint64_t index = (reply_cap & REPLY_SLOT_MASK) - 1;
	if (!replies || index >= IPC_REPLIES_MAX)
		return NULL;
	struct reply_slot *slot = &replies->slots[index];
	uint64_t open = reply_cap;
	bool claimed = __atomic_compare_exchange_n(&slot->name, &open, reply_cap | REPLY_CLOSED,
	                                           false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
	return claimed ? slot : NULL;
}

void replies_end(struct ipc_process *process, struct reply_slot *slot)
{
	struct call *call = slot->call;
	slot->call = NULL;
	replies_release(process, slot);
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
