/* inputd: who may read input devices. */
#include <rt/api.h>
#include <rt/input_service.h>
#include <string.h>

struct input_service {
	uint64_t refused; /* reads */
};

enum status input_op_ping(struct input_service *, const struct input_request *,
                          struct input_reply *, struct service_call *)
{
	return OK;
}

enum status input_op_stats(struct input_service *, const struct input_request *,
                           struct input_reply *, struct service_call *call)
{
	struct input_stats stats;
	TRY(rustos_input_stats_broker(&stats));
	uint8_t *room = service_reply_room(call, sizeof stats);
	if (!room)
		return ERR_MESSAGE_TOO_BIG;
	memcpy(room, &stats, sizeof stats);
	return OK;
}

enum status input_op_authorize_read(struct input_service *self, const struct input_request *in,
                                    struct input_reply *out, struct service_call *)
{
	enum { MOST = INPUT_READ_EVENTS_MAX * INPUT_EVENT_BYTES };
	if (in->access != INPUT_ACCESS_NATIVE && in->access != INPUT_ACCESS_EVDEV)
		return ERR_INVALID_ARGS;
	if (in->requested_len < INPUT_EVENT_BYTES)
		return ERR_INVALID_ARGS;
	if (in->uid != 0) {
		self->refused++;
		service_log("inputd", LOG_LEVEL_WARN, "pid=%llu may not read input, refusing",
		            (unsigned long long)in->pid);
		return ERR_ACCESS_DENIED;
	}
	uint64_t len = in->requested_len < MOST ? in->requested_len : MOST;
	out->approved_len = len - len % INPUT_EVENT_BYTES;
	return OK;
}

int main(int, char **, char **)
{
	struct input_service self = {};
	const struct service_definition definition = {.interface = &input_interface, .self = &self};
	service_log("inputd", LOG_LEVEL_INFO, "service start");
	enum status status = service_run(&definition);
	service_log("inputd", LOG_LEVEL_ERROR, "%s, giving up", status_name(status));
	return 1;
}
