/* What ends a call other than its reply, and what a process may not have more of. */
#include "ipc_limits.h"
#include <abi/services.h>

enum { CALLS_PER_SECOND = 200, SECOND_NS = 1000000000, ROOM_MAX = 16 };

static void check_death(struct tap *tap)
{
	uint64_t endpoint = 0, len;
	tap_check_equal(tap, rustos_ipc_lookup_service_endpoint(IPC_SERVICE_IPC_MORTAL, &endpoint),
	                OK, "the service lives");
	tap_check_equal(tap, rustos_ipc_call(endpoint, NULL, 0, NULL, 0, &len), ERR_IO,
	                "a request dies with who took it");
	/* the second in which a successor may come may be over on a slow host */
	enum status status =
	        rustos_ipc_call_until(endpoint, NULL, 0, NULL, 0, IPC_LIMITS_PAST_NS, &len);
	tap_check(tap, status == ERR_TIMED_OUT || status == ERR_NOT_CONNECTED,
	          "a call to the dead waits for a successor until its time");
	tap_check_equal(tap, rustos_ipc_call(endpoint, NULL, 0, NULL, 0, &len), ERR_NOT_CONNECTED,
	                "and without one ends within the second");
	tap_check_equal(tap, rustos_ipc_lookup_service_endpoint(IPC_SERVICE_IPC_MORTAL, &len),
	                ERR_NOT_FOUND, "nobody finds the dead");
}

static void check_times(struct tap *tap)
{
	uint64_t endpoint = 0, caller = 0, len;
	struct ipc_message_info info;
	bool made = rustos_ipc_endpoint_create(&endpoint) == OK &&
	            rustos_handle_duplicate(endpoint, HANDLE_RIGHT_CALL, &caller) == OK;
	tap_check(tap, made, "an endpoint that nobody serves");
	tap_check_equal(tap,
	                rustos_ipc_call_until(caller, NULL, 0, NULL, 0, IPC_LIMITS_PAST_NS, &len),
	                ERR_TIMED_OUT, "a call ends at its time");
	tap_check_equal(tap,
	                rustos_ipc_receive(endpoint, NULL, 0, &info, IPC_RECEIVE_NO_WAIT, 0, &len),
	                ERR_TRY_AGAIN, "and has left the queue");
	tap_check_equal(tap,
	                rustos_ipc_receive(endpoint, NULL, 0, &info, 0, IPC_LIMITS_PAST_NS, &len),
	                ERR_TIMED_OUT, "a receive ends at its time");
	tap_check_equal(tap,
	                rustos_ipc_receive(endpoint, NULL, 0, &info, IPC_RECEIVE_NO_REQUESTS,
	                                   IPC_LIMITS_PAST_NS, &len),
	                ERR_TIMED_OUT, "and one that takes no requests");
	tap_check_equal(tap,
	                rustos_ipc_receive(endpoint, NULL, 0, &info,
	                                   IPC_RECEIVE_NO_REQUESTS | IPC_RECEIVE_NO_WAIT, 0, &len),
	                ERR_TRY_AGAIN, "or it does not wait");
	tap_check_equal(tap, rustos_ipc_receive(endpoint, NULL, 0, &info, 16, 0, &len),
	                ERR_INVALID_ARGS, "a flag that does not exist is refused");
	tap_check_equal(tap, rustos_ipc_reply_receive(endpoint, 0, 1, NULL, 0, &info, &len),
	                ERR_INVALID_ARGS, "a reply longer than its buffer is refused");
	tap_check_equal(tap, rustos_ipc_reply_receive(endpoint, 12345, 0, NULL, 0, &info, &len),
	                ERR_BAD_HANDLE, "a reply to nothing ends before the receive");
	tap_check_equal(tap, rustos_ipc_sender(12345, &info), ERR_BAD_HANDLE,
	                "nothing received, nobody sent");
	tap_check(tap, rustos_handle_close(caller) == OK && rustos_handle_close(endpoint) == OK,
	          "both are closed");
}

/* Endpoints until there is no room; closed again. */
static size_t count_room(void)
{
	uint64_t made[ROOM_MAX];
	size_t count = 0;
	while (count < ROOM_MAX && rustos_ipc_endpoint_create(&made[count]) == OK)
		count++;
	for (size_t i = 0; i < count; i++)
		if (rustos_handle_close(made[i]) != OK)
			return ROOM_MAX;
	return count;
}

