/* After a snapshot: the host's time, and random numbers of this machine's own. */
#include "agent.h"

enum { RESUMED_REAL_TIME = 0, RESUMED_WRITE = 01 | 02000000 /* close on exec */ };

void resumed_take(struct agent *self, struct str payload)
{
	struct agent_resumed resumed;
	int64_t status = ERR_INVALID_ARGS;
	if (agent_resumed_decode(payload, &resumed)) {
		const int64_t now[2] = {(int64_t)resumed.seconds, resumed.nanoseconds};
		int64_t random = CALL(LINUX_OPEN, "/dev/urandom", RESUMED_WRITE);
		status = CALL(LINUX_WRITE, random, resumed.random, sizeof resumed.random);
		CALL(LINUX_CLOSE, random);
		if (status == (int64_t)sizeof resumed.random)
			status = CALL(LINUX_CLOCK_SETTIME, RESUMED_REAL_TIME, now);
		else if (status >= 0)
			status = ERR_IO;
	}
	agent_send_status(self, (int32_t)status);
}
