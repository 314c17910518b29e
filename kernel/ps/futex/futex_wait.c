/* Futexes of processes, and what a task that ends leaves behind in them. */
#include "core/api.h"
#include "ps/futex/futex.h"
#include "ps/process.h"
#include "vm/api.h"

static struct futex_table process_futexes;

void futexes_init(void)
{
	futex_table_init(&process_futexes);
}

static struct futex_key futex_key_private(uintptr_t address)
{
	return (struct futex_key){.space = task_current()->process->space, .address = address};
}

/* In shared memory the object and where in it; else the space and the address. */
[[gnu::noinline]] static struct futex_key futex_key_shared(uintptr_t address)
{
	struct vm_region_view view;
	if (!vm_space_query(task_current()->process->space, address, &view) ||
	    view.start > address || !view.object || !(view.flags & VM_SHARED))
		return futex_key_private(address);
	return (struct futex_key){
	        .space = view.object,
	        .address = view.object_page * PAGE_SIZE + (address - view.start),
	};
}

static struct futex_key futex_key_of(struct futex_place place)
{
	return place.is_shared ? futex_key_shared(place.address) : futex_key_private(place.address);
}

enum status futex_wait(struct futex_place place, uint32_t expected, uint32_t bits,
                       uint64_t deadline_ns)
{
	struct task *self = task_current();
	struct futex_waiter waiter = {
	        .key = futex_key_of(place), .bits = bits, .waiter = &self->waiter};
	uint32_t word;
	waiter_begin(&self->waiter);
	futex_queue(&process_futexes, &waiter);
	enum status status = user_copy_in(&word, (struct user_in){place.address, sizeof word});
	if (status == OK && word != expected)
		status = ERR_TRY_AGAIN;
	if (status == OK)
		status = task_sleep(deadline_ns);
	/* a wake that came is never lost, whatever else happened */
	bool was_woken = !futex_unqueue(&process_futexes, &waiter);
	if (was_woken)
		return OK;
	return status == OK ? ERR_INTERRUPTED : status;
}

uint32_t futex_wake_at(struct futex_place place, uint32_t count, uint32_t bits)
{
	struct futex_key key = futex_key_of(place);
	return futex_wake(&process_futexes, &key, count, bits);
}

uint32_t futex_requeue_at(struct futex_place from, struct futex_place to, uint32_t wake_count,
                          uint32_t move_count)
{
	struct futex_key source = futex_key_of(from), target = futex_key_of(to);
	return futex_requeue(&process_futexes, &source, &target, wake_count, move_count);
}

/* Linux include/uapi/linux/futex.h: struct robust_list_head, and bits of a word. */
enum {
	ROBUST_ENTRIES_MAX = 2048,
	FUTEX_TID_MASK = 0x3fffffff,
	FUTEX_OWNER_DIED = 0x40000000,
};

struct robust_list_head {
	uint64_t next;
	int64_t futex_offset;
	uint64_t pending;
};

static void futex_wake_one(uint64_t address)
{
	futex_wake_at((struct futex_place){address, true}, 1, (uint32_t)FUTEX_ALL_BITS);
}

/*
 * The dying owner's word. Others may say meanwhile that they wait. A lock that it was about to take
 * or give back, pending, may be free already, and who waits for it not woken yet.
 */
static void futex_abandon(uint64_t address, uint64_t tid, bool is_pending)
{
	uint32_t word, old;
	if (address % sizeof word != 0 ||
	    user_copy_in(&word, (struct user_in){address, sizeof word}) != OK)
		return;
	if (is_pending && !word)
		futex_wake_one(address);
	while ((word & FUTEX_TID_MASK) == tid) {
		uint32_t died = (word & ~(uint32_t)FUTEX_TID_MASK) | FUTEX_OWNER_DIED;
		if (user_exchange(address, word, died, &old) != OK)
			return;
		if (old == word) {
			futex_wake_one(address);
			return;
		}
		word = old;
	}
}

static void futex_walk_robust_list(const struct task *task)
{
	struct robust_list_head head;
	if (!task->robust_list ||
	    user_copy_in(&head, (struct user_in){task->robust_list, sizeof head}) != OK)
		return;
	uint64_t entry = head.next & ~1ULL; /* bit 0: with priority inheritance */
	for (int i = 0; i < ROBUST_ENTRIES_MAX && entry != task->robust_list; i++) {
		uint64_t next;
		if (user_copy_in(&next, (struct user_in){entry, sizeof next}) != OK)
			return;
		if (entry != (head.pending & ~1ULL))
			futex_abandon(entry + (uint64_t)head.futex_offset, task->tid, false);
		entry = next & ~1ULL;
	}
	if (head.pending)
		futex_abandon((head.pending & ~1ULL) + (uint64_t)head.futex_offset, task->tid,
		              true);
}

void futex_task_exit(struct task *task)
{
	const uint32_t zero = 0;
	futex_walk_robust_list(task);
	if (!task->clear_tid)
		return;
	if (user_copy_out((struct user_out){task->clear_tid, sizeof zero}, &zero) == OK)
		futex_wake_at((struct futex_place){task->clear_tid, true}, 1,
		              (uint32_t)FUTEX_ALL_BITS);
	task->clear_tid = 0;
}
