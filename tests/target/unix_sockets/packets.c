/* Sockets that keep messages apart. */
#include "unix_sockets.h"
#include <string.h>

static void check_boundaries(struct tap *tap, uint32_t kind, const char *name)
{
	int32_t pair[2];
	char bytes[8] = {};
	pair_make(pair, kind | NONBLOCK);
	CALL(LINUX_WRITE, pair[0], "one", 3);
	CALL(LINUX_WRITE, pair[0], "twenty", 6);
	CALL(LINUX_SENDTO, pair[0], "", 0, 0);
	tap_check_equal(tap, CALL(LINUX_READ, pair[1], bytes, 8), 3, name);
	tap_check_equal(tap, CALL(LINUX_RECVFROM, pair[1], bytes, 2, TRUNCATE), 6,
	                "the whole length is told");
	tap_check(tap, memcmp(bytes, "tw", 2) == 0, "and what fits comes");
	tap_check_equal(tap, CALL(LINUX_RECVFROM, pair[1], bytes, 8, DO_NOT_WAIT), 0,
	                "an empty message is one, the cut one's rest is gone");
	tap_check_equal(tap, CALL(LINUX_READ, pair[1], bytes, 8), ERR_TRY_AGAIN, "no more");
	pair_close(pair);
}

static void check_sizes(struct tap *tap)
{
	static char large[212993];
	int32_t pair[2];
	pair_make(pair, DATAGRAM | NONBLOCK);
	tap_check_equal(tap, CALL(LINUX_WRITE, pair[0], large, sizeof large), ERR_MESSAGE_TOO_BIG,
	                "a message beyond the socket's room is refused");
	tap_check_equal(tap, CALL(LINUX_WRITE, pair[0], large, 200000), 200000,
	                "a large one is not");
	tap_check_equal(tap, CALL(LINUX_READ, pair[1], large, sizeof large), 200000,
	                "and comes in one piece");
	pair_close(pair);
}

static void check_addressed(struct tap *tap)
{
	struct address here, from = {};
	uint32_t len = address_make(&here, "dgram", true), from_len = sizeof from;
	char bytes[8];
	int64_t server = CALL(LINUX_SOCKET, LOCAL, DATAGRAM, 0);
	int64_t client = CALL(LINUX_SOCKET, LOCAL, DATAGRAM, 0);
	CALL(LINUX_BIND, server, &here, len);
	tap_check_equal(tap, CALL(LINUX_SENDTO, client, "hi", 2, 0, 0, 0), ERR_NOT_CONNECTED,
	                "a datagram needs somewhere to go");
	tap_check_equal(tap, CALL(LINUX_SENDTO, client, "hi", 2, 0, &here, len), 2,
	                "it goes to a name");
	CALL(LINUX_BIND, client, &here, 2); /* any name */
	CALL(LINUX_SENDTO, client, "you", 3, 0, &here, len);
	CALL(LINUX_READ, server, bytes, 8);
	tap_check_equal(tap, CALL(LINUX_RECVFROM, server, bytes, 8, 0, &from, &from_len), 3,
	                "and says where it came from");
	tap_check_equal(tap, from_len, 2 + 6, "by a name that was made up");
	tap_check_equal(tap, CALL(LINUX_SENDTO, server, "yes", 3, 0, &from, from_len), 3,
	                "which can be answered");
	tap_check_equal(tap, CALL(LINUX_CONNECT, client, &here, len), OK,
	                "a datagram socket connects");
	tap_check_equal(tap, CALL(LINUX_WRITE, client, "x", 1), 1, "and then just writes");
	CALL(LINUX_CLOSE, server);
	tap_check_equal(tap, CALL(LINUX_WRITE, client, "x", 1), ERR_CONNECTION_REFUSED,
	                "until nobody is there");
	CALL(LINUX_CLOSE, client);
}

void check_packets(struct tap *tap)
{
	check_boundaries(tap, DATAGRAM, "datagrams stay apart");
	check_boundaries(tap, PACKET, "packets stay apart");
	check_sizes(tap);
	check_addressed(tap);
}
