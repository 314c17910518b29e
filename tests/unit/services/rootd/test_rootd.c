/* Programs start, are told of, end, and end the machine. */
#include "root_fixture.h"

static size_t authorize(uint64_t sender, const char *package)
{
	const struct root_request in = {.package_len = (uint16_t)strlen(package),
	                                .weight_micros = 100};
	return request(sender, ROOT_AUTHORIZE, &in, package, strlen(package));
}

static size_t finish(uint64_t sender, int status)
{
	const struct root_request in = {.state = status};
	return request(sender, ROOT_FINISH, &in, "", 0);
}

static void core_programs_start_and_then_who_orders_the_others(void **)
{
	struct root_service *self = make();
	self->words[self->word_count++] = "session=none";
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,");
	assert_true(printed("rootd: package=initd waits for vfsd\n"));
	self = make_running();
	self->words[self->word_count++] = "session=none";
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,");
	assert_string_equal(fake.last_argument, "session=none");
	assert_true(printed("rootd: service registered package=vfsd id=2\n"));
	assert_true(printed("rootd: start package=initd pid=2 waited_us=0 for=vfsd\n"));
	assert_int_equal(fake.flags[VFSD_PID],
	                 IPC_SERVICE_VFSD << SPAWN_EXEC_SERVICE_SHIFT | SPAWN_EXEC_ARCHIVE);
	assert_int_equal(fake.flags[INITD_PID],
	                 SPAWN_EXEC_CORE | SPAWN_EXEC_ARCHIVE |
	                         1 << (SPAWN_EXEC_USES_SHIFT + IPC_SERVICE_ROOTD) |
	                         1 << (SPAWN_EXEC_USES_SHIFT + IPC_SERVICE_LOADERD));
	assert_int_equal(fake.weights[VFSD_PID], 4000);
}

static void only_who_orders_programs_may_start_them(void **)
{
	struct root_service *self = make_running();
	size_t stranger = start(STRANGER, "a", 100);
	size_t service = start(VFSD_PID, "a", 100);
	size_t core = start(INITD_PID, "vfsd", 100);
	size_t unknown = start(INITD_PID, "b", 100);
	size_t first = start(INITD_PID, "a", 123);
	size_t again = start(INITD_PID, "a", 123);
	size_t end = finish(STRANGER, 0);
	size_t ask = next(STRANGER, 0, 0);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[stranger].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[service].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[core].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[unknown].reply.status, ERR_NOT_FOUND);
	assert_int_equal(fake.answers[first].reply.status, OK);
	assert_int_equal(fake.answers[first].reply.value, 3);
	assert_int_equal(fake.answers[again].reply.status, ERR_BUSY);
	assert_int_equal(fake.answers[end].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[ask].reply.status, ERR_ACCESS_DENIED);
	assert_string_equal(fake.started, "vfsd,initd,a,");
	assert_int_equal(fake.weights[3], 123);
	assert_int_equal(fake.flags[3], 1 << (SPAWN_EXEC_USES_SHIFT + IPC_SERVICE_VFSD));
}

static void a_ticket_says_what_the_manifest_does_and_its_start_is_heard(void **)
{
	enum { A_PID = 40 };
	struct root_service *self = make_running();
	size_t stranger = authorize(STRANGER, "a"), core = authorize(INITD_PID, "vfsd");
	size_t first = authorize(INITD_PID, "a"), second = authorize(INITD_PID, "a");
	size_t replaced = event(LIFECYCLE_EVENT_START, A_PID - 1, 0);
	size_t started = event(LIFECYCLE_EVENT_START, A_PID, 0);
	fake.steps[replaced].event.parent_pid = 1;
	fake.steps[started].event.parent_pid = 2;
	size_t again = authorize(INITD_PID, "a");
	event(LIFECYCLE_EVENT_EXIT, A_PID, 9);
	size_t anew = authorize(INITD_PID, "a");
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[stranger].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[core].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[first].reply.value, 1);
	assert_int_equal(fake.answers[second].reply.value, 2);
	assert_int_equal(fake.answers[again].reply.status, ERR_BUSY);
	assert_int_equal(fake.answers[again].reply.value, A_PID);
	assert_int_equal(fake.answers[anew].reply.status, OK);
	assert_int_equal(fake.answers[anew].reply.value, 3);
	assert_int_equal(fake.replaced, 0); /* the second one was used */
	assert_int_equal(fake.holder, INITD_PID);
	assert_int_equal(fake.ticket_flags, 1 << (SPAWN_EXEC_USES_SHIFT + IPC_SERVICE_VFSD));
	assert_string_equal(fake.started, "vfsd,initd,");
	assert_true(printed("rootd: start package=a pid=40\n"));
	assert_true(printed("rootd: exit package=a pid=40 status=9\n"));
	assert_int_equal(self->table.status, 9);
}

