/* What netd decides, asked by socket(2) and by messages. Numbers are those of Linux, x86-64. */
#include <abi/net.h>
#include <abi/services.h>
#include <linux_calls/api.h>
#include <tap/api.h>

enum { LOCAL = 1, INTERNET = 2, UNKNOWN = 99, STREAM = 1, RAW = 3, NONSENSE = 9 };

static void check_calls(struct tap *tap)
{
	int32_t pair[2];
	int64_t local = CALL(LINUX_SOCKET, LOCAL, STREAM, 0);
	tap_check(tap, local >= 0, "a local socket is nobody's to decide");
	CALL(LINUX_CLOSE, local);
	tap_check_equal(tap, CALL(LINUX_SOCKET, INTERNET, STREAM, 0), ERR_NO_ADDRESS_FAMILY,
	                "there are no internet protocols yet");
	tap_check_equal(tap, CALL(LINUX_SOCKET, INTERNET, 5, 0), ERR_NO_SUCH_SOCKET_KIND,
	                "some kinds they will never have");
	tap_check_equal(tap, CALL(LINUX_SOCKET, INTERNET, NONSENSE, 0), ERR_INVALID_ARGS,
	                "and some nobody has");
	tap_check_equal(tap, CALL(LINUX_SOCKET, UNKNOWN, STREAM, 0), ERR_NO_ADDRESS_FAMILY,
	                "nobody has this family");
	tap_check_equal(tap, CALL(LINUX_SOCKETPAIR, INTERNET, STREAM, 0, pair),
	                ERR_NO_ADDRESS_FAMILY, "in pairs neither");
}

struct answer {
	struct net_reply reply;
	struct net_fault_rule rules[2];
};

static enum status ask(uint64_t endpoint, unsigned op, struct net_request request,
                       struct answer *out)
{
	const struct {
		struct ipc_message_header header;
		struct net_request request;
	} message = {{.version = IPC_ABI_VERSION,
	              .op = (uint16_t)op,
	              .payload_len = sizeof message.request},
	             request};
	uint64_t len = 0;
	*out = (struct answer){};
	enum status status =
	        rustos_ipc_call(endpoint, &message, sizeof message, out, sizeof *out, &len);
	return status == OK ? (enum status)out->reply.status : status;
}

static void check_messages(struct tap *tap)
{
	struct answer answer;
	uint64_t netd = 0;
	if (rustos_ipc_lookup_service_endpoint(IPC_SERVICE_NETD, &netd) != OK)
		rustos_process_exit(2);
	const struct net_request raw = {.uid = 7, .args = {INTERNET, RAW}};
	tap_check_equal(tap, ask(netd, NET_SOCKET, raw, &answer), ERR_NOT_PERMITTED,
	                "raw sockets are for the superuser");
	tap_check_equal(tap, ask(netd, NET_BIND, raw, &answer), ERR_NOT_IMPLEMENTED,
	                "no socket is netd's own yet");
	enum status status = ask(netd, NET_FAULT_RULES, (struct net_request){}, &answer);
	tap_check(tap, status == OK && answer.reply.value == 2, "it tells the rules of two points");
	tap_check(tap,
	          str_equal(str_from_c((const char *)answer.rules[0].point), STR("socket.send")) &&
	                  str_equal(str_from_c((const char *)answer.rules[1].point),
	                            STR("socket.recv")),
	          "by their names");
	bool sound = answer.rules[0].action[0] || !answer.rules[0].hits;
	tap_check(tap, sound, "what has no rule counts nothing");
	const struct net_broker_args args = {.op = NET_BROKER_FAULT_RULE};
	tap_check_equal(tap, rustos_net_broker(&args), ERR_ACCESS_DENIED,
	                "the kernel tells them to netd alone");
}

int main(int, char **, char **)
{
	struct tap tap = {};
	check_calls(&tap);
	check_messages(&tap);
	return tap_finish(&tap);
}
