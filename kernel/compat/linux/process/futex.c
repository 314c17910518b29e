/* futex(2). Linux include/uapi/linux/futex.h. */
#include "compat/linux/abi.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum linux_futex {
	LINUX_FUTEX_WAIT = 0,
	LINUX_FUTEX_WAKE = 1,
	LINUX_FUTEX_REQUEUE = 3,
	LINUX_FUTEX_CMP_REQUEUE = 4,
	LINUX_FUTEX_WAIT_BITSET = 9,
	LINUX_FUTEX_WAKE_BITSET = 10,
	LINUX_FUTEX_PRIVATE = 128,
	LINUX_FUTEX_REAL_TIME = 256,
};

struct linux_futex_call {
	uintptr_t address;
	uint32_t operation;
	uint32_t value;
	uintptr_t timeout; /* or a count */
	uintptr_t other;
	uint32_t value3;
};

static struct futex_place futex_place_of(const struct linux_futex_call *call, uintptr_t address)
{
	return (struct futex_place){address, !(call->operation & LINUX_FUTEX_PRIVATE)};
}

static enum status linux_futex_deadline(const struct linux_futex_call *call, bool is_absolute,
                                        uint64_t *out_deadline)
{
	*out_deadline = 0;
	if (!call->timeout)
		return OK;
	uint64_t now = clock_ns();
	TRY(linux_deadline(call->timeout, out_deadline));
	if (!is_absolute)
		return OK;
	/* linux_deadline has added the present time to one that was complete */
	uint64_t base = call->operation & LINUX_FUTEX_REAL_TIME ? clock_real_ns() : clock_ns();
	uint64_t when = *out_deadline - now;
	*out_deadline = when > base ? now + (when - base) : 1;
	return OK;
}

static int64_t linux_futex_wait(const struct linux_futex_call *call, bool has_bits)
{
	uint64_t deadline;
	uint32_t bits = has_bits ? call->value3 : UINT32_MAX;
	if (!bits)
		return ERR_INVALID_ARGS;
	TRY(linux_futex_deadline(call, has_bits, &deadline));
	if (deadline)
		task_current()->call_restarts = false;
	return futex_wait(futex_place_of(call, call->address), call->value, bits, deadline);
}

static int64_t linux_futex_requeue(const struct linux_futex_call *call, bool compares)
{
	uint32_t word;
	if (call->other % sizeof word != 0)
		return ERR_INVALID_ARGS;
	if (compares) {
		TRY(user_copy_in(&word, (struct user_in){call->address, sizeof word}));
		if (word != call->value3)
			return ERR_TRY_AGAIN;
	}
	return futex_requeue_at(futex_place_of(call, call->address),
	                        futex_place_of(call, call->other), call->value,
	                        (uint32_t)call->timeout);
}

int64_t linux_futex(uintptr_t address, uint32_t operation, uint32_t value, uintptr_t timeout,
                    uintptr_t other, uint32_t value3)
{
	const struct linux_futex_call call = {address, operation, value, timeout, other, value3};
	if (address % sizeof(uint32_t) != 0)
		return ERR_INVALID_ARGS;
	if (!user_range_holds(address, sizeof(uint32_t)))
		return ERR_BAD_ADDRESS;
	switch (operation & ~(uint32_t)(LINUX_FUTEX_PRIVATE | LINUX_FUTEX_REAL_TIME)) {
	case LINUX_FUTEX_WAIT:
		return linux_futex_wait(&call, false);
	case LINUX_FUTEX_WAIT_BITSET:
		return linux_futex_wait(&call, true);
	case LINUX_FUTEX_WAKE:
		return futex_wake_at(futex_place_of(&call, address), value, UINT32_MAX);
	case LINUX_FUTEX_WAKE_BITSET:
		if (!value3)
			return ERR_INVALID_ARGS;
		return futex_wake_at(futex_place_of(&call, address), value, value3);
	case LINUX_FUTEX_REQUEUE:
		return linux_futex_requeue(&call, false);
	case LINUX_FUTEX_CMP_REQUEUE:
		return linux_futex_requeue(&call, true);
	default:
		return ERR_NOT_IMPLEMENTED;
	}
}
