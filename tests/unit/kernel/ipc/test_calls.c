/*
 * Calls against a plain reference: many callers, services that answer late, out of order, too much,
 * or die, signals and deadlines at any moment. The reference is what each request was and what was
 * done with it; what a caller gets must be one of the things that happened to its own request.
 */
#include "fake_machine.h"

enum {
	CALLERS = 5,
	CALLERS_MAX = 80, /* more than one endpoint has places for */
	CALLS_EACH = 12,
	SERVERS = 3,
	SEEDS = 60,
	HELD_MAX = 4,
	BYTES_MAX = 300,
};

/* What happened to one request. */
struct fact {
	uint64_t deadline_ns;
	unsigned taken; /* by a service */
	unsigned answered;
	unsigned died; /* with its service */
	bool signalled;
	size_t server; /* the latest when it was made */
	size_t taken_by;
	bool is_idempotent; /* the kernel may send it again */
};

struct caller {
	struct ipc_process process;
	struct fake_thread *thread;
	uint64_t endpoint;
	unsigned calls; /* begun */
	struct fact facts[CALLS_EACH];
};

struct server {
	struct ipc_process process;
	uint64_t endpoint;
	unsigned left; /* requests until it dies */
};

struct world {
	struct caller callers[CALLERS_MAX];
	size_t caller_count;
	struct server servers[SERVERS]; /* one lives at a time */
	size_t server_count; /* started */
	bool serving;
};

static struct world world;

/* How many calls ended how, over all seeds. */
struct endings {
	unsigned fast_calls, fast_replies;
	unsigned answered, replayed, repeated, died, timed_out, interrupted, not_connected, full;
};

static struct endings endings;

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

/* A request says who asks and how often it did; the rest follows from that. */
struct request {
	uint32_t caller, number;
	uint8_t rest[BYTES_MAX];
};

static void request_fill(struct request *request, uint32_t caller, uint32_t number)
{
	request->caller = caller;
	request->number = number;
	for (size_t i = 0; i < BYTES_MAX; i++)
		request->rest[i] = (uint8_t)(caller * 31 + number * 7 + i);
}

static bool request_is(const struct request *request, uint32_t caller, uint32_t number, size_t len)
{
	struct request expected;
	request_fill(&expected, caller, number);
	return memcmp(request, &expected, len) == 0;
}

/* ---- the service ---- */

struct held {
	uint64_t reply_cap;
	size_t len;
	struct request request;
};

static struct fact *held_fact(const struct held *held)
{
	assert_true(
	        request_is(&held->request, held->request.caller, held->request.number, held->len));
	return &world.callers[held->request.caller].facts[held->request.number];
}

static void server_answer(struct server *server, struct held *held)
{
	static const uint8_t too_much[BYTES_MAX + 100];
	if (fake_random(4) == 0) {
		const struct ipc_reply_request large = {
		        held->reply_cap, {(uintptr_t)too_much, sizeof too_much}, NULL};
		assert_int_equal(ipc_reply(&server->process, &large), ERR_MESSAGE_TOO_BIG);
	}
	const struct ipc_reply_request reply = {
	        held->reply_cap, {(uintptr_t)&held->request, held->len}, NULL};
	/* before: the caller may run on the way */
	held_fact(held)->answered++;
	enum status status = ipc_reply(&server->process, &reply);
	assert_true(status == OK || status == ERR_CANCELLED);
	if (status == ERR_CANCELLED)
		held_fact(held)->answered--;
	assert_int_equal(ipc_reply(&server->process, &reply), ERR_BAD_HANDLE);
}

static enum status server_take(struct server *server, struct held *held, bool wait)
{
	struct ipc_message_info info = {};
	uint64_t len;
	const struct ipc_receive_request receive = {
	        .endpoint = server->endpoint,
	        .buffer = {(uintptr_t)&held->request, sizeof held->request},
	        .info = {(uintptr_t)&info, sizeof info},
	        .flags = wait ? IPC_RECEIVE_CANCELS : IPC_RECEIVE_NO_WAIT | IPC_RECEIVE_CANCELS,
	};
	TRY(ipc_receive(&server->process, &receive, &len));
	if (info.kind == IPC_MESSAGE_CANCEL)
		return ERR_CANCELLED;
	held->reply_cap = info.reply_cap;
	held->len = len;
	assert_int_equal(info.sender_pid, 100 + held->request.caller);
	held_fact(held)->taken++;
	held_fact(held)->taken_by = (size_t)(server - world.servers) + 1;
	return OK;
}

/* Answers and waits for the next one in one step, where that is possible at once. */
static bool server_answer_fast(struct server *server, struct held *held, bool *out_taken)
{
	struct ipc_message_info info = {};
	const struct ipc_reply_request reply = {
	        held->reply_cap, {(uintptr_t)&held->request, held->len}, NULL};
	const struct ipc_receive_request receive = {
	        .endpoint = server->endpoint,
	        .buffer = {(uintptr_t)&held->request, sizeof held->request},
	        .info = {(uintptr_t)&info, sizeof info},
	};
	int64_t result;
	struct fact *fact = held_fact(held);
	fact->answered++;
	if (!ipc_reply_receive_fast(&reply, &receive, &result)) {
		fact->answered--;
		return false;
	}
	endings.fast_replies++;
	*out_taken = result >= 0;
	if (!*out_taken) {
		/* answered, and then nobody served any more */
		assert_int_equal((enum status)result, ERR_NOT_CONNECTED);
		return true;
	}
	assert_int_equal(info.kind, IPC_MESSAGE_REQUEST);
	held->reply_cap = info.reply_cap;
	held->len = (uint64_t)result;
	assert_int_equal(info.sender_pid, 100 + held->request.caller);
	held_fact(held)->taken++;
	held_fact(held)->taken_by = (size_t)(server - world.servers) + 1;
	return true;
}

/* One that is quick keeps up with any crowd: no queue ever fills. */
static void server_let_queue_grow(void)
{
	while (world.caller_count == CALLERS_MAX && fake_random(CALLERS_MAX))
		thread_yield();
}

static void server_main(void *argument)
{
	struct server *server = argument;
	struct held held[HELD_MAX];
	size_t count = 0;
	assert_int_equal(ipc_endpoint_create(&server->process, &server->endpoint), OK);
	assert_int_equal(ipc_service_register(&server->process, IPC_SERVICE_VFSD, server->endpoint),
	                 OK);
	while (server->left) {
		server_let_queue_grow();
		enum status status = server_take(server, &held[count], count == 0);
		count += status == OK;
		server->left -= status == OK;
		bool answer = count == HELD_MAX || (count && fake_random(2));
		if (!answer)
			continue;
		bool taken;
		if (count == 1 && server->left && fake_random(2) &&
		    server_answer_fast(server, &held[0], &taken)) {
			server->left -= taken && server->left;
			count = taken;
			continue;
		}
		size_t which = fake_random(count);
		server_answer(server, &held[which]);
		held[which] = held[--count];
	}
	for (size_t i = 0; i < count; i++)
		held_fact(&held[i])->died++;
	world.serving = false;
	ipc_thread_exit();
	ipc_process_exit(&server->process);
}

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
