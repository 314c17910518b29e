/* What one process may ask of the others at a time. */
#include "ipc/call.h"

#define QUOTA_SECOND_NS 1000000000ULL

/* A second begins with the first call after a pause, and else where the one before it ends. */
static void quota_turn(struct ipc_rate *rate, uint64_t now)
{
	uint64_t passed = now - rate->start_ns;
	if ((rate->calls || rate->calls_before) && passed < QUOTA_SECOND_NS)
		return;
	bool follows = passed < 2 * QUOTA_SECOND_NS && rate->calls;
	rate->start_ns = follows ? rate->start_ns + QUOTA_SECOND_NS : now;
	rate->calls_before = follows ? rate->calls : 0;
	rate->calls = 0;
}

/*
 * Of the second before counts what would still be within a second of now if its calls had come
 * evenly. So the first second has no more than the limit, and no moment has two seconds' worth.
 */
static enum status quota_check_rate(struct ipc_process *process, uint64_t per_second)
{
	struct ipc_rate *rate = &process->rate;
	enum status status = ERR_TRY_AGAIN;
	spinlock_acquire(&rate->lock);
	uint64_t now = clock_ns();
	if (now < rate->start_ns)
		now = rate->start_ns;
	quota_turn(rate, now);
	uint64_t left_ns = rate->start_ns + QUOTA_SECOND_NS - 1 - now;
	if (rate->calls + rate->calls_before * left_ns / QUOTA_SECOND_NS < per_second) {
		rate->calls++;
		status = OK;
	}
	spinlock_release(&rate->lock);
	return status;
}

enum status quota_begin_call(struct ipc_process *process)
{
	uint64_t per_second = process->limits.calls_per_second;
	if (__builtin_expect(per_second != 0, 0))
		TRY(quota_check_rate(process, per_second));
	uint32_t in_flight = __atomic_add_fetch(&process->calls_in_flight, 1, __ATOMIC_RELAXED);
	if (__builtin_expect(in_flight <= process->limits.calls_in_flight, 1))
		return OK;
	quota_end_call(process);
	return ERR_TRY_AGAIN;
}

bool quota_begin_plain(struct ipc_process *process)
{
	__atomic_fetch_add(&process->calls_in_flight, 1, __ATOMIC_RELAXED);
	/* those that others begin now may be counted too: the long way counts exactly */
	uint32_t in_flight = __atomic_load_n(&process->calls_in_flight, __ATOMIC_RELAXED);
	if (__builtin_expect(in_flight <= process->limits.plain_calls, 1))
		return true;
	quota_end_call(process);
	return false;
}

void quota_end_call(struct ipc_process *process)
{
	__atomic_fetch_sub(&process->calls_in_flight, 1, __ATOMIC_RELAXED);
}

void ipc_limits_inherit(struct ipc_process *child, const struct ipc_process *parent)
{
	child->limits = parent->limits;
}

enum status ipc_set_limit(struct ipc_process *process, uint64_t kind, uint64_t value)
{
	struct ipc_limits *limits = &process->limits;
	switch (kind) {
	case PROCESS_LIMIT_HANDLES:
		if (value > limits->handles)
			return ERR_ACCESS_DENIED;
		limits->handles = (uint32_t)value;
		/* that of descriptors may be lower */
		handle_table_lower_limit(&process->handles, (uint32_t)value);
		return OK;
	case PROCESS_LIMIT_CALLS_IN_FLIGHT:
		if (value > limits->calls_in_flight)
			return ERR_ACCESS_DENIED;
		limits->calls_in_flight = (uint32_t)value;
		if (limits->plain_calls > value)
			limits->plain_calls = (uint32_t)value;
		return OK;
	case PROCESS_LIMIT_CALLS_PER_SECOND:
		if (value == 0 || (limits->calls_per_second && value > limits->calls_per_second))
			return ERR_ACCESS_DENIED;
		limits->calls_per_second = value;
		limits->plain_calls = 0;
		return OK;
	default:
		return ERR_INVALID_ARGS;
	}
}
