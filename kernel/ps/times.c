/* How long processes have run. Of a call it is the caller's time that its service takes. */
#include "ps/process.h"

uint64_t process_run_ns(struct process *process)
{
	spinlock_acquire(&process->lock);
	uint64_t ns = process->ended_run_ns;
	list_for_each(link, &process->tasks)
		ns += thread_run_ns(container_of(link, struct task, link)->thread);
	spinlock_release(&process->lock);
	return ns;
}

void process_times(uint64_t *out_own_ns, uint64_t *out_children_ns)
{
	struct process *self = process_current();
	*out_own_ns = process_run_ns(self);
	spinlock_acquire(process_table_lock());
	*out_children_ns = self->children_run_ns;
	spinlock_release(process_table_lock());
}
