#include "../../test.h"
#include <service/api.h>
#include <string.h>

/* A service that doubles numbers, and a transport that hands it prepared messages. */
struct doubler_request {
	uint64_t number;
};
struct doubler_reply {
	int32_t status;
	uint32_t len;
	uint64_t doubled;
	uint64_t rest;
};

enum { OP_DOUBLE = 1, OP_LATER, OP_ANSWER, OP_FILL, OP_NONE, OP_COUNT };

struct doubler {
	uint64_t kept_cap, cancelled, undelivered;
	unsigned waits; /* events.wait was called */
	uint64_t deadline_ns; /* that it tells */
	unsigned waits_max; /* after so many it wants to end; 0: never */
};

static enum status run_double(void *, const void *in, void *out, struct service_call *call)
{
	const struct doubler_request *request = in;
	struct doubler_reply *reply = out;
	if (request->number == 0)
		return ERR_NOT_FOUND;
	reply->doubled = 2 * request->number;
	uint8_t *room = service_reply_room(call, call->len);
	memcpy(room, call->bytes, call->len);
	return OK;
}

static enum status run_later(void *self, const void *, void *, struct service_call *call)
{
	((struct doubler *)self)->kept_cap = call->info->reply_cap;
	call->later = true;
	return OK;
}

static enum status run_answer(void *self, const void *, void *, struct service_call *call)
{
	const struct doubler_reply late = {.status = OK, .doubled = 7};
	return service_answer(call->loop, ((struct doubler *)self)->kept_cap, &late, sizeof late);
}

static enum status run_fill(void *, const void *, void *, struct service_call *call)
{
	assert_null(service_scratch(call, SERVICE_SCRATCH_BYTES + 1));
	assert_null(service_scratch(call, SIZE_MAX));
	assert_non_null(service_scratch(call, SERVICE_SCRATCH_BYTES));
	assert_null(service_scratch(call, 1));
	assert_null(service_reply_room(call, IPC_MAX_INLINE_BYTES));
	assert_non_null(service_reply_room(call, call->reply_capacity));
	assert_null(service_reply_room(call, 1));
	return OK;
}

static const struct service_operation operations[OP_COUNT] = {
        [OP_DOUBLE] = {"double", run_double},
        [OP_LATER] = {"later", run_later},
        [OP_ANSWER] = {"answer", run_answer},
        [OP_FILL] = {"fill", run_fill},
};
static const struct service_interface doubler_interface = {
        .name = "doubler",
        .request_size = sizeof(struct doubler_request),
        .reply_size = sizeof(struct doubler_reply),
        .operations = operations,
        .operation_count = OP_COUNT,
};

struct message {
	struct ipc_message_header header;
	struct doubler_request request;
	uint8_t tail[8];
};

struct wire {
	const struct message *messages; /* message i is answered by capability i + 1 */
	size_t lens[8];
	uint32_t kinds[8];
	size_t count, taken, replies, combined;
	bool combines; /* it can answer and receive in one */
	unsigned pauses; /* so many waits end without a message */
	uint64_t deadline_ns; /* of the last wait */
	uint64_t caps[8];
	size_t reply_lens[8];
	struct doubler_reply answers[8];
	uint8_t reply_tails[8];
	enum status refuse; /* what replies longer than an error are refused with */
};

static enum status wire_receive(void *context, void *buffer, uint64_t capacity,
                                uint64_t deadline_ns, struct service_received *received)
{
	struct wire *wire = context;
	wire->deadline_ns = deadline_ns;
	if (wire->pauses && wire->pauses--)
		return deadline_ns ? ERR_TIMED_OUT : ERR_INTERRUPTED;
	if (wire->taken == wire->count)
		return ERR_NOT_CONNECTED;
	size_t i = wire->taken++, len = wire->lens[i] ? wire->lens[i] : sizeof(struct message);
	assert_true(len <= capacity);
	memcpy(buffer, &wire->messages[i], len);
	received->info = (struct ipc_message_info){
	        .reply_cap = i + 1, .kind = wire->kinds[i] ? wire->kinds[i] : IPC_MESSAGE_REQUEST};
	received->len = len;
	return OK;
}

static enum status wire_reply(void *context, uint64_t reply_cap, const void *reply, uint64_t len)
{
	struct wire *wire = context;
	if (wire->refuse != OK && len > SERVICE_ERROR_REPLY_BYTES)
		return wire->refuse;
	size_t i = wire->replies++, fixed = sizeof(struct doubler_reply);
	wire->caps[i] = reply_cap;
	wire->reply_lens[i] = len;
	memcpy(&wire->answers[i], reply, len < fixed ? len : fixed);
	if (len > fixed)
		wire->reply_tails[i] = ((const uint8_t *)reply)[fixed];
	return OK;
}

static void on_cancelled(void *self, uint64_t reply_cap)
{
	((struct doubler *)self)->cancelled = reply_cap;
}

