/* poll and epoll. */
#include "linux_calls.h"

enum { IN = 1, OUT = 4, HANGUP = 0x10, INVALID = 0x20, ADD = 1, REMOVE = 2, MODIFY = 3 };

struct poll_entry {
	int32_t fd;
	int16_t events, happened;
};

struct [[gnu::packed]] set_event {
	uint32_t events;
	uint64_t data;
};

#define EDGE (1u << 31)
#define ONE_SHOT (1u << 30)

static void check_poll(struct tap *tap)
{
	int32_t pair[2];
	CALL(LINUX_PIPE, pair);
	struct poll_entry list[] = {{pair[0], IN, 0}, {pair[1], OUT, 0}, {99, IN, 0}, {-1, IN, 0}};
	tap_check_equal(tap, CALL(LINUX_POLL, list, 1, 0), 0, "an empty pipe is not ready to read");
	tap_check_equal(tap, CALL(LINUX_POLL, list, 4, -1), 2, "ready and wrong ones are counted");
	tap_check_equal(tap, list[1].happened, OUT, "an empty pipe is ready to write");
	tap_check_equal(tap, list[2].happened, INVALID, "a wrong descriptor is named");
	tap_check_equal(tap, list[3].happened, 0, "a negative one is left out");
	tap_check_equal(tap, CALL(LINUX_POLL, list, 1, 2), 0, "poll ends with its time");
	CALL(LINUX_WRITE, pair[1], "x", 1);
	tap_check_equal(tap, CALL(LINUX_POLL, list, 1, -1), 1, "bytes make it ready");
	CALL(LINUX_CLOSE, pair[1]);
	CALL(LINUX_POLL, list, 1, -1);
	tap_check_equal(tap, list[0].happened, IN | HANGUP, "the writer's end is told, too");
	CALL(LINUX_CLOSE, pair[0]);
	tap_check_equal(tap, CALL(LINUX_POLL, BAD_ADDRESS, 1, 0), ERR_BAD_ADDRESS,
	                "a list that is not there is refused");
	tap_check_equal(tap, CALL(LINUX_POLL, list, 1 << 20, 0), ERR_INVALID_ARGS,
	                "a list that is too long, too");
	tap_check_equal(tap, CALL(LINUX_POLL, 0, 0, 1), 0, "poll of nothing is a nap");
}

static void check_woken(struct tap *tap)
{
	int32_t pair[2];
	CALL(LINUX_PIPE, pair);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		CALL(LINUX_SCHED_YIELD);
		CALL(LINUX_WRITE, pair[1], "x", 1);
		CALL(LINUX_EXIT_GROUP, 0);
	}
	struct poll_entry entry = {pair[0], IN, 0};
	tap_check_equal(tap, CALL(LINUX_POLL, &entry, 1, -1), 1, "another process wakes it");
	wait_for(pid);
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
}

static void check_set(struct tap *tap)
{
	struct set_event wanted = {IN, 42}, got[2] = {};
	uint64_t one = 1;
	int64_t set = CALL(LINUX_EPOLL_CREATE1, 0), event = CALL(LINUX_EVENTFD2, 0, 04000);
	tap_check_equal(tap, CALL(LINUX_EPOLL_CTL, set, ADD, event, &wanted), OK,
	                "a set takes one");
	tap_check_equal(tap, CALL(LINUX_EPOLL_CTL, set, ADD, event, &wanted), ERR_EXISTS, "once");
	tap_check_equal(tap, CALL(LINUX_EPOLL_WAIT, set, got, 2, 0), 0, "nothing is ready yet");
	CALL(LINUX_WRITE, event, &one, 8);
	tap_check_equal(tap, CALL(LINUX_EPOLL_WAIT, set, got, 2, -1), 1, "then it is");
	tap_check(tap, got[0].events == IN && got[0].data == 42, "with the data given");
	tap_check_equal(tap, CALL(LINUX_EPOLL_WAIT, set, got, 2, 0), 1, "as long as it is");
	wanted.events = IN | EDGE;
	CALL(LINUX_EPOLL_CTL, set, MODIFY, event, &wanted);
	tap_check_equal(tap, CALL(LINUX_EPOLL_WAIT, set, got, 2, 0), 1, "on edges it is told once");
	tap_check_equal(tap, CALL(LINUX_EPOLL_WAIT, set, got, 2, 0), 0, "and not again");
	CALL(LINUX_WRITE, event, &one, 8);
	tap_check_equal(tap, CALL(LINUX_EPOLL_WAIT, set, got, 2, 0), 1, "until more comes");
	wanted.events = IN | ONE_SHOT;
	CALL(LINUX_EPOLL_CTL, set, MODIFY, event, &wanted);
	CALL(LINUX_EPOLL_WAIT, set, got, 2, 0);
	CALL(LINUX_WRITE, event, &one, 8);
	tap_check_equal(tap, CALL(LINUX_EPOLL_WAIT, set, got, 2, 0), 0, "one shot is one");
	CALL(LINUX_CLOSE, event);
	tap_check_equal(tap, CALL(LINUX_EPOLL_WAIT, set, got, 2, 0), 0,
	                "a closed descriptor leaves the set");
	CALL(LINUX_CLOSE, set);
}

static void check_set_refusals(struct tap *tap)
{
	struct set_event wanted = {IN, 1};
	int64_t set = CALL(LINUX_EPOLL_CREATE1, 0);
	tap_check_equal(tap, CALL(LINUX_EPOLL_CTL, set, ADD, set, &wanted), ERR_INVALID_ARGS,
	                "a set is not its own member");
	tap_check_equal(tap, CALL(LINUX_EPOLL_CTL, set, ADD, 77, &wanted), ERR_BAD_HANDLE,
	                "nor is a wrong descriptor");
	tap_check_equal(tap, CALL(LINUX_EPOLL_CTL, 77, ADD, 1, &wanted), ERR_BAD_HANDLE,
	                "a wrong set is refused");
	tap_check_equal(tap, CALL(LINUX_EPOLL_CTL, set, ADD, 1, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "an event that is not there, too");
	tap_check_equal(tap, CALL(LINUX_EPOLL_WAIT, set, &wanted, 0, 0), ERR_INVALID_ARGS,
	                "and room for none");
	tap_check_equal(tap, CALL(LINUX_EPOLL_WAIT, set, &wanted, 1, 2), 0,
	                "waiting ends with its time");
	CALL(LINUX_CLOSE, set);
}

void check_polling(struct tap *tap)
{
	check_poll(tap);
	check_woken(tap);
	check_set(tap);
	check_set_refusals(tap);
}