static void a_start_that_lies_about_its_lengths_is_refused(void **)
{
	static const struct root_request cases[] = {
	        {},
	        {.package_len = 1, .arguments_len = 100},
	        {.package_len = 1, .arguments_len = 2},
	        {.package_len = 1, .arguments_len = 1, .environment_len = 1},
	        {.package_len = ROOT_PACKAGE_MAX + 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct root_service *self = make_running();
		/* three bytes: no NUL where a string ends */
		size_t step = request(INITD_PID, ROOT_START, &cases[i], "aaa", 3);
		assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
		assert_int_equal(fake.answers[step].reply.status, ERR_INVALID_ARGS);
	}
}

static void what_runs_is_told_to_who_asks(void **)
{
	struct root_service *self = make_running();
	const struct root_request plain = {}, flags = {.flags = 1},
	                          reserved = {.reserved0 = {0, 1}}, second = {.index = 1},
	                          third = {.index = 2};
	size_t status = request(STRANGER, ROOT_STATUS, &plain, "", 0);
	size_t vfsd = request(STRANGER, ROOT_LEASE_LIST, &second, "", 0);
	size_t none = request(STRANGER, ROOT_LEASE_LIST, &third, "", 0);
	size_t bad = request(STRANGER, ROOT_STATUS, &flags, "", 0);
	size_t worse = request(STRANGER, ROOT_LEASE_LIST, &reserved, "", 0);
	size_t older = request(STRANGER, ROOT_STATUS, &plain, "", 0);
	fake.steps[older].message.header.version = 0;
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[status].reply.status, OK);
	assert_int_equal(fake.answers[status].reply.value, 2);
	assert_int_equal(fake.answers[status].reply.running, 2);
	assert_int_equal(fake.answers[vfsd].lease.pid, VFSD_PID);
	assert_int_equal(fake.answers[vfsd].lease.service, IPC_SERVICE_VFSD);
	assert_int_equal(fake.answers[vfsd].lease.state, ROOT_LEASE_RUNNING);
	assert_int_equal(fake.answers[vfsd].lease.flags, ROOT_LEASE_REGISTERED | ROOT_LEASE_CORE);
	assert_string_equal(fake.answers[vfsd].lease.path, "vfsd");
	assert_memory_equal(fake.answers[vfsd].names, "vfsd", 4);
	assert_int_equal(fake.answers[none].reply.status, ERR_OUT_OF_RANGE);
	assert_int_equal(fake.answers[bad].reply.status, ERR_INVALID_ARGS);
	assert_int_equal(fake.answers[worse].reply.status, ERR_INVALID_ARGS);
	assert_int_equal(fake.answers[older].reply.status, ERR_INVALID_ARGS);
}

static void who_orders_programs_hears_of_their_ends(void **)
{
	struct root_service *self = make_running();
	size_t core[3];
	for (size_t i = 0; i < COUNT(core); i++)
		core[i] = next(INITD_PID, i ? 0 : ROOT_ALL, 0);
	start(INITD_PID, "a", 100);
	size_t begun = next(INITD_PID, 0, 5);
	size_t waits = next(INITD_PID, 0, UINT64_MAX);
	event(LIFECYCLE_EVENT_EXIT, 3, 5);
	size_t in_vain = next(INITD_PID, 0, 1000);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[core[0]].lease.pid, INITD_PID);
	assert_int_equal(fake.answers[core[1]].lease.pid, VFSD_PID);
	assert_int_equal(fake.answers[core[2]].reply.status, ERR_TIMED_OUT);
	assert_int_equal(fake.answers[begun].lease.state, ROOT_LEASE_RUNNING);
	assert_int_equal(fake.answers[waits].lease.pid, 3);
	assert_int_equal(fake.answers[waits].lease.state, ROOT_LEASE_EXITED);
	assert_int_equal(fake.answers[waits].lease.last_status, 5);
	assert_int_equal(fake.answers[in_vain].reply.status, ERR_TIMED_OUT);
	assert_int_equal(fake.now_ns, 1000);
	assert_true(printed("rootd: exit package=a pid=3 status=5\n"));
	assert_int_equal(self->table.status, 5);
}

static void notes_say_why_a_program_does_not_run(void **)
{
	struct root_service *self = make_running();
	const struct root_request waits = {.state = ROOT_LEASE_WAITING,
	                                   .package_len = 1,
	                                   .awaited_len = 4},
	                          wrong = {.state = ROOT_LEASE_RUNNING, .package_len = 1},
	                          third = {.index = 2};
	request(INITD_PID, ROOT_NOTE, &waits, "avfsd", 5);
	size_t list = request(STRANGER, ROOT_LEASE_LIST, &third, "", 0);
	size_t bad = request(INITD_PID, ROOT_NOTE, &wrong, "a", 1);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[list].lease.state, ROOT_LEASE_WAITING);
	assert_int_equal(fake.answers[list].lease.pid, 0);
	assert_memory_equal(fake.answers[list].names, "avfsd", 5);
	assert_int_equal(fake.answers[bad].reply.status, ERR_INVALID_ARGS);
	assert_string_equal(fake.started, "vfsd,initd,");
}

