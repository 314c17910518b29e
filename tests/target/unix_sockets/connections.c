/* Listeners, and who comes to them. */
#include "unix_sockets.h"
#include <string.h>

struct credentials {
	uint32_t pid, uid, gid;
};

static int64_t listener_make(const struct address *name, uint32_t len, uint32_t backlog)
{
	int64_t server = CALL(LINUX_SOCKET, LOCAL, STREAM, 0);
	CALL(LINUX_BIND, server, name, len);
	CALL(LINUX_LISTEN, server, backlog);
	return server;
}

static void check_service(struct tap *tap)
{
	enum { SOCKET = 1, PEER_CREDENTIALS = 17 };
	struct address name;
	struct credentials peer = {};
	uint32_t len = address_make(&name, "service", true), peer_len = sizeof peer;
	char bytes[8] = {};
	int64_t server = listener_make(&name, len, 4);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		int64_t client = CALL(LINUX_SOCKET, LOCAL, STREAM, 0);
		if (CALL(LINUX_CONNECT, client, &name, len) != OK ||
		    CALL(LINUX_WRITE, client, "ask", 3) != 3 ||
		    CALL(LINUX_READ, client, bytes, 8) != 4)
			CALL(LINUX_EXIT_GROUP, 1);
		CALL(LINUX_EXIT_GROUP, memcmp(bytes, "tell", 4) != 0);
	}
	int64_t accepted = CALL(LINUX_ACCEPT4, server, 0, 0, 0);
	tap_check(tap, accepted >= 0, "a connection is accepted");
	tap_check_equal(tap, CALL(LINUX_READ, accepted, bytes, 8), 3, "it asks");
	CALL(LINUX_GETSOCKOPT, accepted, SOCKET, PEER_CREDENTIALS, &peer, &peer_len);
	tap_check_equal(tap, peer.pid, pid, "who it is, is known");
	CALL(LINUX_WRITE, accepted, "tell", 4);
	int32_t status = -1;
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check_equal(tap, status, 0, "and it is told");
	tap_check_equal(tap, CALL(LINUX_READ, accepted, bytes, 8), 0, "then it is gone");
	CALL(LINUX_CLOSE, accepted);
	CALL(LINUX_CLOSE, server);
}

static void check_backlog(struct tap *tap)
{
	struct address name;
	uint32_t len = address_make(&name, "backlog", true);
	int64_t server = listener_make(&name, len, 0);
	int64_t first = CALL(LINUX_SOCKET, LOCAL, STREAM | NONBLOCK, 0);
	int64_t second = CALL(LINUX_SOCKET, LOCAL, STREAM | NONBLOCK, 0);
	int64_t packets = CALL(LINUX_SOCKET, LOCAL, PACKET, 0);
	char byte;
	tap_check_equal(tap, CALL(LINUX_CONNECT, packets, &name, len), ERR_WRONG_SOCKET_KIND,
	                "another kind of socket does not connect");
	tap_check_equal(tap, CALL(LINUX_READ, first, &byte, 1), ERR_INVALID_ARGS,
	                "before it is connected there is nothing to read");
	tap_check_equal(tap, CALL(LINUX_CONNECT, first, &name, len), OK, "one waits");
	tap_check_equal(tap, CALL(LINUX_CONNECT, second, &name, len), ERR_TRY_AGAIN,
	                "the next finds no room");
	tap_check_equal(tap, CALL(LINUX_CONNECT, first, &name, len), ERR_ALREADY_CONNECTED,
	                "a connection is one for ever");
	CALL(LINUX_CLOSE, server);
	tap_check_equal(tap, CALL(LINUX_READ, first, &byte, 1), 0,
	                "a listener takes who waits along");
	tap_check_equal(tap, CALL(LINUX_CONNECT, second, &name, len), ERR_CONNECTION_REFUSED,
	                "and is no more");
	CALL(LINUX_CLOSE, first);
	CALL(LINUX_CLOSE, second);
	CALL(LINUX_CLOSE, packets);
}

void check_connections(struct tap *tap)
{
	check_service(tap);
	check_backlog(tap);
}
