#include "ipc/call.h"

bool call_state_may_follow(enum call_state from, enum call_state to)
{
	static const uint8_t next[] = {
	        [CALL_IDLE] = 1 << CALL_QUEUED | 1 << CALL_DELIVERED,
	        [CALL_QUEUED] = 1 << CALL_DELIVERED | 1 << CALL_DONE,
	        [CALL_DELIVERED] = 1 << CALL_QUEUED | 1 << CALL_CANCELLING | 1 << CALL_DONE,
	        [CALL_CANCELLING] = 1 << CALL_DONE,
	        [CALL_DONE] = 1 << CALL_IDLE,
	};
	return next[from] >> to & 1;
}
