#include <linux_calls/api.h>

int64_t linux_fork_or_exit(void)
{
	int64_t pid = CALL(LINUX_FORK);
	if (pid >= 0)
		return pid;
	print("Bail out! no child: %ld\n", pid);
	for (;;)
		CALL(LINUX_EXIT_GROUP, 1);
}
