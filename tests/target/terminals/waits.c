/* VMIN and VTIME: termios(3). Nothing here depends on how long a wait takes. */
#include "terminals.h"

static void check_minimum(struct tap *tap)
{
	struct pair pair = pair_make(NOT_TAKING);
	char bytes[16];
	make_raw(pair.terminal, 3, 0);
	type(pair.other, "ab");
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		type(pair.other, "c");
		CALL(LINUX_EXIT_GROUP, 0);
	}
	tap_check(tap, gives(pair.terminal, "abc"), "a read waits for as many as it should");
	wait_for(pid);
	type(pair.other, "de");
	tap_check_equal(tap, CALL(LINUX_READ, pair.terminal, bytes, 2), 2,
	                "but for no more than it wants");
	pair_close(&pair);
}

static void check_time(struct tap *tap)
{
	struct pair pair = pair_make(NOT_TAKING);
	make_raw(pair.terminal, 0, 0);
	tap_check(tap, gives(pair.terminal, ""), "without a minimum it does not wait");
	tap_check(tap, !(ready(pair.terminal) & IN), "though there is nothing");
	make_raw(pair.terminal, 0, 1);
	uint64_t before = 0, after = 0;
	(void)!rustos_clock_now(&before);
	bool empty = gives(pair.terminal, "");
	(void)!rustos_clock_now(&after);
	tap_check(tap, empty, "a time is waited for, in vain");
	tap_check(tap, after - before >= 100000000, "and not less");
	type(pair.other, "x");
	tap_check(tap, gives(pair.terminal, "x"), "what is there needs no time");
	make_raw(pair.terminal, 4, 1);
	type(pair.other, "yz");
	tap_check(tap, gives(pair.terminal, "yz"), "between bytes too there is a time");
	pair_close(&pair);
	pair = pair_make(NOT_TAKING | NONBLOCK);
	make_raw(pair.terminal, 0, 1);
	char byte;
	tap_check_equal(tap, CALL(LINUX_READ, pair.terminal, &byte, 1), ERR_TRY_AGAIN,
	                "who will not wait is told");
	pair_close(&pair);
}

void check_waits(struct tap *tap)
{
	check_minimum(tap);
	check_time(tap);
}