static void check_limit_of_handles(struct tap *tap)
{
	static const uint64_t kinds[] = {0, 5, UINT64_MAX};
	bool refused = true;
	for (size_t i = 0; i < COUNT(kinds); i++)
		refused &= rustos_process_set_limit(kinds[i], 1) == ERR_INVALID_ARGS;
	tap_check(tap, refused, "a limit that does not exist is refused");
	tap_check_equal(
	        tap, rustos_process_set_limit(PROCESS_LIMIT_HANDLES, IPC_PROCESS_HANDLES_MAX + 1),
	        ERR_ACCESS_DENIED, "no limit can be raised");
	tap_check_equal(tap, rustos_process_set_limit(PROCESS_LIMIT_HANDLES, 12), OK,
	                "the limit of handles is lowered");
	size_t room = count_room();
	tap_check(tap, room > 2 && room < 12, "so many fit, and no more");
	tap_check_equal(tap, (int64_t)count_room(), (int64_t)room, "closing them makes room");
	tap_check_equal(tap, rustos_process_set_limit(PROCESS_LIMIT_HANDLES, 10), OK,
	                "it can be lowered further");
	tap_check_equal(tap, (int64_t)count_room(), (int64_t)room - 2, "and less fits");
	uint64_t one = 0;
	while (rustos_ipc_endpoint_create(&one) == OK)
		;
	tap_check_equal(tap, rustos_ipc_endpoint_create(&one), ERR_TOO_MANY_HANDLES,
	                "one more is refused by name");
}

/* How many are let through in a second from the first on. */
static int64_t calls_admitted(uint64_t endpoint, bool *out_refused)
{
	uint64_t begun = 0, now = 0, len;
	int64_t admitted = 0;
	*out_refused = false;
	for (bool more = rustos_clock_now(&begun) == OK; more;
	     more = rustos_clock_now(&now) == OK && now - begun < SECOND_NS) {
		enum status status = rustos_ipc_call(endpoint, NULL, 0, NULL, 0, &len);
		*out_refused |= status == ERR_TRY_AGAIN;
		admitted += status == ERR_BAD_HANDLE;
	}
	return admitted;
}

static void check_limits_of_calls(struct tap *tap)
{
	uint64_t endpoint = 0, len;
	if (rustos_ipc_lookup_service_endpoint(IPC_SERVICE_IPC_MORTAL, &endpoint) == OK)
		endpoint = 0;
	tap_check_equal(tap, rustos_process_set_limit(PROCESS_LIMIT_CALLS_PER_SECOND, 0),
	                ERR_ACCESS_DENIED, "there is no way back to no limit");
	tap_check_equal(tap,
	                rustos_process_set_limit(PROCESS_LIMIT_CALLS_PER_SECOND, CALLS_PER_SECOND),
	                OK, "calls a second are limited");
	bool refused;
	int64_t admitted = calls_admitted(endpoint, &refused);
	if (admitted > CALLS_PER_SECOND + 1)
		print("# %ld calls\n", admitted);
	tap_check(tap, refused, "more of them are refused");
	tap_check(tap, admitted <= CALLS_PER_SECOND + 1, "from the first second on");
	tap_check_equal(tap, rustos_process_set_limit(PROCESS_LIMIT_CALLS_IN_FLIGHT, 0), OK,
	                "no call may be made any more");
	tap_check_equal(tap, rustos_ipc_call(endpoint, NULL, 0, NULL, 0, &len), ERR_TRY_AGAIN,
	                "and none is");
}

/* ---- a process that is killed while it waits for messages ---- */

enum { LINUX_FORK = 57, LINUX_WAIT4 = 61, LINUX_KILL = 62, LINUX_SIGKILL = 9 };

static void wait_for_ever(bool calls)
{
	uint64_t endpoint, len, reply_cap;
	if (rustos_ipc_endpoint_create(&endpoint) != OK)
		rustos_process_exit(1);
	(void)!(calls ? rustos_ipc_call(endpoint, NULL, 0, NULL, 0, &len)
	              : rustos_ipc_recv(endpoint, NULL, 0, &reply_cap, &len));
	rustos_process_exit(2);
}

static bool killed_while_waiting(bool calls)
{
	int64_t pid = rustos_syscall(LINUX_FORK, 0, 0, 0, 0, 0, 0);
	int32_t status = 0;
	if (pid == 0)
		wait_for_ever(calls);
	return pid > 0 &&
	       rustos_syscall(LINUX_KILL, (uint64_t)pid, LINUX_SIGKILL, 0, 0, 0, 0) == 0 &&
	       rustos_syscall(LINUX_WAIT4, (uint64_t)pid, (uintptr_t)&status, 0, 0, 0, 0) == pid &&
	       status == LINUX_SIGKILL;
}

static void check_kill(struct tap *tap)
{
	enum { ROUNDS = 20 };
	bool call = true, receive = true;
	for (size_t i = 0; i < ROUNDS; i++) {
		call &= killed_while_waiting(true);
		receive &= killed_while_waiting(false);
	}
	tap_check(tap, call, "who waits for an answer can be killed");
	tap_check(tap, receive, "and who waits for a request");
}

int main(void)
{
	struct tap tap = {};
	check_kill(&tap);
	check_death(&tap);
	check_times(&tap);
	check_calls_in_flight(&tap);
	check_limit_of_memory(&tap);
	check_what_is_held(&tap);
	check_limit_of_handles(&tap);
	check_limits_of_calls(&tap);
	return tap_finish(&tap);
}
