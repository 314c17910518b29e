/*
 * More receivers than one endpoint has places for, of several processes: each waits, or is told
 * that it can't, by the short way and by the long one.
 */
#include "fake_machine.h"

enum {
	PROCESSES = 3,
	RECEIVERS_EACH = 24, /* of one process, which can take no more than IPC_REPLIES_MAX */
	RECEIVERS = PROCESSES * RECEIVERS_EACH,
	CALLERS = 8,
	CALLS_EACH = 30,
	SEEDS = 10,
};

_Static_assert(RECEIVERS > (int)IPC_ENDPOINT_WAITERS_MAX);
_Static_assert((int)(RECEIVERS + CALLERS) <= FAKE_THREADS_MAX);

struct receiving {
	struct ipc_process process;
	uint64_t endpoint;
};

struct crowd {
	struct receiving receiving[PROCESSES];
	struct ipc_process caller;
	uint64_t callers_endpoint;
	struct endpoint *endpoint;
	unsigned calls_left, callers_left;
};

static struct crowd crowd;

/* Over all seeds. */
static struct {
	unsigned refused, refused_after_answer, not_fast, fast;
} endings;

static void crowd_registered(uint64_t, uint64_t)
{
}

static bool crowd_never(void)
{
	return false;
}

static bool crowd_is_full(void)
{
	return endpoint_waiters(crowd.endpoint) == IPC_ENDPOINT_WAITERS_MAX;
}

/* ---- receivers ---- */

struct taken {
	struct ipc_message_info info;
	uint64_t number;
};

static struct ipc_receive_request taken_request(const struct receiving *self, struct taken *taken)
{
	return (struct ipc_receive_request){
	        .endpoint = self->endpoint,
	        .buffer = {(uintptr_t)&taken->number, sizeof taken->number},
	        .info = {(uintptr_t)&taken->info, sizeof taken->info},
	};
}

/* The short way; false: nothing happened. */
static bool receiver_answer_fast(struct receiving *self, struct taken *taken,
                                 enum status *out_status)
{
	const struct ipc_reply_request reply = {
	        taken->info.reply_cap, {(uintptr_t)&taken->number, sizeof taken->number}, NULL};
	const struct ipc_receive_request receive = taken_request(self, taken);
	bool full = crowd_is_full();
	int64_t result;
	if (!ipc_reply_receive_fast(&reply, &receive, &result)) {
		endings.not_fast += full;
		return false;
	}
	assert_false(full);
	endings.fast++;
	*out_status = result < 0 ? (enum status)result : OK;
	return true;
}

/* Answers what was taken and waits for the next. */
static enum status receiver_go_on(struct receiving *self, struct taken *taken)
{
	const struct ipc_reply_request reply = {
	        taken->info.reply_cap, {(uintptr_t)&taken->number, sizeof taken->number}, NULL};
	const struct ipc_receive_request receive = taken_request(self, taken);
	enum status status;
	uint64_t len;
	if (fake_random(4) && receiver_answer_fast(self, taken, &status))
		return status;
	status = ipc_reply_receive(&self->process, &reply, &receive, &len);
	endings.refused_after_answer += status == ERR_TRY_AGAIN;
	return status;
}

static void receiver_main(void *argument)
{
	struct receiving *self = argument;
	struct taken taken;
	const struct ipc_receive_request receive = taken_request(self, &taken);
	bool holds = false;
	for (;;) {
		uint64_t len;
		enum status status = holds ? receiver_go_on(self, &taken)
		                           : ipc_receive(&self->process, &receive, &len);
		holds = status == OK;
		if (status == ERR_TRY_AGAIN) {
			assert_true(crowd_is_full());
			endings.refused++;
			thread_yield();
		} else if (status != OK) {
			/* nobody receives there any more, this one included */
			assert_true(status == ERR_NOT_CONNECTED || status == ERR_BAD_HANDLE);
			break;
		}
		if (holds && fake_random(2))
			thread_yield();
	}
	ipc_thread_exit();
}

/* ---- callers ---- */

