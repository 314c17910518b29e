/* inputd by its messages; then devmgrd. */
#include "device_services.h"
#include <abi/input.h>
#include <abi/services.h>
#include <string.h>

enum { EVENT = INPUT_EVENT_BYTES, MOST = INPUT_READ_EVENTS_MAX * INPUT_EVENT_BYTES };

uint64_t find(uint64_t service)
{
	uint64_t endpoint = 0;
	if (rustos_ipc_lookup_service_endpoint(service, &endpoint) != OK)
		rustos_process_exit(2);
	return endpoint;
}

struct input_answer {
	struct input_reply reply;
	struct input_stats stats;
};

static enum status ask_input(uint64_t endpoint, unsigned op, struct input_request request,
                             struct input_answer *out)
{
	const struct {
		struct ipc_message_header header;
		struct input_request request;
	} message = {{.version = IPC_ABI_VERSION,
	              .op = (uint16_t)op,
	              .payload_len = sizeof message.request},
	             request};
	uint64_t len = 0;
	*out = (struct input_answer){};
	enum status status =
	        rustos_ipc_call(endpoint, &message, sizeof message, out, sizeof *out, &len);
	return status == OK ? (enum status)out->reply.status : status;
}

int64_t input_reported(void)
{
	struct input_answer answer;
	enum status status =
	        ask_input(find(IPC_SERVICE_INPUTD), INPUT_STATS, (struct input_request){}, &answer);
	return status == OK ? (int64_t)answer.stats.lock_last_seq : (int64_t)status;
}

static void check_input(struct tap *tap)
{
	static const struct {
		struct input_request request;
		enum status status;
		uint64_t approved;
		const char *name;
	} cases[] = {
	        {{.access = 1, .requested_len = EVENT}, OK, EVENT, "one event may be read"},
	        {{.access = 2, .requested_len = 4 * EVENT + 5},
	         OK,
	         4 * EVENT,
	         "and whole ones only"},
	        {{.access = 2, .requested_len = 1 << 20}, OK, MOST, "not any number at once"},
	        {{.access = 1, .requested_len = EVENT - 1},
	         ERR_INVALID_ARGS,
	         0,
	         "none is too little"},
	        {{.access = 3, .requested_len = EVENT},
	         ERR_INVALID_ARGS,
	         0,
	         "of the classes there are"},
	        {{.access = 1, .uid = 7, .requested_len = EVENT},
	         ERR_ACCESS_DENIED,
	         0,
	         "and by nobody else"},
	};
	struct input_answer answer;
	uint64_t inputd = find(IPC_SERVICE_INPUTD);
	tap_check_equal(tap, ask_input(inputd, INPUT_PING, (struct input_request){}, &answer), OK,
	                "inputd lives");
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum status status =
		        ask_input(inputd, INPUT_AUTHORIZE_READ, cases[i].request, &answer);
		tap_check(tap,
		          status == cases[i].status &&
		                  answer.reply.approved_len == cases[i].approved,
		          cases[i].name);
	}
	tap_check_equal(tap, input_reported(), 0, "without a device nothing was reported");
	struct input_stats stats;
	tap_check_equal(tap, rustos_input_stats_broker(&stats), ERR_ACCESS_DENIED,
	                "the kernel's counters are for inputd");
}

int main(int, char **, char **)
{
	struct tap tap = {};
	check_input(&tap);
	check_devices(&tap);
	check_brokers(&tap);
	return tap_finish(&tap);
}
