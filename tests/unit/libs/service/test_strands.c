#include "../../test.h"
#include <service/strands.h>
#include <stdlib.h>
#include <string.h>

/* Requests that wait for events, and for turns, over a transport that goes by a list. */
struct waiter_request {
	uint64_t cookie; /* 0: it does not wait */
};
struct waiter_reply {
	int32_t status;
	uint32_t len;
	uint64_t value, own;
};

enum { OP_WAIT = 1, OP_TURN, OP_AGAIN, OP_COUNT };
enum { STEPS_MAX = 256 };

struct step {
	uint32_t kind; /* IPC_MESSAGE_REQUEST with op, or IPC_MESSAGE_EVENT; 0: the end */
	uint16_t op;
	uint64_t cookie;
	int64_t value;
};

struct waiter {
	struct service_strands strands;
	struct service_turn turn;
	bool inside; /* somebody has the turn */
	unsigned again; /* so often the operation says that it is to be run once more */
	struct step steps[STEPS_MAX];
	size_t count, taken;
	uint64_t answered[STEPS_MAX]; /* capabilities, in order: number of the step plus 1 */
	struct waiter_reply answers[STEPS_MAX];
	size_t answers_count, combined, listened;
	bool ends; /* at the end it is asked to end, and then tells the rest */
	size_t strands_left; /* memory for so many */
};

struct waiter_message {
	struct ipc_message_header header;
	struct waiter_request request;
};

static struct waiter self;

static enum status wait_for(uint64_t cookie, struct waiter_reply *out)
{
	uint64_t *own = service_own(&self.strands);
	*own = cookie;
	if (!service_may_await(&self.strands))
		return ERR_TRY_AGAIN;
	out->value = (uint64_t)service_await(&self.strands, cookie);
	out->own = *own;
	return OK;
}

static enum status run_wait(void *, const void *in, void *out, struct service_call *)
{
	uint64_t cookie = ((const struct waiter_request *)in)->cookie;
	return cookie ? wait_for(cookie, out) : OK;
}

static enum status run_turn(void *, const void *in, void *out, struct service_call *)
{
	service_enter(&self.strands, &self.turn);
	assert_false(self.inside);
	self.inside = true;
	enum status status = wait_for(((const struct waiter_request *)in)->cookie, out);
	self.inside = false;
	service_leave(&self.strands, &self.turn);
	return status;
}

static enum status run_again(void *, const void *, void *out, struct service_call *call)
{
	struct waiter_reply *reply = out;
	assert_int_equal(reply->value, 0);
	assert_int_equal(call->reply_len, 0);
	reply->value = self.again;
	(void)service_reply_room(call, 8);
	return OK;
}

static bool on_ended(void *, enum status)
{
	return self.again && self.again--;
}

static const struct service_operation operations[OP_COUNT] = {
        [OP_WAIT] = {"wait", run_wait},
        [OP_TURN] = {"turn", run_turn},
        [OP_AGAIN] = {"again", run_again},
};
static const struct service_interface interface = {
        .name = "waiter",
        .request_size = sizeof(struct waiter_request),
        .reply_size = sizeof(struct waiter_reply),
        .operations = operations,
        .operation_count = OP_COUNT,
};

static const struct step *step_take(struct service_received *received)
{
	const struct step *step = &self.steps[self.taken++];
	received->info = (struct ipc_message_info){.kind = step->kind, .reply_cap = self.taken};
	if (step->kind == IPC_MESSAGE_EVENT) {
		received->info.reply_cap = step->cookie;
		received->info.sender_tid = (uint64_t)step->value;
	}
	return step;
}

