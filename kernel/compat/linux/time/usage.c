/*
 * What processes have used, and how they are scheduled. Linux include/uapi/linux/resource.h,
 * times.h, sched.h.
 */
#include "compat/linux/abi.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum {
	USAGE_NS_PER_SECOND = 1000000000,
	USAGE_NS_PER_US = 1000,
	USAGE_NS_PER_TICK = 10000000, /* of times(2): 100 a second */
	USAGE_FIELDS = 14, /* that nobody counts */
	USAGE_SELF = 0,
	USAGE_CHILDREN = -1,
	USAGE_THREAD = 1,
};

struct linux_rusage {
	struct linux_timeval user, system;
	int64_t fields[USAGE_FIELDS];
};

_Static_assert(sizeof(struct linux_rusage) == 144);

static struct linux_timeval usage_time(uint64_t ns)
{
	return (struct linux_timeval){(int64_t)(ns / USAGE_NS_PER_SECOND),
	                              (int64_t)(ns % USAGE_NS_PER_SECOND / USAGE_NS_PER_US)};
}

enum status linux_put_usage(uintptr_t address, struct thread_time time)
{
	const struct linux_rusage usage = {
	        .user = usage_time(time.run_ns - time.system_ns),
	        .system = usage_time(time.system_ns),
	};
	return user_copy_out((struct user_out){address, sizeof usage}, &usage);
}

int64_t linux_getrusage(int32_t who, uintptr_t out_usage)
{
	struct thread_time own, children;
	process_times(&own, &children);
	switch (who) {
	case USAGE_SELF:
		return linux_put_usage(out_usage, own);
	case USAGE_CHILDREN:
		return linux_put_usage(out_usage, children);
	case USAGE_THREAD:
		return linux_put_usage(out_usage, thread_time(thread_current()));
	default:
		return ERR_INVALID_ARGS;
	}
}

int64_t linux_times(uintptr_t out_times)
{
	struct thread_time own, children;
	process_times(&own, &children);
	const uint64_t times[] = {
	        (own.run_ns - own.system_ns) / USAGE_NS_PER_TICK,
	        own.system_ns / USAGE_NS_PER_TICK,
	        (children.run_ns - children.system_ns) / USAGE_NS_PER_TICK,
	        children.system_ns / USAGE_NS_PER_TICK,
	};
	if (out_times)
		TRY(user_copy_out((struct user_out){out_times, sizeof times}, times));
	return (int64_t)(clock_ns() / USAGE_NS_PER_TICK);
}

/* getrlimit, setrlimit: the same as prlimit64 of oneself. */
int64_t linux_getrlimit(uint32_t resource, uintptr_t out_limit)
{
	return linux_prlimit64(0, resource, 0, out_limit);
}

int64_t linux_setrlimit(uint32_t resource, uintptr_t new_limit)
{
	return new_limit ? linux_prlimit64(0, resource, new_limit, 0) : ERR_BAD_ADDRESS;
}

/* One node; the third argument is of no use any more. */
int64_t linux_getcpu(uintptr_t out_cpu, uintptr_t out_node, uintptr_t)
{
	const uint32_t cpu = cpu_current()->index, node = 0;
	if (out_cpu)
		TRY(user_copy_out((struct user_out){out_cpu, sizeof cpu}, &cpu));
	if (out_node)
		TRY(user_copy_out((struct user_out){out_node, sizeof node}, &node));
	return OK;
}