static void on_undelivered(void *self, const struct ipc_message_header *header, const void *in,
                           const void *out)
{
	assert_int_equal(header->op, OP_DOUBLE);
	assert_int_equal(((const struct doubler_request *)in)->number, 4);
	assert_int_equal(((const struct doubler_reply *)out)->doubled, 8);
	((struct doubler *)self)->undelivered++;
}

static struct message message_of(uint16_t op, uint64_t number)
{
	return (struct message){.header = {.version = IPC_ABI_VERSION,
	                                   .op = op,
	                                   .payload_len = sizeof(struct message) -
	                                                  sizeof(struct ipc_message_header)},
	                        .request = {number},
	                        .tail = {9}};
}

static enum status wire_reply_receive(void *context, uint64_t reply_cap, uint64_t len, void *buffer,
                                      struct service_received *received)
{
	enum status status = wire_reply(context, reply_cap, buffer, len);
	((struct wire *)context)->combined++;
	return status == OK ? wire_receive(context, buffer, IPC_MAX_INLINE_BYTES, 0, received)
	                    : status;
}

static struct doubler serve(struct wire *wire)
{
	static uint8_t memory[SERVICE_MEMORY_BYTES] __attribute__((aligned(16)));
	struct doubler self = {};
	const struct service_definition definition = {
	        .interface = &doubler_interface,
	        .self = &self,
	        .events = {.cancelled = wire->combines ? NULL : on_cancelled,
	                   .undelivered = on_undelivered}};
	const struct service_transport transport = {wire, wire_receive, wire_reply,
	                                            wire_reply_receive, NULL};
	assert_int_equal(service_serve(&definition, &transport, memory), ERR_NOT_CONNECTED);
	return self;
}

static void an_operation_answers_with_its_structure_and_bytes(void **)
{
	const struct message messages[] = {message_of(OP_DOUBLE, 4), message_of(OP_DOUBLE, 0)};
	struct wire wire = {.messages = messages, .count = 2};
	(void)serve(&wire);
	assert_int_equal(wire.replies, 2);
	assert_int_equal(wire.answers[0].status, OK);
	assert_int_equal(wire.answers[0].doubled, 8);
	assert_int_equal(wire.answers[0].len, 8);
	assert_int_equal(wire.reply_lens[0], sizeof(struct doubler_reply) + 8);
	assert_int_equal(wire.reply_tails[0], 9);
	assert_int_equal(wire.answers[1].status, ERR_NOT_FOUND);
	assert_int_equal(wire.reply_lens[1], SERVICE_ERROR_REPLY_BYTES);
}

