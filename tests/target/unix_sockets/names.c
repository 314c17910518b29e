/* What may be made, and what it is called. */
#include "unix_sockets.h"
#include <string.h>

static void check_kinds(struct tap *tap)
{
	enum { INTERNET = 2, RAW = 3 };
	int32_t pair[2];
	tap_check_equal(tap, CALL(LINUX_SOCKET, INTERNET, STREAM, 0), ERR_NO_ADDRESS_FAMILY,
	                "there is no internet yet");
	tap_check_equal(tap, CALL(LINUX_SOCKET, LOCAL, RAW, 0), ERR_NO_SUCH_SOCKET_KIND,
	                "kinds that are not there are refused");
	tap_check_equal(tap, CALL(LINUX_SOCKET, LOCAL, STREAM, 7), ERR_NO_SUCH_PROTOCOL,
	                "so are protocols");
	tap_check_equal(tap, CALL(LINUX_SOCKETPAIR, LOCAL, STREAM, 0, 0x1000), ERR_BAD_ADDRESS,
	                "a pair that cannot be told leaves nothing");
	CALL(LINUX_PIPE, pair);
	tap_check_equal(tap, CALL(LINUX_LISTEN, pair[0], 1), ERR_NOT_SOCKET, "a pipe is no socket");
	pair_close(pair);
}

static void check_paths(struct tap *tap)
{
	struct address name, got = {};
	uint32_t len = address_make(&name, "/tmp/unix_sockets.test", false), got_len = sizeof got;
	int64_t server = CALL(LINUX_SOCKET, LOCAL, STREAM, 0);
	int64_t client = CALL(LINUX_SOCKET, LOCAL, STREAM, 0);
	CALL(LINUX_UNLINK, name.path);
	tap_check_equal(tap, CALL(LINUX_CONNECT, client, &name, len), ERR_NOT_FOUND,
	                "no such file, no such socket");
	tap_check_equal(tap, CALL(LINUX_BIND, server, &name, len), OK, "a path is a name");
	tap_check_equal(tap, CALL(LINUX_BIND, client, &name, len), ERR_ADDRESS_IN_USE,
	                "of one socket");
	tap_check_equal(tap, CALL(LINUX_CONNECT, client, &name, len), ERR_CONNECTION_REFUSED,
	                "that must listen");
	tap_check_equal(tap, CALL(LINUX_GETSOCKNAME, server, &got, &got_len), OK, "it is told");
	tap_check(tap, got_len == len + 1 && memcmp(got.path, name.path, len - 1) == 0,
	          "with its NUL");
	CALL(LINUX_LISTEN, server, 1);
	tap_check_equal(tap, CALL(LINUX_CONNECT, client, &name, len), OK, "who listens is found");
	CALL(LINUX_CLOSE, server);
	CALL(LINUX_CLOSE, client);
	client = CALL(LINUX_SOCKET, LOCAL, STREAM, 0);
	tap_check_equal(tap, CALL(LINUX_CONNECT, client, &name, len), ERR_CONNECTION_REFUSED,
	                "the file outlives its socket");
	tap_check_equal(tap, CALL(LINUX_UNLINK, name.path), OK, "and goes like any other");
	CALL(LINUX_CLOSE, client);
}

void check_names(struct tap *tap)
{
	check_kinds(tap);
	check_paths(tap);
}
