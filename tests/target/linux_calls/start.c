/* Memory, children and threads for the tests. */
#include "linux_calls.h"

enum {
	MAP_READ_WRITE = 3,
	MAP_PRIVATE_ANONYMOUS = 0x22,
	THREAD_STACK = 4 * PAGE,
};

void *pages(size_t bytes)
{
	return (void *)CALL(LINUX_MMAP, 0, bytes, MAP_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
}

int64_t wait_for(int64_t pid)
{
	int32_t status = -1;
	int64_t got = CALL(LINUX_WAIT4, pid, &status, 0, 0);
	return got == pid ? status : got;
}

int64_t thread_begin(void (*function)(void *), void *argument, int32_t *tid)
{
	char *stack = pages(THREAD_STACK);
	int64_t id = linux_thread_start(function, argument, stack + THREAD_STACK, tid);
	if (id > 0)
		return id;
	print("Bail out! no thread: %ld\n", id);
	for (;;)
		CALL(LINUX_EXIT_GROUP, 1);
}
