/* The end of the machine, asked for by a signal as Linux's init programs have it. */
#include "rootd.h"

enum {
	SHUTDOWN_ASK = 0, /* no signal: is anybody there? */
	/* Linux arch/x86/include/uapi/asm/signal.h */
	SHUTDOWN_SIGINT = 2,
	SHUTDOWN_SIGABRT = 6,
	SHUTDOWN_SIGKILL = 9,
	SHUTDOWN_SIGUSR1 = 10,
	SHUTDOWN_SIGUSR2 = 12,
	SHUTDOWN_SIGTERM = 15,
};

/* For programs to do what they are asked. Nothing survives the last step, however slow the machine
 * is. */
#define SHUTDOWN_GRACE_NS 500000000ULL
#define SHUTDOWN_END_NS 30000000000ULL

static const struct {
	int32_t signal;
	uint32_t how;
	const char *word;
} shutdown_requests[] = {
        {SHUTDOWN_SIGUSR1, MACHINE_END_HALT, "halt"},
        {SHUTDOWN_SIGUSR2, MACHINE_END_POWER_OFF, "power off"},
        {SHUTDOWN_SIGTERM, MACHINE_END_RESET, "reboot"},
        {SHUTDOWN_SIGINT, MACHINE_END_RESET, "reboot"},
};

/* Until nobody of them is left, or the time is over. */
static void shutdown_wait(uint64_t whom, uint64_t grace_ns)
{
	struct lifecycle_record records[LIFECYCLE_DRAIN_MAX];
	uint64_t begin = rootd_now_ns(), count;
	for (uint64_t now = begin; now - begin < grace_ns; now = rootd_now_ns()) {
		uint64_t left_ns = grace_ns - (now - begin);
		if (rustos_process_signal(whom, SHUTDOWN_ASK) != OK ||
		    rustos_lifecycle_drain_broker(records, COUNT(records), LIFECYCLE_DRAIN_WAIT,
		                                  left_ns, &count) != OK)
			return;
	}
}

/* Programs are asked first; services answer them to their end. */
void rootd_end_programs(void)
{
	static const struct {
		uint64_t whom;
		uint32_t signal;
		uint64_t grace_ns;
	} steps[] = {
	        {PROCESS_PROGRAMS, SHUTDOWN_SIGTERM, SHUTDOWN_GRACE_NS},
	        {PROCESS_PROGRAMS, SHUTDOWN_SIGKILL, SHUTDOWN_GRACE_NS},
	        {PROCESS_ALL, SHUTDOWN_SIGKILL, SHUTDOWN_END_NS},
	};
	for (size_t i = 0; i < COUNT(steps); i++)
		/* nobody left to hear it is fine */
		if (rustos_process_signal(steps[i].whom, steps[i].signal) == OK)
			shutdown_wait(steps[i].whom, steps[i].grace_ns);
}

void rootd_handle_signal(struct root_service *self, int32_t signal)
{
	if (signal == SHUTDOWN_SIGABRT) {
		print("rootd: aborting, as it was asked to\n");
		__builtin_trap();
	}
	for (size_t i = 0; i < COUNT(shutdown_requests); i++) {
		if (shutdown_requests[i].signal != signal)
			continue;
		print("rootd: %s, ending all programs\n", shutdown_requests[i].word);
		rootd_end_programs();
		rootd_report_audit(self);
		enum status status = rustos_machine_end(shutdown_requests[i].how);
		print("rootd: cannot end the machine: %s\n", status_name(status));
	}
}
