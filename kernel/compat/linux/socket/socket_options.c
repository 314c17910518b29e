/* Options of sockets. */
#include "compat/linux/socket/sockets.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>

/* Linux include/uapi/asm-generic/socket.h */
enum linux_socket_option {
	LINUX_SO_REUSE_ADDRESS = 2,
	LINUX_SO_KIND = 3,
	LINUX_SO_ERROR = 4,
	LINUX_SO_BROADCAST = 6,
	LINUX_SO_SEND_BYTES = 7,
	LINUX_SO_RECEIVE_BYTES = 8,
	LINUX_SO_KEEP_ALIVE = 9,
	LINUX_SO_LINGER = 13,
	LINUX_SO_PASS_CREDENTIALS = 16,
	LINUX_SO_PEER_CREDENTIALS = 17,
	LINUX_SO_RECEIVE_TIMEOUT = 20,
	LINUX_SO_SEND_TIMEOUT = 21,
	LINUX_SO_ACCEPTS = 30,
	LINUX_SO_SEND_BYTES_FORCE = 32,
	LINUX_SO_RECEIVE_BYTES_FORCE = 33,
	LINUX_SO_PROTOCOL = 38,
	LINUX_SO_DOMAIN = 39,
};

enum { NS_OF_SECOND = 1000000000, NS_OF_MICROSECOND = 1000, MICROSECONDS = 1000000 };

static struct linux_timeval linux_timeout_value(uint64_t ns)
{
	return (struct linux_timeval){(int64_t)(ns / NS_OF_SECOND),
	                              (int64_t)(ns % NS_OF_SECOND / NS_OF_MICROSECOND)};
}

/* Cut to what the caller has room for, and how long it is. */
static int64_t linux_put_option(uintptr_t out, uintptr_t out_len, const void *value, uint32_t len)
{
	uint32_t capacity;
	TRY(user_copy_in(&capacity, (struct user_in){out_len, sizeof capacity}));
	if ((int32_t)capacity < 0)
		return ERR_INVALID_ARGS;
	len = len < capacity ? len : capacity;
	TRY(user_copy_out((struct user_out){out, len}, value));
	return user_copy_out((struct user_out){out_len, sizeof len}, &len);
}

static enum status linux_socket_number(struct file *file, const struct unix_facts *facts,
                                       uint32_t option, int32_t *out)
{
	enum status error = OK;
	switch (option) {
	case LINUX_SO_KIND:
		*out = facts->kind;
		return OK;
	case LINUX_SO_ERROR:
		TRY(unix_socket_take_error(file, &error));
		*out = -(int32_t)error;
		return OK;
	case LINUX_SO_SEND_BYTES:
	case LINUX_SO_RECEIVE_BYTES:
		*out = UNIX_QUEUE_BYTES;
		return OK;
	case LINUX_SO_PASS_CREDENTIALS:
		*out = facts->passes_credentials;
		return OK;
	case LINUX_SO_ACCEPTS:
		*out = facts->is_listening;
		return OK;
	case LINUX_SO_DOMAIN:
		*out = LINUX_AF_UNIX;
		return OK;
	case LINUX_SO_REUSE_ADDRESS:
	case LINUX_SO_BROADCAST:
	case LINUX_SO_KEEP_ALIVE:
	case LINUX_SO_PROTOCOL:
		*out = 0;
		return OK;
	default:
		return ERR_NO_SUCH_OPTION;
	}
}

int64_t linux_getsockopt(int32_t descriptor, uint32_t level, uint32_t option, uintptr_t out,
                         uintptr_t out_len)
{
	LINUX_FILE file = NULL;
	struct unix_facts facts;
	TRY(linux_file_get(descriptor, &file));
	TRY(unix_socket_facts(file, &facts));
	if (level != LINUX_SOL_SOCKET)
		return ERR_NOT_SUPPORTED;
	if (option == LINUX_SO_PEER_CREDENTIALS) {
		struct unix_credentials peer = facts.peer;
		if (!peer.pid)
			peer.uid = peer.gid = UINT32_MAX;
		return linux_put_option(out, out_len, &peer, sizeof peer);
	}
	if (option == LINUX_SO_RECEIVE_TIMEOUT || option == LINUX_SO_SEND_TIMEOUT) {
		bool receives = option == LINUX_SO_RECEIVE_TIMEOUT;
		struct linux_timeval time = linux_timeout_value(receives ? facts.receive_timeout_ns
		                                                         : facts.send_timeout_ns);
		return linux_put_option(out, out_len, &time, sizeof time);
	}
	if (option == LINUX_SO_LINGER) {
		static const int32_t off[2];
		return linux_put_option(out, out_len, off, sizeof off);
	}
	int32_t value;
	TRY(linux_socket_number(file, &facts, option, &value));
	return linux_put_option(out, out_len, &value, sizeof value);
}

static int64_t linux_set_timeout(struct file *file, uint32_t option, uintptr_t value, uint32_t len)
{
	struct linux_timeval time;
	enum { SECONDS_MAX = 1 << 30 };
	if (len < sizeof time)
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(&time, (struct user_in){value, sizeof time}));
	if (time.microseconds < 0 || time.microseconds >= MICROSECONDS)
		return ERR_OUT_OF_RANGE;
	bool none = time.seconds < 0 || time.seconds > SECONDS_MAX;
	uint64_t ns = none ? 0
	                   : (uint64_t)time.seconds * NS_OF_SECOND +
	                              (uint64_t)time.microseconds * NS_OF_MICROSECOND;
	return unix_socket_set_timeout(file, option == LINUX_SO_SEND_TIMEOUT, ns);
}

int64_t linux_setsockopt(int32_t descriptor, uint32_t level, uint32_t option, uintptr_t value,
                         uint32_t len)
{
	LINUX_FILE file = NULL;
	int32_t number;
	TRY(linux_file_get(descriptor, &file));
	if (!file_is_unix_socket(file))
		return ERR_NOT_SOCKET;
	if (level != LINUX_SOL_SOCKET)
		return ERR_NOT_SUPPORTED;
	if (option == LINUX_SO_RECEIVE_TIMEOUT || option == LINUX_SO_SEND_TIMEOUT)
		return linux_set_timeout(file, option, value, len);
	if (len < sizeof number)
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(&number, (struct user_in){value, sizeof number}));
	switch (option) {
	case LINUX_SO_PASS_CREDENTIALS:
		return unix_socket_set_passes_credentials(file, number);
	case LINUX_SO_REUSE_ADDRESS: /* these have no meaning here, as in Linux */
	case LINUX_SO_BROADCAST:
	case LINUX_SO_KEEP_ALIVE:
	case LINUX_SO_LINGER:
	case LINUX_SO_SEND_BYTES: /* hints; the room is fixed */
	case LINUX_SO_RECEIVE_BYTES:
	case LINUX_SO_SEND_BYTES_FORCE:
	case LINUX_SO_RECEIVE_BYTES_FORCE:
		return OK;
	default:
		return ERR_NO_SUCH_OPTION;
	}
}
