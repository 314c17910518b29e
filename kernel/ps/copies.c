/* Who is copied, or changed, by others keeps what it has meanwhile. */
#include "core/api.h"
#include "ps/process.h"

enum status process_hold(uint64_t pid, struct process **out_source)
{
	spinlock_acquire(process_table_lock());
	struct process *source = process_find(pid);
	bool may = source && !source->copies_refused;
	if (may)
		source->copies++;
	spinlock_release(process_table_lock());
	if (!may)
		return ERR_NO_PROCESS;
	*out_source = source;
	return OK;
}

void process_let_go(struct process **source)
{
	if (!*source)
		return;
	spinlock_acquire(process_table_lock());
	if (--(*source)->copies == 0 && (*source)->copies_waiter)
		waiter_wake((*source)->copies_waiter);
	spinlock_release(process_table_lock());
}

void process_refuse_copies(struct process *process)
{
	struct waiter waiter;
	waiter_init(&waiter);
	for (;;) {
		waiter_begin(&waiter);
		spinlock_acquire(process_table_lock());
		process->copies_refused = true;
		bool done = !process->copies;
		process->copies_waiter = done ? NULL : &waiter;
		spinlock_release(process_table_lock());
		if (done)
			return;
		(void)waiter_sleep(&waiter, 0);
	}
}

void process_allow_copies(struct process *process)
{
	spinlock_acquire(process_table_lock());
	process->copies_refused = false;
	spinlock_release(process_table_lock());
}