static void a_malformed_request_never_reaches_an_operation(void **)
{
	struct message messages[7];
	for (size_t i = 0; i < COUNT(messages); i++)
		messages[i] = message_of(OP_DOUBLE, 4);
	struct wire wire = {.messages = messages, .count = COUNT(messages)};
	messages[0].header.version = 2;
	messages[1].header.op = OP_NONE;
	messages[2].header.op = OP_COUNT;
	messages[3].header.payload_len--;
	messages[4].header.handle_count = 1;
	wire.lens[5] = sizeof(struct ipc_message_header) - 1;
	wire.lens[6] = sizeof(struct ipc_message_header) + sizeof(struct doubler_request) - 1;
	messages[6].header.payload_len = sizeof(struct doubler_request) - 1;
	(void)serve(&wire);
	static const int want[] = {ERR_INVALID_ARGS, ERR_NOT_IMPLEMENTED, ERR_NOT_IMPLEMENTED,
	                           ERR_INVALID_ARGS, ERR_INVALID_ARGS,    ERR_INVALID_ARGS,
	                           ERR_INVALID_ARGS};
	assert_int_equal(wire.replies, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(wire.answers[i].status, want[i]);
}

static void an_answer_can_come_later(void **)
{
	const struct message messages[] = {message_of(OP_LATER, 0), message_of(OP_DOUBLE, 1),
	                                   message_of(OP_ANSWER, 0)};
	struct wire wire = {.messages = messages, .count = 3};
	(void)serve(&wire);
	assert_int_equal(wire.replies, 3);
	assert_int_equal(wire.caps[0], 2);
	assert_int_equal(wire.caps[1], 1);
	assert_int_equal(wire.answers[1].doubled, 7);
	assert_int_equal(wire.caps[2], 3);
}

static void room_for_replies_and_scratch_is_bounded(void **)
{
	const struct message messages[] = {message_of(OP_FILL, 0), message_of(OP_FILL, 0)};
	struct wire wire = {.messages = messages, .count = 2};
	(void)serve(&wire);
	assert_int_equal(wire.reply_lens[1], IPC_MAX_INLINE_BYTES);
}

static void a_cancel_message_goes_to_the_service(void **)
{
	const struct message messages[] = {message_of(OP_LATER, 0), {}};
	struct wire wire = {.messages = messages, .count = 2, .kinds = {0, IPC_MESSAGE_CANCEL}};
	assert_int_equal(serve(&wire).cancelled, 2);
	assert_int_equal(wire.replies, 0);
}

static void the_service_hears_of_a_reply_that_was_lost(void **)
{
	const struct message messages[] = {message_of(OP_DOUBLE, 4)};
	struct wire gone = {.messages = messages, .count = 1, .refuse = ERR_CANCELLED};
	assert_int_equal(serve(&gone).undelivered, 1);
	assert_int_equal(gone.replies, 0);
	struct wire small = {.messages = messages, .count = 1, .refuse = ERR_MESSAGE_TOO_BIG};
	assert_int_equal(serve(&small).undelivered, 1);
	assert_int_equal(small.replies, 1);
	assert_int_equal(small.answers[0].status, ERR_MESSAGE_TOO_BIG);
}

static void a_reply_and_the_next_request_are_one_call(void **)
{
	const struct message messages[] = {message_of(OP_DOUBLE, 4), message_of(OP_DOUBLE, 5),
	                                   message_of(OP_LATER, 0), message_of(OP_DOUBLE, 6),
	                                   message_of(OP_ANSWER, 0)};
	struct wire wire = {.messages = messages, .count = COUNT(messages), .combines = true};
	(void)serve(&wire);
	static const uint64_t caps[] = {1, 2, 4, 3, 5}, doubled[] = {8, 10, 12, 7, 0};
	assert_int_equal(wire.replies, COUNT(caps));
	assert_int_equal(wire.combined, 4);
	for (size_t i = 0; i < COUNT(caps); i++) {
		assert_int_equal(wire.caps[i], caps[i]);
		assert_int_equal(wire.answers[i].doubled, doubled[i]);
	}
}

static void a_lost_reply_does_not_lose_the_next_request(void **)
{
	const struct message messages[] = {message_of(OP_DOUBLE, 4), message_of(OP_DOUBLE, 0)};
	struct wire wire = {
	        .messages = messages, .count = 2, .combines = true, .refuse = ERR_CANCELLED};
	assert_int_equal(serve(&wire).undelivered, 1);
	assert_int_equal(wire.replies, 1);
	assert_int_equal(wire.answers[0].status, ERR_NOT_FOUND);
}

static enum status on_wait(void *self, uint64_t *out_deadline_ns)
{
	struct doubler *doubler = self;
	*out_deadline_ns = doubler->deadline_ns;
	return ++doubler->waits == doubler->waits_max ? ERR_CANCELLED : OK;
}

static enum status serve_timed(struct wire *wire, struct doubler *self)
{
	static uint8_t memory[SERVICE_MEMORY_BYTES] __attribute__((aligned(16)));
	const struct service_definition definition = {
	        .interface = &doubler_interface, .self = self, .events = {.wait = on_wait}};
	const struct service_transport transport = {wire, wire_receive, wire_reply,
	                                            wire_reply_receive, NULL};
	return service_serve(&definition, &transport, memory);
}

static void a_service_is_called_before_each_wait_and_when_its_time_has_come(void **)
{
	const struct message messages[] = {message_of(OP_DOUBLE, 4), message_of(OP_DOUBLE, 5)};
	struct wire wire = {.messages = messages, .count = 2, .pauses = 3};
	struct doubler self = {.deadline_ns = 77};
	assert_int_equal(serve_timed(&wire, &self), ERR_NOT_CONNECTED);
	assert_int_equal(wire.replies, 2);
	assert_int_equal(wire.deadline_ns, 77);
	/* three times nothing, twice a message, and the end */
	assert_int_equal(self.waits, 6);
	/* the short way would not ask it */
	assert_int_equal(wire.combined, 0);
}

static void a_service_ends_when_it_wants_to(void **)
{
	const struct message messages[] = {message_of(OP_DOUBLE, 4), message_of(OP_DOUBLE, 5)};
	struct wire wire = {.messages = messages, .count = 2};
	struct doubler self = {.waits_max = 2};
	assert_int_equal(serve_timed(&wire, &self), ERR_CANCELLED);
	assert_int_equal(wire.replies, 1);
}

static void what_only_interrupts_is_no_message(void **)
{
	const struct message messages[] = {message_of(OP_DOUBLE, 4)};
	struct wire wire = {.messages = messages, .count = 1, .combines = true, .pauses = 4};
	(void)serve(&wire);
	assert_int_equal(wire.replies, 1);
	assert_int_equal(wire.answers[0].doubled, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_operation_answers_with_its_structure_and_bytes),
	        cmocka_unit_test(a_malformed_request_never_reaches_an_operation),
	        cmocka_unit_test(an_answer_can_come_later),
	        cmocka_unit_test(room_for_replies_and_scratch_is_bounded),
	        cmocka_unit_test(a_cancel_message_goes_to_the_service),
	        cmocka_unit_test(the_service_hears_of_a_reply_that_was_lost),
	        cmocka_unit_test(a_reply_and_the_next_request_are_one_call),
	        cmocka_unit_test(a_lost_reply_does_not_lose_the_next_request),
	        cmocka_unit_test(a_service_is_called_before_each_wait_and_when_its_time_has_come),
	        cmocka_unit_test(a_service_ends_when_it_wants_to),
	        cmocka_unit_test(what_only_interrupts_is_no_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
