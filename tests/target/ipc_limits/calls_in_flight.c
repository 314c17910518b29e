/*
 * As many calls as one process may make at a time. What they ask is taken and not answered, so that
 * each of them is surely on its way.
 */
#include "ipc_limits.h"
#include <linux_calls/api.h>

enum { CALLS = IPC_PROCESS_CALLS_MAX, STACK_BYTES = 8192 };

static struct {
	uint64_t served, silent; /* endpoints; nobody receives at the second one */
	uint64_t requests[CALLS]; /* taken, not answered */
	int32_t tids[CALLS];
	uint32_t answered; /* atomic */
	char stacks[CALLS][STACK_BYTES] __attribute__((aligned(16)));
} flight;

static void call_and_count(void *)
{
	uint64_t len;
	if (rustos_ipc_call(flight.served, NULL, 0, NULL, 0, &len) == OK)
		__atomic_fetch_add(&flight.answered, 1, __ATOMIC_RELAXED);
}

/* One more; back when its call was taken. */
static bool flight_add(size_t i)
{
	uint64_t len;
	return linux_thread_start(call_and_count, NULL, flight.stacks[i] + STACK_BYTES,
	                          &flight.tids[i]) > 0 &&
	       rustos_ipc_recv(flight.served, NULL, 0, &flight.requests[i], &len) == OK;
}

static bool flight_answer(size_t first, size_t end)
{
	bool answered = true;
	for (size_t i = first; i < end; i++)
		answered &= rustos_ipc_reply(flight.requests[i], NULL, 0) == OK;
	return answered;
}

static enum status call_silent(void)
{
	uint64_t len;
	return rustos_ipc_call_until(flight.silent, NULL, 0, NULL, 0, IPC_LIMITS_PAST_NS, &len);
}

static void wait_answered(uint32_t count)
{
	while (__atomic_load_n(&flight.answered, __ATOMIC_RELAXED) < count)
		CALL(LINUX_SCHED_YIELD);
}

void check_calls_in_flight(struct tap *tap)
{
	uint64_t len;
	bool made = rustos_ipc_endpoint_create(&flight.served) == OK &&
	            rustos_ipc_endpoint_create(&flight.silent) == OK;
	size_t count = 0;
	while (made && count < CALLS - 1 && flight_add(count))
		count++;
	tap_check_equal(tap, (int64_t)count, CALLS - 1, "all calls but one are on their way");
	tap_check_equal(tap, call_silent(), ERR_TIMED_OUT, "the last one may be made");
	tap_check(tap, flight_add(count), "also by a thread");
	enum status status = call_silent();
	tap_check_equal(tap, status, ERR_TRY_AGAIN, "one more is refused");
	if (status == ERR_TRY_AGAIN)
		status = rustos_ipc_call(flight.silent, NULL, 0, NULL, 0, &len);
	tap_check_equal(tap, status, ERR_TRY_AGAIN, "at once, however long it would wait");
	tap_check(tap, flight_answer(0, 1), "one of them is answered");
	wait_answered(1);
	tap_check_equal(tap, call_silent(), ERR_TIMED_OUT, "which makes room for another");
	tap_check(tap, flight_answer(1, CALLS), "the others are answered");
	for (size_t i = 0; i < CALLS; i++)
		linux_thread_join(&flight.tids[i]);
	tap_check_equal(tap, flight.answered, CALLS, "and every thread had its answer");
	tap_check(tap,
	          rustos_handle_close(flight.served) == OK &&
	                  rustos_handle_close(flight.silent) == OK,
	          "both endpoints are closed");
}
