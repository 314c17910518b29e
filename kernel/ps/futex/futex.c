#include "ps/futex/futex.h"

void futex_table_init(struct futex_table *table)
{
	for (size_t i = 0; i < FUTEX_BUCKETS; i++) {
		table->buckets[i] = (struct futex_bucket){.lock = SPINLOCK_INIT(LOCK_FUTEX)};
		list_init(&table->buckets[i].waiters);
	}
}

static struct futex_bucket *futex_bucket(struct futex_table *table, const struct futex_key *key)
{
	uint64_t hash = (key->address >> 2) ^ ((uintptr_t)key->space >> 6);
	hash *= 0x9e3779b97f4a7c15; /* golden ratio */
	return &table->buckets[hash >> 56];
}

_Static_assert(FUTEX_BUCKETS == 1 << 8);

static bool futex_key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->space == b->space && a->address == b->address;
}

void futex_queue(struct futex_table *table, struct futex_waiter *waiter)
{
	struct futex_bucket *bucket = futex_bucket(table, &waiter->key);
	spinlock_acquire(&bucket->lock);
	waiter->queued = true;
	list_push_back(&bucket->waiters, &waiter->link);
	spinlock_release(&bucket->lock);
}

bool futex_unqueue(struct futex_table *table, struct futex_waiter *waiter)
{
	for (;;) {
		/* it may be moved to another bucket meanwhile */
		struct futex_bucket *bucket = futex_bucket(table, &waiter->key);
		spinlock_acquire(&bucket->lock);
		bool is_here = bucket == futex_bucket(table, &waiter->key);
		bool was_queued = is_here && waiter->queued;
		if (was_queued) {
			list_remove(&waiter->link);
			waiter->queued = false;
		}
		spinlock_release(&bucket->lock);
		if (is_here)
			return was_queued;
	}
}

/* The bucket is locked: after this the waiter's storage may be gone. */
static void futex_release(struct futex_waiter *waiter)
{
	struct waiter *thread = waiter->waiter;
	list_remove(&waiter->link);
	waiter->queued = false;
	waiter_wake(thread);
}

uint32_t futex_wake(struct futex_table *table, const struct futex_key *key, uint32_t count,
                    uint32_t bits)
{
	struct futex_bucket *bucket = futex_bucket(table, key);
	uint32_t woken = 0;
	spinlock_acquire(&bucket->lock);
	struct list *next;
	for (struct list *link = bucket->waiters.next; link != &bucket->waiters && woken < count;
	     link = next) {
		struct futex_waiter *waiter = container_of(link, struct futex_waiter, link);
		next = link->next;
		if (!futex_key_equal(&waiter->key, key) || !(waiter->bits & bits))
			continue;
		futex_release(waiter);
		woken++;
	}
	spinlock_release(&bucket->lock);
	return woken;
}

/* In order of address, so that two that cross each other do not block. */
static void futex_lock_both(struct futex_bucket *a, struct futex_bucket *b)
{
	spinlock_acquire(a < b ? &a->lock : &b->lock);
	if (a != b)
		spinlock_acquire(a < b ? &b->lock : &a->lock);
}

static void futex_unlock_both(struct futex_bucket *a, struct futex_bucket *b)
{
	if (a != b)
		spinlock_release(a < b ? &b->lock : &a->lock);
	spinlock_release(a < b ? &a->lock : &b->lock);
}

uint32_t futex_requeue(struct futex_table *table, const struct futex_key *from,
                       const struct futex_key *to, uint32_t wake_count, uint32_t move_count)
{
	struct futex_bucket *source = futex_bucket(table, from), *target = futex_bucket(table, to);
	uint32_t woken = 0, moved = 0;
	futex_lock_both(source, target);
	struct list *next, *end = source->waiters.prev;
	bool more = !list_empty(&source->waiters);
	for (struct list *link = source->waiters.next; more; link = next) {
		struct futex_waiter *waiter = container_of(link, struct futex_waiter, link);
		next = link->next;
		/* those moved within one bucket stand behind it */
		more = link != end && (woken < wake_count || moved < move_count);
		if (!futex_key_equal(&waiter->key, from))
			continue;
		if (woken < wake_count) {
			futex_release(waiter);
			woken++;
		} else if (moved < move_count) {
			list_remove(&waiter->link);
			waiter->key = *to;
			list_push_back(&target->waiters, &waiter->link);
			moved++;
		}
	}
	futex_unlock_both(source, target);
	return woken + moved;
}
