/*
 * Calls against a plain reference: many callers, services that answer late, out of order, too much,
 * or die, signals and deadlines at any moment. The reference is what each request was and what was
 * done with it; what a caller gets must be one of the things that happened to its own request.
 */
#include "calls_server.h"

enum { SEEDS = 60 };

/* ---- callers ---- */

static void caller_judge(const struct fact *fact, enum status status)
{
	assert_true(fact->taken <= (fact->is_idempotent ? fact->died + 1 : 1));
	switch (status) {
	case OK:
		assert_int_equal(fact->answered, 1);
		endings.answered++;
		endings.replayed += fact->taken_by != fact->server;
		endings.repeated += fact->died;
		break;
	case ERR_IO:
		/* of the three services one lives, so that no idempotent one dies often enough */
		assert_false(fact->is_idempotent);
		assert_int_equal(fact->died, 1);
		endings.died++;
		break;
	case ERR_TIMED_OUT:
		assert_true(fact->deadline_ns && fake.now_ns >= fact->deadline_ns);
		endings.timed_out++;
		break;
	case ERR_INTERRUPTED:
		assert_true(fact->signalled);
		endings.interrupted++;
		assert_int_equal(fact->taken, fact->is_idempotent ? fact->died : 0);
		break;
	case ERR_TRY_AGAIN:
		/* the kernel's calls are never refused a place */
		assert_false(fact->is_idempotent);
		assert_int_equal(fact->taken, 0);
		endings.full++;
		break;
	default:
		assert_int_equal(status, ERR_NOT_CONNECTED);
		endings.not_connected++;
		assert_int_equal(fact->taken, fact->is_idempotent ? fact->died : 0);
	}
}

static enum status caller_call_long(struct caller *caller, const struct ipc_call_request *call,
                                    uint64_t *out_len)
{
	struct object *object;
	enum status status = ipc_call(&caller->process, call, out_len);
	if (status != ERR_TRY_AGAIN)
		return status;
	assert_int_equal(handle_table_get(&caller->process.handles, call->endpoint, &endpoint_type,
	                                  0, &object),
	                 OK);
	assert_true(container_of(object, struct endpoint, object)->pending_count >=
	            IPC_ENDPOINT_PENDING_MAX);
	object_unref(object);
	return status;
}

/* The short way first, as system calls do, or the long one at once. */
static enum status caller_call_plain(struct caller *caller, const struct ipc_call_request *call,
                                     uint64_t *out_len)
{
	int64_t result;
	if (fake_random(2) || !ipc_call_fast(call, &result))
		return caller_call_long(caller, call, out_len);
	endings.fast_calls++;
	if (result < 0)
		return (enum status)result;
	*out_len = (uint64_t)result;
	return OK;
}

/* A program's call, or the kernel's for it in one to three pieces. */
static enum status caller_call(struct caller *caller, struct fact *fact,
                               const struct request *request, size_t len, struct request *reply,
                               uint64_t endpoint, uint64_t *out_len)
{
	if (fake_random(2)) {
		const struct ipc_call_request call = {
		        .endpoint = endpoint,
		        .request = {(uintptr_t)request, len},
		        .reply = {(uintptr_t)reply, sizeof *reply},
		        .deadline_ns = fact->deadline_ns,
		};
		return caller_call_plain(caller, &call, out_len);
	}
	const char *bytes = (const char *)request;
	size_t first = fake_random(len + 1), second = fake_random(len - first + 1);
	fact->is_idempotent = fake_random(2);
	const struct ipc_service_request call = {
	        .service_id = IPC_SERVICE_VFSD,
	        .pieces = {{bytes, first},
	                   {bytes + first, second},
	                   {bytes + first + second, len - first - second}},
	        .reply = reply,
	        .reply_capacity = sizeof *reply,
	        .deadline_ns = fact->deadline_ns,
	        .is_idempotent = fact->is_idempotent,
	};
	return ipc_service_call(&caller->process, &call, out_len);
}

static void caller_main(void *argument)
{
	static const size_t lengths[] = {8, 9, 63, 64, 65, 200, sizeof(struct request)};
	struct caller *caller = argument;
	uint32_t index = (uint32_t)(caller - world.callers);
	while (caller->calls < CALLS_EACH) {
		uint64_t endpoint, len = 0;
		if (ipc_service_look_up(&caller->process, IPC_SERVICE_VFSD, &endpoint) != OK) {
			thread_yield();
			continue;
		}
		struct request request, reply = {};
		struct fact *fact = &caller->facts[caller->calls];
		size_t request_len = lengths[fake_random(COUNT(lengths))];
		request_fill(&request, index, caller->calls++);
		fact->server = world.server_count;
		fact->deadline_ns = fake_random(3) ? 0 : fake.now_ns + 1 + fake_random(8);
		enum status status =
		        caller_call(caller, fact, &request, request_len, &reply, endpoint, &len);
		caller_judge(fact, status);
		if (status == OK) {
			assert_int_equal(len, request_len);
			assert_true(request_is(&reply, index, caller->calls - 1, len));
		}
		assert_int_equal(handle_table_close(&caller->process.handles, endpoint), OK);
	}
	ipc_thread_exit();
	ipc_process_exit(&caller->process);
}

