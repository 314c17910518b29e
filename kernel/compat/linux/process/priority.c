/*
 * nice values, scheduling policies, and where threads run. Linux include/uapi/linux/sched.h and
 * resource.h. Real-time policies are not there: who asks for one is told that it may not.
 */
#include "compat/linux/abi.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>

enum linux_policy {
	POLICY_OTHER = 0,
	POLICY_FIFO = 1,
	POLICY_ROUND_ROBIN = 2,
	POLICY_BATCH = 3,
	POLICY_IDLE = 5,
	POLICY_RESET_ON_FORK = 0x40000000,
};

enum linux_whose { PRIORITY_PROCESS = 0, PRIORITY_GROUP = 1, PRIORITY_USER = 2 };

enum { PRIORITY_ZERO = 20 }; /* getpriority answers 20 - nice, which is never negative */

static int32_t priority_clamp(int32_t nice)
{
	if (nice < TASK_NICE_MIN)
		return TASK_NICE_MIN;
	return nice > TASK_NICE_MAX ? TASK_NICE_MAX : nice;
}

/* Whom a call is about. */
static enum status priority_whose(int32_t which, int32_t who, struct task_whose *out)
{
	static const enum task_circle circles[] = {
	        [PRIORITY_PROCESS] = TASKS_ONE,
	        [PRIORITY_GROUP] = TASKS_OF_GROUP,
	        [PRIORITY_USER] = TASKS_OF_USER,
	};
	if (which < PRIORITY_PROCESS || which > PRIORITY_USER)
		return ERR_INVALID_ARGS;
	/* a user's number has no sign */
	if (who < 0 && which != PRIORITY_USER)
		return ERR_NO_PROCESS;
	*out = (struct task_whose){circles[which], (uint32_t)who};
	if (which == PRIORITY_USER && !who)
		out->id = process_credentials()->uid;
	return OK;
}

int64_t linux_setpriority(int32_t which, int32_t who, int32_t nice)
{
	struct task_whose whose;
	TRY(priority_whose(which, who, &whose));
	return task_set_nice(&whose, priority_clamp(nice));
}

int64_t linux_getpriority(int32_t which, int32_t who)
{
	struct task_whose whose;
	int32_t nice;
	TRY(priority_whose(which, who, &whose));
	TRY(task_get_nice(&whose, &nice));
	return PRIORITY_ZERO - nice;
}

static enum status priority_of(int32_t tid, struct task_priority *out_priority)
{
	return tid < 0 ? ERR_INVALID_ARGS : task_get_priority((uint64_t)tid, out_priority);
}

static int64_t priority_policy(const struct task_priority *priority)
{
	if (priority->is_idle)
		return POLICY_IDLE;
	return priority->is_batch ? POLICY_BATCH : POLICY_OTHER;
}

int64_t linux_sched_getscheduler(int32_t tid)
{
	struct task_priority priority;
	TRY(priority_of(tid, &priority));
	return priority_policy(&priority);
}

int64_t linux_sched_getparam(int32_t tid, uintptr_t out_priority)
{
	const int32_t none = 0;
	struct task_priority priority;
	TRY(priority_of(tid, &priority));
	return user_copy_out((struct user_out){out_priority, sizeof none}, &none);
}

int64_t linux_sched_setscheduler(int32_t tid, int32_t policy, uintptr_t in_priority)
{
	int32_t real_time;
	struct task_priority priority;
	TRY(priority_of(tid, &priority));
	TRY(user_copy_in(&real_time, (struct user_in){in_priority, sizeof real_time}));
	policy &= ~POLICY_RESET_ON_FORK;
	if (policy == POLICY_FIFO || policy == POLICY_ROUND_ROBIN)
		return ERR_NOT_PERMITTED;
	if ((policy != POLICY_OTHER && policy != POLICY_BATCH && policy != POLICY_IDLE) ||
	    real_time)
		return ERR_INVALID_ARGS;
	return task_set_policy((uint64_t)tid, policy == POLICY_IDLE, policy == POLICY_BATCH);
}

int64_t linux_sched_setparam(int32_t tid, uintptr_t in_priority)
{
	struct task_priority priority;
	TRY(priority_of(tid, &priority));
	return linux_sched_setscheduler(tid, (int32_t)priority_policy(&priority), in_priority);
}

static int64_t priority_bound(int32_t policy, int64_t real_time)
{
	switch (policy) {
	case POLICY_OTHER:
	case POLICY_BATCH:
	case POLICY_IDLE:
		return 0;
	case POLICY_FIFO:
	case POLICY_ROUND_ROBIN:
		return real_time;
	default:
		return ERR_INVALID_ARGS;
	}
}

int64_t linux_sched_get_priority_max(int32_t policy)
{
	enum { PRIORITY_HIGHEST = 99 };
	return priority_bound(policy, PRIORITY_HIGHEST);
}

int64_t linux_sched_get_priority_min(int32_t policy)
{
	return priority_bound(policy, 1);
}

int64_t linux_sched_getaffinity(int32_t tid, uint32_t bytes, uintptr_t out_mask)
{
	uint64_t mask = 0;
	if (tid < 0 || bytes < sizeof mask || bytes % sizeof mask)
		return ERR_INVALID_ARGS;
	TRY(task_get_affinity((uint64_t)tid, &mask));
	TRY(user_copy_out((struct user_out){out_mask, sizeof mask}, &mask));
	return sizeof mask;
}

/* A shorter mask ends in zeros; CPUs beyond 64 are not there. */
int64_t linux_sched_setaffinity(int32_t tid, uint32_t bytes, uintptr_t in_mask)
{
	uint64_t mask = 0;
	if (tid < 0)
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(&mask,
	                 (struct user_in){in_mask, bytes < sizeof mask ? bytes : sizeof mask}));
	return task_set_affinity((uint64_t)tid, mask);
}