static void a_new_orderer_is_told_everything(void **)
{
	struct root_service *self = make_running();
	enum { NEXT_PID = 4, TOLD = 3 };
	start(INITD_PID, "sess", 1000);
	next(INITD_PID, 0, UINT64_MAX);
	event(LIFECYCLE_EVENT_EXIT, INITD_PID, 137);
	/* after the delay */
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,initd,sess,initd,");
	assert_true(printed("rootd: starting package=initd again in 10 ms"));
	size_t old = start(INITD_PID, "a", 100), told[TOLD];
	for (size_t i = 0; i < TOLD; i++)
		told[i] = next(NEXT_PID, i ? 0 : ROOT_ALL, 0);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.answers[old].reply.status, ERR_ACCESS_DENIED);
	assert_int_equal(fake.answers[told[2]].lease.pid, 3);
	assert_int_equal(fake.answers[told[2]].lease.state, ROOT_LEASE_RUNNING);
}

static void the_machine_ends_when_who_orders_programs_says_so(void **)
{
	struct root_service *self = make_running();
	start(INITD_PID, "a", 100);
	event(LIFECYCLE_EVENT_EXIT, 3, 0);
	finish(INITD_PID, 7);
	assert_int_equal(rootd_serve(self), OK);
	assert_int_equal(self->table.status, 7);
}

static void without_who_orders_programs_what_runs_decides(void **)
{
	struct root_service *self = make_running();
	event(LIFECYCLE_EVENT_EXIT, INITD_PID, 1);
	rootd_orderer(self)->restarts = 6; /* its budget is used up */
	assert_int_equal(rootd_serve(self), OK);
	assert_true(printed("not starting it again"));
	assert_int_equal(self->table.status, 1);
}

static void a_start_that_finds_no_memory_is_waited_for_and_tried_again(void **)
{
	struct root_service *self = make();
	fake.refuse = 3;
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_string_equal(fake.started, "vfsd,");
	assert_int_equal(fake.now_ns, (10 + 20 + 40) * 1000000ULL);
}

static void signals_of_init_end_the_machine(void **)
{
	static const struct {
		int32_t signal;
		uint32_t how;
	} cases[] = {
	        {SHUTDOWN_SIGUSR1, MACHINE_END_HALT},
	        {SHUTDOWN_SIGUSR2, MACHINE_END_POWER_OFF},
	        {SHUTDOWN_SIGTERM, MACHINE_END_RESET},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct root_service *self = make_running();
		event(LIFECYCLE_EVENT_SIGNAL, 0, cases[i].signal);
		assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
		assert_true(fake.alone);
		assert_int_equal(fake.machine_end, cases[i].how + 1);
		assert_true(printed("rootd: audit records=0 lost=0 chain=whole "));
		rootd_handle_signal(self, 1);
		assert_int_equal(fake.machine_end, cases[i].how + 1);
	}
}

static void the_audit_record_is_read_at_whatever_happens(void **)
{
	struct root_service *self = make_running();
	event(LIFECYCLE_EVENT_AUDIT, 0, 0);
	event(LIFECYCLE_EVENT_EXIT, 1000, 0);
	assert_int_equal(rootd_serve(self), ERR_NOT_CONNECTED);
	assert_int_equal(fake.audit_reads, 1 + fake.step_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(core_programs_start_and_then_who_orders_the_others),
	        cmocka_unit_test(only_who_orders_programs_may_start_them),
	        cmocka_unit_test(a_ticket_says_what_the_manifest_does_and_its_start_is_heard),
	        cmocka_unit_test(a_start_that_lies_about_its_lengths_is_refused),
	        cmocka_unit_test(what_runs_is_told_to_who_asks),
	        cmocka_unit_test(who_orders_programs_hears_of_their_ends),
	        cmocka_unit_test(notes_say_why_a_program_does_not_run),
	        cmocka_unit_test(a_new_orderer_is_told_everything),
	        cmocka_unit_test(the_machine_ends_when_who_orders_programs_says_so),
	        cmocka_unit_test(without_who_orders_programs_what_runs_decides),
	        cmocka_unit_test(a_start_that_finds_no_memory_is_waited_for_and_tried_again),
	        cmocka_unit_test(signals_of_init_end_the_machine),
	        cmocka_unit_test(the_audit_record_is_read_at_whatever_happens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