static enum status wire_receive(void *, void *buffer, uint64_t, uint64_t,
                                struct service_received *received)
{
	if (self.ends && !self.steps[self.taken].kind) {
		self.ends = false;
		self.taken++;
		return ERR_CANCELLED;
	}
	if (self.taken == self.count)
		return ERR_NOT_CONNECTED;
	const struct step *step = step_take(received);
	const struct waiter_message message = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = step->op,
	                   .payload_len = sizeof(struct waiter_request)},
	        .request = {step->cookie},
	};
	memcpy(buffer, &message, sizeof message);
	received->len = sizeof message;
	return OK;
}

/* The next event in the list, whatever requests wait before it: they stay in their order. */
static enum status wire_listen(void *, struct service_received *received)
{
	size_t at = self.taken;
	while (self.steps[at].kind != IPC_MESSAGE_EVENT)
		assert_true(++at < self.count);
	struct step event = self.steps[at];
	memmove(&self.steps[self.taken + 1], &self.steps[self.taken],
	        (at - self.taken) * sizeof event);
	self.steps[self.taken] = event;
	self.listened++;
	(void)step_take(received);
	return OK;
}

static enum status wire_reply(void *, uint64_t reply_cap, const void *reply, uint64_t len)
{
	size_t i = self.answers_count++;
	self.answered[i] = self.steps[reply_cap - 1].cookie;
	memcpy(&self.answers[i], reply,
	       len < sizeof self.answers[i] ? len : sizeof self.answers[i]);
	return OK;
}

static enum status wire_reply_receive(void *context, uint64_t reply_cap, uint64_t len, void *buffer,
                                      struct service_received *received)
{
	self.combined++;
	(void)wire_reply(context, reply_cap, buffer, len);
	return wire_receive(context, buffer, IPC_MAX_INLINE_BYTES, 0, received);
}

static void *make_memory(size_t bytes, bool is_wired)
{
	if (!is_wired && !self.strands_left--)
		return NULL;
	return aligned_alloc(16, bytes);
}

static int setup(void **)
{
	memset(&self, 0, sizeof self);
	self.strands_left = SERVICE_STRANDS_MAX + 1;
	self.strands.own_bytes = 16;
	self.strands.make_memory = make_memory;
	return 0;
}

static int teardown(void **)
{
	for (size_t i = 0; i < SERVICE_STRANDS_MAX && self.strands.all[i].own; i++) {
		free(self.strands.all[i].own - SERVICE_STACK_BYTES);
		free(self.strands.all[i].messages);
	}
	return 0;
}

static void request(uint16_t op, uint64_t cookie)
{
	self.steps[self.count++] =
	        (struct step){.kind = IPC_MESSAGE_REQUEST, .op = op, .cookie = cookie};
}

static void event(uint64_t cookie)
{
	self.steps[self.count++] = (struct step){
	        .kind = IPC_MESSAGE_EVENT, .cookie = cookie, .value = -(int64_t)cookie};
}

static enum status serve(void)
{
	const struct service_definition definition = {
	        .interface = &interface,
	        .self = &self,
	        .events = {.ended = on_ended},
	        .strands = &self.strands,
	};
	const struct service_transport transport = {&self, wire_receive, wire_reply,
	                                            wire_reply_receive, wire_listen};
	return service_serve(&definition, &transport, NULL);
}

/* Each answer that waited has the value of its own event, and its own memory. */
static void check_answers(const uint64_t *cookies, size_t count)
{
	assert_int_equal(self.answers_count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(self.answered[i], cookies[i]);
		assert_int_equal(self.answers[i].status, OK);
		assert_int_equal(self.answers[i].value, -(int64_t)cookies[i]);
		assert_int_equal(self.answers[i].own, cookies[i]);
	}
}

static void others_are_answered_while_one_waits(void **)
{
	request(OP_WAIT, 7);
	request(OP_WAIT, 0);
	request(OP_WAIT, 8);
	request(OP_WAIT, 0);
	event(8);
	event(7);
	request(OP_WAIT, 0);
	assert_int_equal(serve(), ERR_NOT_CONNECTED);
	check_answers((const uint64_t[]){0, 0, 8, 7, 0}, 5);
	/* two that wait, one that receives, one at hand */
	assert_int_equal(self.strands.count, 4);
	/* the last ones: nobody waits any more */
	assert_int_equal(self.combined, 2);
}

