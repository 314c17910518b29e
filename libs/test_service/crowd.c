#include <linux_calls/api.h>
#include <test_service/crowd.h>

static enum status crowd_receive(uint64_t endpoint)
{
	uint64_t request, len;
	TRY(rustos_ipc_recv(endpoint, NULL, 0, &request, &len));
	return rustos_ipc_reply(request, NULL, 0);
}

static void crowd_member(void *argument)
{
	struct test_crowd *crowd = argument;
	uint64_t len;
	enum status status = crowd->receives
	                             ? crowd_receive(crowd->endpoint)
	                             : rustos_ipc_call(crowd->endpoint, NULL, 0, NULL, 0, &len);
	if (status == OK)
		__atomic_fetch_add(&crowd->served, 1, __ATOMIC_RELAXED);
	if (status == ERR_TRY_AGAIN)
		__atomic_fetch_add(&crowd->refused, 1, __ATOMIC_RELAXED);
}

bool test_crowd_start(struct test_crowd *crowd, uint64_t endpoint, bool receives, uint32_t size)
{
	crowd->endpoint = endpoint;
	crowd->receives = receives;
	crowd->started = crowd->refused = crowd->served = 0;
	while (crowd->started < size && crowd->started < TEST_CROWD_MAX) {
		uint32_t i = crowd->started;
		char *stack_end = crowd->stacks[i] + TEST_CROWD_STACK_BYTES;
		if (linux_thread_start(crowd_member, crowd, stack_end, &crowd->tids[i]) <= 0)
			return false;
		crowd->started++;
	}
	return crowd->started == size;
}

uint32_t test_crowd_refused(const struct test_crowd *crowd)
{
	return __atomic_load_n(&crowd->refused, __ATOMIC_RELAXED);
}

uint32_t test_crowd_end(struct test_crowd *crowd)
{
	for (uint32_t i = 0; i < crowd->started; i++)
		linux_thread_join(&crowd->tids[i]);
	return __atomic_load_n(&crowd->served, __ATOMIC_RELAXED);
}
