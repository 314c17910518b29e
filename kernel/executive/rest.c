/*
 * What tests ask for: a machine where everybody waits for somebody else ends, instead of idling
 * until the launcher's time is over.
 */
#include "core/api.h"
#include "executive/machine.h"
#include "hal/api.h"
#include "ps/api.h"
#include "sched/api.h"
#include <abi/machine.h>

enum { REST_ROUNDS = 32 };

/*
 * Each rest ends the other programs. The first program starts services again, and with them what
 * could not start before, which may wait for somebody in its turn; who starts once is not started
 * again, so at one of the next rests the first program waits for nobody, if it has not ended.
 */
static void rest_main(void *)
{
	const struct signal_info end = {.signal = SIGNAL_KILL};
	sched_await_rest();
	process_report_waiting();
	for (int i = 0; i < REST_ROUNDS && signal_send_all(&end) == OK; i++)
		sched_await_rest();
	LOG_ALWAYS(LOG_BOOT, "machine exit reason=rest");
	machine_end(MACHINE_EXIT_PROGRAM + MACHINE_EXIT_REST_STATUS);
}

enum status machine_watch_rest(void)
{
	const struct thread_request request = {.entry = rest_main};
	struct thread *thread;
	char text[1];
	size_t size;
	enum status asked = fw_cfg_read(MACHINE_FW_CFG_END_AT_REST, text, sizeof text, &size);
	if (asked == ERR_NOT_FOUND || asked == ERR_NO_DEVICE)
		return OK;
	enum status status = thread_create(&request, &thread);
	if (status == OK)
		thread_start(thread);
	return status;
}