static void without_requests_that_wait_there_is_one_strand(void **)
{
	for (unsigned i = 0; i < 10; i++)
		request(OP_WAIT, 0);
	event(99); /* of nobody */
	request(OP_WAIT, 0);
	assert_int_equal(serve(), ERR_NOT_CONNECTED);
	assert_int_equal(self.answers_count, 11);
	assert_int_equal(self.combined, 11);
	assert_int_equal(self.strands.count, 1);
}

static void a_turn_goes_round_in_the_order_of_asking(void **)
{
	for (uint64_t i = 1; i <= 4; i++)
		request(OP_TURN, i);
	request(OP_WAIT, 0);
	for (uint64_t i = 1; i <= 4; i++)
		event(i);
	assert_int_equal(serve(), ERR_NOT_CONNECTED);
	check_answers((const uint64_t[]){0, 1, 2, 3, 4}, 5);
	assert_null(self.turn.owner);
}

static void more_requests_than_strands_wait_in_their_queue(void **)
{
	enum { REQUESTS = SERVICE_STRANDS_MAX + 20 };
	for (uint64_t i = 1; i <= REQUESTS; i++)
		request(i % 3 ? OP_WAIT : OP_TURN, i);
	request(OP_WAIT, 0);
	for (uint64_t i = 1; i <= REQUESTS; i++)
		event(i);
	assert_int_equal(serve(), ERR_NOT_CONNECTED);
	assert_int_equal(self.answers_count, REQUESTS + 1);
	assert_true(self.listened > 0);
	uint64_t sum = 0;
	for (size_t i = 0; i < self.answers_count; i++) {
		assert_int_equal(self.answers[i].value, -(int64_t)self.answered[i]);
		sum += self.answered[i];
	}
	assert_int_equal(sum, REQUESTS * (REQUESTS + 1) / 2);
	assert_true(self.strands.count <= SERVICE_STRANDS_MAX);
}

static void without_memory_for_a_second_one_an_operation_knows(void **)
{
	self.strands_left = 1;
	request(OP_WAIT, 7);
	request(OP_WAIT, 0);
	assert_int_equal(serve(), ERR_NOT_CONNECTED);
	assert_int_equal(self.answers[0].status, ERR_TRY_AGAIN);
	assert_int_equal(self.answers[1].status, OK);
}

static void without_memory_for_the_first_one_nothing_begins(void **)
{
	self.strands_left = 0;
	assert_int_equal(serve(), ERR_NO_MEMORY);
}

static void who_is_asked_to_end_answers_first_what_waits(void **)
{
	request(OP_WAIT, 7);
	request(OP_WAIT, 8);
	self.steps[self.count++] = (struct step){}; /* here it is asked */
	self.ends = true;
	event(8);
	event(7);
	assert_int_equal(serve(), ERR_CANCELLED);
	check_answers((const uint64_t[]){8, 7}, 2);
}

static void an_operation_can_be_run_once_more(void **)
{
	self.again = 3;
	request(OP_AGAIN, 0);
	assert_int_equal(serve(), ERR_NOT_CONNECTED);
	assert_int_equal(self.answers_count, 1);
	assert_int_equal(self.answers[0].value, 0);
	assert_int_equal(self.answers[0].len, 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(others_are_answered_while_one_waits),
	        TEST(without_requests_that_wait_there_is_one_strand),
	        TEST(a_turn_goes_round_in_the_order_of_asking),
	        TEST(more_requests_than_strands_wait_in_their_queue),
	        TEST(without_memory_for_a_second_one_an_operation_knows),
	        TEST(without_memory_for_the_first_one_nothing_begins),
	        TEST(who_is_asked_to_end_answers_first_what_waits),
	        TEST(an_operation_can_be_run_once_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
