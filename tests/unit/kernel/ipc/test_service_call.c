/* Calls of the kernel to a service: who is called, what ends the wait, and calls within calls. */
#include "fake_machine.h"

static struct ipc_process service, program;
static uint64_t service_end;
static bool interrupted, ending;
static bool gives_up; /* the caller, before the answer */
static char got[256], answer[256];
static uint64_t got_len;

static void registered(uint64_t, uint64_t)
{
}

static bool is_interrupted(void)
{
	return interrupted;
}

static bool is_ending(void)
{
	return ending;
}

static const struct ipc_ops ops = {.service_registered = registered,
                                   .is_interrupted = is_interrupted,
                                   .is_ending = is_ending,
                                   .is_told = is_interrupted};

static void begin(void)
{
	const struct ipc_grant grant = {.pid = 7, .may_register = 1ULL << IPC_SERVICE_VFSD};
	fake_start(1);
	ipc_install(&ops);
	ipc_process_init(&service, &grant);
	ipc_process_init(&program, &(struct ipc_grant){.pid = 8});
	interrupted = ending = false;
	memset(answer, 0, sizeof answer);
}

static void end(void)
{
	while (fake_step())
		;
	fake_pass_time(IPC_SERVICE_HOLD_NS);
	while (fake_step())
		;
	fake_pass_time(IPC_SERVICE_HOLD_NS);
	ipc_process_exit(&program);
	fake_end();
}

static void serve(void)
{
	assert_int_equal(ipc_endpoint_create(&service, &service_end), OK);
	assert_int_equal(ipc_service_register(&service, IPC_SERVICE_VFSD, service_end), OK);
}

static uint64_t take(void)
{
	struct ipc_message_info info = {};
	const struct ipc_receive_request receive = {.endpoint = service_end,
	                                            .buffer = {(uintptr_t)got, sizeof got},
	                                            .info = {(uintptr_t)&info, sizeof info}};
	assert_int_equal(ipc_receive(&service, &receive, &got_len), OK);
	assert_int_equal(info.sender_pid, 8);
	return info.reply_cap;
}

static void give(uint64_t reply_cap, size_t len, enum status expected)
{
	char reply[200];
	memset(reply, 'r', sizeof reply);
	const struct ipc_reply_request request = {reply_cap, {(uintptr_t)reply, len}, NULL};
	assert_int_equal(ipc_reply(&service, &request), expected);
}

static void leave(void)
{
	ipc_thread_exit();
	ipc_process_exit(&service);
}

static struct ipc_service_request request_of(enum ipc_patience patience)
{
	static const char bytes[100] = "first";
	return (struct ipc_service_request){
	        .service_id = IPC_SERVICE_VFSD,
	        .pieces = {{bytes, sizeof bytes}, {"second", 6}},
	        .reply = answer,
	        .reply_capacity = sizeof answer,
	        .patience = patience,
	};
}

static void caller_without_a_service(void *)
{
	const struct ipc_service_request request = request_of(IPC_UNTIL_SIGNAL);
	uint64_t len;
	assert_int_equal(ipc_service_call(&program, &request, &len), ERR_NOT_CONNECTED);
	ipc_thread_exit();
}

static void a_call_without_a_service_fails_closed(void **)
{
	begin();
	fake_thread_start(caller_without_a_service, NULL);
	end();
	ipc_process_exit(&service);
}

/* ---- patience ---- */

static void server_of_one(void *)
{
	serve();
	uint64_t reply_cap = take();
	assert_int_equal(got_len, 106);
	assert_string_equal(got, "first");
	assert_memory_equal(got + 100, "second", 6);
	/* the caller hears of its signal meanwhile */
	for (int i = 0; i < 4; i++)
		thread_yield();
	give(reply_cap, 150, gives_up ? ERR_CANCELLED : OK);
	leave();
}

struct patience_case {
	enum ipc_patience patience;
	bool is_interrupted, is_ending;
	enum status expected;
};

static void caller_with_patience(void *argument)
{
	const struct patience_case *test = argument;
	const struct ipc_service_request request = request_of(test->patience);
	uint64_t len = 0;
	assert_int_equal(ipc_service_call(&program, &request, &len), test->expected);
	if (test->expected == OK) {
		assert_int_equal(len, 150);
		assert_int_equal(answer[149], 'r');
	} else {
		assert_int_equal(answer[0], 0);
	}
	ipc_thread_exit();
}

static void patience_case_run(struct patience_case *test)
{
	begin();
	fake_thread_start(server_of_one, NULL);
	/* it waits */
	while (fake_step())
		;
	struct fake_thread *caller = fake_thread_start(caller_with_patience, test);
	got_len = 0;
	while (!got_len)
		assert_true(fake_step());
	interrupted = test->is_interrupted;
	ending = test->is_ending;
	gives_up = test->expected != OK;
	if (interrupted || ending)
		thread_wake_awaiting(&caller->thread);
	end();
}

static void only_what_it_listens_to_ends_a_wait(void **)
{
	struct patience_case cases[] = {
	        {IPC_UNTIL_SIGNAL, false, false, OK},
	        {IPC_UNTIL_SIGNAL, true, false, OK}, /* the service answers all the same */
	        {IPC_UNTIL_SIGNAL, true, true, ERR_INTERRUPTED},
	        {IPC_UNTIL_END, true, false, OK},
	        {IPC_UNTIL_END, false, true, ERR_INTERRUPTED},
	        {IPC_UNTIL_ANSWER, true, true, OK},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		patience_case_run(&cases[i]);
}

/* ---- calls within calls ---- */

/* What a page fault does while a message is copied. */
static void caller_within_a_call(void *)
{
	const struct ipc_service_request request = request_of(IPC_UNTIL_END);
	struct call *outer = call_begin(NULL);
	uint64_t len = 0;
	assert_int_equal(ipc_service_call(&program, &request, &len), OK);
	assert_ptr_equal(thread_current()->call, outer);
	assert_true(outer->use > CALL_FREE);
	call_give_back(outer);
	assert_int_equal(ipc_service_call(&program, &request, &len), OK);
	assert_ptr_equal(thread_current()->call, outer);
	ipc_thread_exit();
}

static void server_in_order(void *)
{
	serve();
	give(take(), 8, OK);
	give(take(), 8, OK);
	leave();
}

static void a_call_within_a_call_has_its_own_object(void **)
{
	begin();
	fake_thread_start(server_in_order, NULL);
	while (fake_step())
		;
	fake_thread_start(caller_within_a_call, NULL);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_call_without_a_service_fails_closed),
	        cmocka_unit_test(only_what_it_listens_to_ends_a_wait),
	        cmocka_unit_test(a_call_within_a_call_has_its_own_object),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
