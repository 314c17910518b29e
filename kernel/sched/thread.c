/* Making and unmaking threads. */
#include "core/api.h"
#include "sched/cpu_state.h"
#include <base/cleanup.h>

static uint64_t thread_last_id; /* atomic */

/* First code of every thread but the boot thread. */
static void thread_main(void *argument, struct context **left)
{
	struct thread *self = argument;
	sched_switch_done(left);
	self->entry(self->argument);
	thread_exit();
}

enum status thread_create(const struct thread_request *request, struct thread **out_thread)
{
	TRY(memory_charge(request->account, THREAD_CHARGE));
	struct thread *thread = HEAP_NEW(struct thread);
	if (!thread) {
		memory_uncharge(request->account, THREAD_CHARGE);
		return ERR_NO_MEMORY;
	}
	*thread = (struct thread){
	        .state = THREAD_BLOCKED,
	        .id = __atomic_add_fetch(&thread_last_id, 1, __ATOMIC_RELAXED),
	        .entry = request->entry,
	        .argument = request->argument,
	        .owner = request->owner,
	        .space = request->space,
	        .affinity = request->affinity ? request->affinity : UINT64_MAX,
	        .cpu = cpu_current()->index,
	        .account = memory_account_ref(request->account),
	};
	fair_entity_init(&thread->fair, fair_weight(request->weight_micros));
	list_init(&thread->link);

	enum status status = kernel_stack_create(&thread->stack);
	if (status == OK && request->uses_fpu) {
		thread->fpu = HEAP_NEW(struct fpu_state);
		status = thread->fpu ? OK : ERR_NO_MEMORY;
	}
	if (status != OK) {
		thread_destroy(thread);
		return status;
	}
	if (thread->fpu)
		fpu_state_init(thread->fpu);
	thread->stack_top = (uintptr_t)kernel_stack_top(thread->stack);
	thread->context = context_prepare(kernel_stack_top(thread->stack), thread_main, thread);
	*out_thread = thread;
	return OK;
}

[[gnu::noinline]] void thread_destroy(struct thread *thread)
{
	if (!thread)
		return;
	kernel_stack_destroy(thread->stack);
	heap_free(thread->fpu, sizeof *thread->fpu);
	memory_uncharge(thread->account, THREAD_CHARGE);
	memory_account_unref(thread->account);
	heap_free(thread, sizeof *thread);
}

void thread_move_charge(struct memory_account *account)
{
	struct thread *self = thread_current();
	struct memory_account *old = self->account;
	if (memory_charge(account, THREAD_CHARGE) != OK)
		return;
	self->account = memory_account_ref(account);
	memory_uncharge(old, THREAD_CHARGE);
	memory_account_unref(old);
}

void thread_start(struct thread *thread)
{
	sched_place(thread, FAIR_NEW);
}

struct thread *thread_current(void)
{
	return cpu_thread();
}

void thread_leave_space(void)
{
	thread_current()->space = NULL;
	address_space_activate(NULL);
}

struct thread_time thread_time(const struct thread *thread)
{
	if (thread == thread_current()) {
		struct run_queue *queue = &sched_cpu()->queue;
		spinlock_acquire(&queue->lock);
		fair_account(&queue->fair, clock_ns());
		spinlock_release(&queue->lock);
	}
	return (struct thread_time){
	        .run_ns = __atomic_load_n(&thread->fair.run_ns, __ATOMIC_RELAXED),
	        .system_ns = __atomic_load_n(&thread->fair.system_ns, __ATOMIC_RELAXED),
	};
}

struct thread_time sched_cpu_time(uint32_t index)
{
	const struct fair_queue *queue = &sched_cpu_at(index)->queue.fair;
	return (struct thread_time){
	        .run_ns = __atomic_load_n(&queue->run_ns, __ATOMIC_RELAXED),
	        .system_ns = __atomic_load_n(&queue->system_ns, __ATOMIC_RELAXED),
	};
}