/* ---- the driver: time, signals, successors ---- */

static void world_registered(uint64_t service_id, uint64_t)
{
	assert_int_equal(service_id, IPC_SERVICE_VFSD);
	world.serving = true;
}

static bool world_never(void)
{
	return false;
}

static void world_unheard(void)
{
}

static void world_start_server(void)
{
	struct server *server = &world.servers[world.server_count++];
	const struct ipc_grant grant = {.pid = 10 + world.server_count,
	                                .may_register = 1ULL << IPC_SERVICE_VFSD};
	ipc_process_init(&server->process, &grant);
	/* the last one lives until nobody asks any more */
	server->left = world.server_count == SERVERS ? UINT32_MAX : 1 + (unsigned)fake_random(20);
	fake_thread_start(server_main, server);
	world.serving = true;
}

static void world_signal(struct caller *caller)
{
	struct call *call = caller->thread->thread.call;
	if (!call || !caller->calls)
		return;
	caller->facts[caller->calls - 1].signalled = true;
	ipc_call_cancel(call);
}

/* Another thread of the service that guesses what to answer with: not before it is taken. */
static void world_guess(const void *src, size_t len)
{
	const struct ipc_message_info *info = src;
	if (len != sizeof *info || fake.running->main != server_main ||
	    info->kind != IPC_MESSAGE_REQUEST)
		return;
	struct server *server = fake.running->argument;
	const struct ipc_reply_request reply = {info->reply_cap, {(uintptr_t)info, 0}, NULL};
	assert_int_equal(ipc_reply(&server->process, &reply), ERR_BAD_HANDLE);
}

static bool world_callers_ended(void)
{
	for (size_t i = 0; i < world.caller_count; i++)
		if (!world.callers[i].thread->ended)
			return false;
	return true;
}

static void world_run(uint64_t seed)
{
	static const struct ipc_ops ops = {.service_registered = world_registered,
	                                   .is_interrupted = world_never,
	                                   .is_ending = world_never,
	                                   .is_told = world_never,
	                                   .audit_fills = world_unheard};
	/* some seeds have a crowd */
	world = (struct world){.caller_count = seed % 10 ? CALLERS : CALLERS_MAX};
	fake_start(seed);
	fake.before_copy_out = world_guess;
	ipc_install(&ops);
	world_start_server();
	for (size_t i = 0; i < world.caller_count; i++) {
		const struct ipc_grant grant = {.pid = 100 + i,
		                                .may_look_up = 1ULL << IPC_SERVICE_VFSD};
		ipc_process_init(&world.callers[i].process, &grant);
		world.callers[i].thread = fake_thread_start(caller_main, &world.callers[i]);
	}
	while (!world_callers_ended()) {
		bool ran = fake_step();
		if (fake_random(8) == 0)
			fake_pass_time(fake_random(20));
		if (fake_random(300) == 0)
			fake_pass_time(IPC_SERVICE_HOLD_NS);
		if (fake_random(12) == 0)
			world_signal(&world.callers[fake_random(world.caller_count)]);
		/* some successors come too late */
		if (!world.serving && fake_random(seed % 3 ? 5 : 500) == 0)
			world_start_server();
		/* nothing left but to wait for a time */
		if (!ran)
			fake_pass_time(IPC_SERVICE_HOLD_NS);
	}
}

/* The server that is left ends as a process does that nobody needs. */
static void world_end(void)
{
	while (fake_step())
		;
	for (size_t i = 0; i < fake.thread_count; i++) {
		struct fake_thread *each = &fake.threads[i];
		if (each->ended)
			continue;
		/* it sleeps in a receive, with nothing in hand */
		struct server *server = each->argument;
		fake.running = each;
		assert_int_equal(ipc_service_register(&server->process, IPC_SERVICE_VFSD, 0), OK);
		assert_int_equal(handle_table_close(&server->process.handles, server->endpoint),
		                 OK);
		server->left = 0;
		fake.running = NULL;
	}
	while (fake_step())
		;
	/* the hold of the last one */
	fake_pass_time(IPC_SERVICE_HOLD_NS);
	fake_end();
}

static void calls_end_with_what_happened_to_them(void **)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		world_run(seed);
		world_end();
	}
	/* what never happened was not tested */
	assert_true(endings.answered && endings.replayed && endings.repeated && endings.died);
	assert_true(endings.fast_calls && endings.fast_replies);
	assert_true(endings.timed_out && endings.interrupted && endings.not_connected);
	assert_true(endings.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(calls_end_with_what_happened_to_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
