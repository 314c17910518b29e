/* Bytes through a connected pair. */
#include "unix_sockets.h"
#include <string.h>

enum { READY_READ = 1, READY_WRITE = 4, READY_HANGUP = 0x10, READY_PEER_CLOSED = 0x2000 };

static void check_bytes(struct tap *tap)
{
	int32_t pair[2];
	char bytes[16] = {};
	pair_make(pair, STREAM | NONBLOCK);
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], bytes, 4), ERR_TRY_AGAIN,
	                "a stream is empty");
	tap_check_equal(tap, ready(pair[0]), READY_WRITE, "and can be written");
	CALL(LINUX_WRITE, pair[1], "abc", 3);
	CALL(LINUX_WRITE, pair[1], "defg", 4);
	tap_check_equal(tap, ready(pair[0]), READY_READ | READY_WRITE, "bytes make it readable");
	int32_t waiting = 0;
	CALL(LINUX_IOCTL, pair[0], 0x541b, &waiting);
	tap_check_equal(tap, waiting, 7, "it says how many");
	tap_check_equal(tap, CALL(LINUX_RECVFROM, pair[0], bytes, 3, PEEK), 3, "a peek takes none");
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], bytes, 16), 7, "they come as one run");
	tap_check(tap, memcmp(bytes, "abcdefg", 7) == 0, "in order");
	tap_check_equal(tap, CALL(LINUX_WRITE, pair[0], "back", 4), 4, "the other way too");
	tap_check_equal(tap, CALL(LINUX_READ, pair[1], bytes, 16), 4, "at once");
	pair_close(pair);
}

static void check_end(struct tap *tap)
{
	int32_t pair[2];
	char bytes[8];
	pair_make(pair, STREAM);
	CALL(LINUX_WRITE, pair[1], "xy", 2);
	tap_check_equal(tap, CALL(LINUX_SHUTDOWN, pair[1], 1), OK, "one side stops writing");
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], bytes, 8), 2, "what was sent arrives");
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], bytes, 8), 0, "then the end");
	tap_check_equal(tap, CALL(LINUX_SENDTO, pair[1], "z", 1, NO_SIGNAL), ERR_BROKEN_PIPE,
	                "it cannot write any more");
	tap_check_equal(tap, CALL(LINUX_WRITE, pair[0], "w", 1), 1, "the other still can");
	CALL(LINUX_CLOSE, pair[1]);
	tap_check_equal(tap, CALL(LINUX_SENDTO, pair[0], "z", 1, NO_SIGNAL), ERR_BROKEN_PIPE,
	                "not to a closed one");
	tap_check_equal(tap, ready(pair[0]),
	                READY_READ | READY_WRITE | READY_HANGUP | READY_PEER_CLOSED,
	                "poll says that it hung up");
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], bytes, 8), ERR_PEER_RESET,
	                "bytes that nobody read are an error");
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], bytes, 8), 0, "told once");
	CALL(LINUX_CLOSE, pair[0]);
}

/* More than a socket holds, so that both sides wait for each other. */
static void check_flood(struct tap *tap)
{
	enum { BLOCK = 4096, BLOCKS = 256 };
	static char block[BLOCK];
	int32_t pair[2];
	pair_make(pair, STREAM);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		for (int i = 0; i < BLOCKS; i++) {
			memset(block, i, BLOCK);
			if (CALL(LINUX_WRITE, pair[1], block, BLOCK) != BLOCK)
				CALL(LINUX_EXIT_GROUP, 1);
		}
		CALL(LINUX_EXIT_GROUP, 0);
	}
	CALL(LINUX_CLOSE, pair[1]);
	size_t got = 0, wrong = 0;
	for (int64_t len; (len = CALL(LINUX_READ, pair[0], block, 3000)) > 0;) {
		for (int64_t i = 0; i < len; i++, got++)
			wrong += (unsigned char)block[i] != got / BLOCK % 256;
	}
	int32_t status = -1;
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check_equal(tap, (int64_t)got, BLOCK * BLOCKS, "a megabyte goes through");
	tap_check_equal(tap, (int64_t)wrong, 0, "each byte as it was");
	tap_check_equal(tap, status, 0, "the writer ended well");
	CALL(LINUX_CLOSE, pair[0]);
}

static void check_full(struct tap *tap)
{
	static char block[65536];
	int32_t pair[2];
	int64_t sent = 0, len;
	pair_make(pair, STREAM | NONBLOCK);
	while ((len = CALL(LINUX_WRITE, pair[0], block, sizeof block)) > 0)
		sent += len;
	tap_check_equal(tap, len, ERR_TRY_AGAIN, "a full stream takes no more");
	tap_check(tap, sent >= 200000 && sent < 300000, "it held about 208 KiB");
	tap_check(tap, !(ready(pair[0]) & READY_WRITE), "poll knows");
	CALL(LINUX_READ, pair[1], block, sizeof block);
	tap_check(tap, ready(pair[0]) & READY_WRITE, "room makes it writable");
	pair_close(pair);
}

static void check_time_limit(struct tap *tap)
{
	enum { SOCKET = 1, RECEIVE_TIMEOUT = 20 };
	int64_t time[2] = {0, 1000};
	char byte;
	int32_t pair[2];
	pair_make(pair, STREAM);
	tap_check_equal(tap,
	                CALL(LINUX_SETSOCKOPT, pair[0], SOCKET, RECEIVE_TIMEOUT, time, sizeof time),
	                OK, "a receiver gets a time limit");
	tap_check_equal(tap, CALL(LINUX_RECVFROM, pair[0], &byte, 1, 0), ERR_TRY_AGAIN,
	                "and hears when it passed");
	pair_close(pair);
}

void check_streams(struct tap *tap)
{
	check_bytes(tap);
	check_end(tap);
	check_flood(tap);
	check_full(tap);
	check_time_limit(tap);
}