static void caller_main(void *)
{
	for (uint64_t i = 0; i < CALLS_EACH; i++) {
		uint64_t number = fake_random(UINT64_MAX), answer = 0, len = 0;
		const struct ipc_call_request call = {
		        .endpoint = crowd.callers_endpoint,
		        .request = {(uintptr_t)&number, sizeof number},
		        .reply = {(uintptr_t)&answer, sizeof answer},
		};
		assert_int_equal(ipc_call(&crowd.caller, &call, &len), OK);
		assert_int_equal(len, sizeof answer);
		assert_true(answer == number);
		crowd.calls_left--;
		/* until the places are full again */
		while (fake_random(RECEIVERS))
			thread_yield();
	}
	crowd.callers_left--;
	ipc_thread_exit();
}

/* ---- the driver ---- */

static uint64_t crowd_pass_handle(struct ipc_process *to)
{
	struct receiving *first = &crowd.receiving[0];
	struct handle_transfer transfer;
	int32_t handle;
	assert_int_equal(handle_table_export(&first->process.handles, first->endpoint, &transfer),
	                 OK);
	assert_int_equal(handle_table_install(&to->handles, &transfer, 1, &handle), OK);
	return (uint64_t)handle;
}

static void crowd_make_processes(void)
{
	struct receiving *first = &crowd.receiving[0];
	struct object *object;
	for (size_t i = 0; i < PROCESSES; i++)
		ipc_process_init(&crowd.receiving[i].process, &(struct ipc_grant){.pid = 10 + i});
	ipc_process_init(&crowd.caller, &(struct ipc_grant){.pid = 100});
	assert_int_equal(ipc_endpoint_create(&first->process, &first->endpoint), OK);
	for (size_t i = 1; i < PROCESSES; i++)
		crowd.receiving[i].endpoint = crowd_pass_handle(&crowd.receiving[i].process);
	crowd.callers_endpoint = crowd_pass_handle(&crowd.caller);
	assert_int_equal(handle_table_get(&first->process.handles, first->endpoint, &endpoint_type,
	                                  0, &object),
	                 OK);
	crowd.endpoint = container_of(object, struct endpoint, object);
}

static void crowd_run(uint64_t seed)
{
	static const struct ipc_ops ops = {.service_registered = crowd_registered,
	                                   .is_interrupted = crowd_never,
	                                   .is_ending = crowd_never,
	                                   .is_told = crowd_never};
	crowd = (struct crowd){.calls_left = CALLERS * CALLS_EACH, .callers_left = CALLERS};
	fake_start(seed);
	ipc_install(&ops);
	crowd_make_processes();
	for (size_t i = 0; i < RECEIVERS; i++)
		fake_thread_start(receiver_main, &crowd.receiving[i % PROCESSES]);
	for (size_t i = 0; i < CALLERS; i++)
		fake_thread_start(caller_main, NULL);
	while (crowd.callers_left) {
		assert_true(fake_step());
		assert_true(endpoint_waiters(crowd.endpoint) <= IPC_ENDPOINT_WAITERS_MAX);
	}
	assert_int_equal(crowd.calls_left, 0);
}

static void crowd_end(void)
{
	assert_int_equal(handle_table_close(&crowd.caller.handles, crowd.callers_endpoint), OK);
	for (size_t i = 0; i < PROCESSES; i++)
		assert_int_equal(handle_table_close(&crowd.receiving[i].process.handles,
		                                    crowd.receiving[i].endpoint),
		                 OK);
	while (fake_step())
		;
	object_unref(&crowd.endpoint->object);
	for (size_t i = 0; i < PROCESSES; i++)
		ipc_process_exit(&crowd.receiving[i].process);
	ipc_process_exit(&crowd.caller);
	fake_end();
}

static void a_receiver_without_a_place_is_told(void **)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		crowd_run(seed);
		crowd_end();
	}
	/* what never happened was not tested */
	assert_true(endings.refused && endings.refused_after_answer);
	assert_true(endings.fast && endings.not_fast);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_receiver_without_a_place_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
