/* The thread that writes back what has become old. */
#include "core/api.h"
#include "io/vfs/vfs.h"
#include "io/vfs/write_back.h"
#include "sched/api.h"
#include <base/cleanup.h>

#define WRITE_BACK_AGE_NS UINT64_C(5000000000)

static void write_back_main(void *)
{
	for (;;) {
		write_back_wait();
		thread_sleep_ns(WRITE_BACK_AGE_NS);
		write_back_begin();
		enum status status = vfs_sync_all(0, IPC_UNTIL_ANSWER);
		if (status != OK)
			LOG_WARN(LOG_VFS, "what was changed could not be written: %s",
			         status_name(status));
		/* nothing is kept while there is nothing to do */
		ipc_thread_exit();
	}
}

enum status write_back_start(void)
{
	const struct thread_request request = {.entry = write_back_main};
	struct thread *thread;
	TRY(thread_create(&request, &thread));
	thread_start(thread);
	return OK;
}
