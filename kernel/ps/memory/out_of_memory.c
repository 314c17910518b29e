/*
 * Memory is out: a program touches a page, and there is no frame for it.
 *
 * The process that holds most is ended, whoever touched, and the toucher goes on once its memory is
 * back. Never the first process, those it minds, nor a service, without which there would be no
 * session; and nobody
 * for a process that has come to its own limit.
 */
#include "core/api.h"
#include "ps/process.h"
#include <string.h>

/* A process that waits for one of those that wait for its memory would never end. */
#define OUT_OF_MEMORY_WAIT_NS 5000000000

/* What one more page needs, tables and all. */
enum { OUT_OF_MEMORY_NEED = 8 * PAGE_SIZE };

struct out_of_memory {
	struct spinlock lock;
	/* guarded by lock */
	uint64_t freed; /* processes that have given their memory back */
	struct wait_queue waiting; /* threads */
};

static struct out_of_memory out_of_memory;

void out_of_memory_init(void)
{
	out_of_memory.lock = (struct spinlock)SPINLOCK_INIT(LOCK_WAIT);
	wait_queue_init(&out_of_memory.waiting);
}

void memory_was_freed(void)
{
	spinlock_acquire(&out_of_memory.lock);
	out_of_memory.freed++;
	wait_queue_wake_all(&out_of_memory.waiting);
	spinlock_release(&out_of_memory.lock);
}

static bool process_is_service(const struct process *process)
{
	return process->spawner_pid == 0 ||
	       process_is_kept(process->flags, process->ipc.may_register) ||
	       __atomic_load_n(&process->ipc.capabilities, __ATOMIC_RELAXED);
}

/* The one that ends already, or holds most. */
struct memory_holder {
	struct process *process; /* NULL: there is none */
	struct memory_usage usage;
	bool ends;
	char name[PROCESS_NAME_MAX];
};

/* Does it end, and may others still wait for that? */
static bool process_end_is_near(struct process *process)
{
	uint64_t now = clock_ns();
	if (!process->end_awaited_ns)
		process->end_awaited_ns = now;
	return now - process->end_awaited_ns < OUT_OF_MEMORY_WAIT_NS;
}

/* The younger of equals. The table's lock is held. */
static void memory_holder_find(struct memory_holder *out)
{
	*out = (struct memory_holder){};
	struct process *each = process_next_living(NULL);
	for (; each && !out->ends; each = process_next_living(each)) {
		if (!each->space || process_is_service(each))
			continue;
		bool ends = __atomic_load_n(&each->exiting, __ATOMIC_ACQUIRE);
		if (ends && !process_end_is_near(each))
			continue;
		struct memory_usage usage = memory_account_usage(vm_space_account(each->space));
		if (ends || usage.bytes >= out->usage.bytes)
			*out = (struct memory_holder){each, usage, ends, {}};
	}
	if (out->process)
		memcpy(out->name, out->process->name, sizeof out->name);
}

/* Ends whoever it is, if nobody ends yet. False: there is nobody, or it is the caller itself. */
static bool memory_holder_end(const struct process *self)
{
	const struct signal_info info = {.signal = SIGNAL_KILL, .code = SIGNAL_FROM_KERNEL};
	struct memory_holder holder;
	spinlock_acquire(process_table_lock());
	memory_holder_find(&holder);
	uint64_t pid = holder.process ? holder.process->pid : 0;
	if (holder.process && !holder.ends)
		signal_post_process(holder.process, &info, NULL);
	spinlock_release(process_table_lock());
	if (pid && !holder.ends)
		LOG_WARN(LOG_MEMORY,
		         "memory is out, ending who holds most pid=%lu name=%s bytes=%lu "
		         "peak=%lu free_frames=%lu of=%lu asked_by=%lu",
		         pid, holder.name, holder.usage.bytes, holder.usage.peak_bytes,
		         frames_free_estimate(), frames_total(), self ? self->pid : 0);
	return pid && (!self || pid != self->pid);
}

static bool process_is_at_limit(struct vm_space *space)
{
	struct memory_usage usage = memory_account_usage(vm_space_account(space));
	return usage.bytes + OUT_OF_MEMORY_NEED > usage.limit_bytes;
}

bool process_make_room(struct vm_space *space)
{
	const struct process *self = process_current();
	if (process_is_at_limit(space) ||
	    (self && __atomic_load_n(&self->exiting, __ATOMIC_ACQUIRE)))
		return false;
	spinlock_acquire(&out_of_memory.lock);
	uint64_t freed = out_of_memory.freed;
	spinlock_release(&out_of_memory.lock);
	/* somebody has ended since */
	if (!vm_memory_is_low())
		return true;
	if (!memory_holder_end(self))
		return false;
	uint64_t deadline = clock_ns() + OUT_OF_MEMORY_WAIT_NS;
	bool in_time = true;
	spinlock_acquire(&out_of_memory.lock);
	while (in_time && out_of_memory.freed == freed)
		in_time = wait_queue_sleep_until(&out_of_memory.waiting, &out_of_memory.lock,
		                                 deadline);
	spinlock_release(&out_of_memory.lock);
	return true;
}
