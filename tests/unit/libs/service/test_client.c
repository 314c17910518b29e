/* Asking a service that dies, comes back, or does not. */
#include "../../test.h"
#include <rt/api.h>

static enum status fake_look_up(uint64_t service, uint64_t *out_endpoint);
static enum status fake_call(uint64_t endpoint, const void *request, uint64_t len, void *reply,
                             uint64_t capacity, uint64_t *out_len);
static enum status fake_close(uint64_t handle);

#define rustos_ipc_lookup_service_endpoint fake_look_up
#define rustos_ipc_call fake_call
#define rustos_handle_close fake_close
#include "../../../../libs/service/client.c"

enum { CALLS_MAX = 8, ANSWER_BYTES = 8 };

static struct {
	enum status calls[CALLS_MAX]; /* what each ends with, in turn */
	uint64_t endpoints[CALLS_MAX]; /* that were called */
	enum status look_up;
	int32_t answer;
	uint64_t len;
	size_t called, looked_up, closed;
} fake;

static enum status fake_look_up(uint64_t service, uint64_t *out_endpoint)
{
	assert_int_equal(service, 7);
	if (fake.look_up != OK)
		return fake.look_up;
	*out_endpoint = 100 + ++fake.looked_up;
	return OK;
}

static enum status fake_call(uint64_t endpoint, const void *, uint64_t len, void *reply,
                             uint64_t capacity, uint64_t *out_len)
{
	assert_int_equal(len, sizeof(struct ipc_message_header) + 4);
	assert_int_equal(capacity, ANSWER_BYTES);
	assert_true(fake.called < CALLS_MAX);
	fake.endpoints[fake.called] = endpoint;
	memcpy(reply, &fake.answer, sizeof fake.answer);
	*out_len = fake.len;
	return fake.calls[fake.called++];
}

static enum status fake_close(uint64_t)
{
	fake.closed++;
	return OK;
}

struct case_of_asking {
	enum status calls[CALLS_MAX];
	bool may_repeat;
	enum status status;
	size_t called, looked_up;
};

static enum status ask(struct service_client *client, bool may_repeat, size_t *out_len)
{
	const struct {
		struct ipc_message_header header;
		uint32_t argument;
	} question = {.header = {.op = may_repeat ? 1 : 2, .payload_len = 4}};
	uint8_t answer[ANSWER_BYTES];
	const struct service_question what = {&question.header, answer, sizeof answer};
	return service_ask(client, &what, out_len);
}

static void a_service_that_dies_is_asked_again_where_that_does_no_harm(void **)
{
	static const struct case_of_asking cases[] = {
	        {{OK}, false, OK, 1, 1},
	        /* nobody has taken it: always */
	        {{ERR_NOT_CONNECTED, OK}, false, OK, 2, 2},
	        {{ERR_INTERRUPTED, OK}, false, OK, 2, 1},
	        /* it died with it: only what may come twice, by the endpoint that waits for the
	           next */
	        {{ERR_IO, OK}, false, ERR_IO, 1, 1},
	        {{ERR_IO, OK}, true, OK, 2, 1},
	        {{ERR_IO, ERR_NOT_CONNECTED, OK}, true, OK, 3, 2},
	        {{ERR_IO, ERR_IO, ERR_IO, ERR_IO, OK}, true, ERR_IO, 4, 1},
	        {{ERR_TRY_AGAIN, OK}, true, ERR_TRY_AGAIN, 1, 1},
	        {{ERR_TIMED_OUT, OK}, true, ERR_TIMED_OUT, 1, 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct service_client client = {.service = 7, .idempotent = 1 << 1};
		memset(&fake, 0, sizeof fake);
		memcpy(fake.calls, cases[i].calls, sizeof fake.calls);
		fake.len = ANSWER_BYTES;
		assert_int_equal(ask(&client, cases[i].may_repeat, NULL), cases[i].status);
		assert_int_equal(fake.called, cases[i].called);
		assert_int_equal(fake.looked_up, cases[i].looked_up);
		assert_int_equal(fake.closed, cases[i].looked_up - 1);
	}
}

static void a_service_is_looked_up_once(void **)
{
	struct service_client client = {.service = 7};
	memset(&fake, 0, sizeof fake);
	fake.len = ANSWER_BYTES;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ask(&client, false, NULL), OK);
	assert_int_equal(fake.looked_up, 1);
	assert_int_equal(fake.endpoints[2], 101);
}

static void one_that_is_not_there_is_told(void **)
{
	struct service_client client = {.service = 7};
	memset(&fake, 0, sizeof fake);
	fake.look_up = ERR_NOT_FOUND;
	assert_int_equal(ask(&client, false, NULL), ERR_NOT_FOUND);
	assert_int_equal(fake.called, 0);
}

static void its_own_status_comes_out_and_less_than_that_is_no_answer(void **)
{
	struct service_client client = {.service = 7};
	size_t len = 0;
	memset(&fake, 0, sizeof fake);
	fake.answer = ERR_EXISTS;
	fake.len = 4;
	assert_int_equal(ask(&client, false, &len), ERR_EXISTS);
	assert_int_equal(len, 4);
	fake.len = 3;
	assert_int_equal(ask(&client, false, &len), ERR_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_service_that_dies_is_asked_again_where_that_does_no_harm),
	        cmocka_unit_test(a_service_is_looked_up_once),
	        cmocka_unit_test(one_that_is_not_there_is_told),
	        cmocka_unit_test(its_own_status_comes_out_and_less_than_that_is_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
