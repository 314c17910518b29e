/* Processes begin, are heard of, and are waited for. */
#include "process_fixture.h"

static void child_knows_its_parent_and_name(void **)
{
	test_start();
	assert_int_equal(test_spawn(0), 1);
	become(0);
	assert_int_equal(process_id(process_current()), 1);
	assert_str(process_name(process_current()), STR("a.elf"));
	assert_int_equal(process_current()->spawner_pid, 0);
	assert_int_equal(test_spawn(0), 2);
	become(1);
	assert_int_equal(process_current()->spawner_pid, 1);
	assert_int_equal(test_exit(1, 0), 1);
	assert_int_equal(test_exit(0, 0), 2);
}

static void capability_belongs_to_the_calling_process(void **)
{
	test_start();
	assert_null(process_current());
	assert_false(process_has_capability(9));
	test_spawn(1 << 9 | 1ULL << 63);
	become(0);
	test_audited = 0;
	assert_true(process_has_capability(9));
	assert_true(process_has_capability(63));
	assert_int_equal(test_audited, 0);
	assert_false(process_has_capability(8));
	assert_false(process_has_capability(64));
	assert_false(process_has_capability(64 + 9));
	assert_int_equal(test_audited, 3);
	test_spawn(0);
	become(1);
	assert_false(process_has_capability(9));
	(void)test_exit(1, 0);
	(void)test_exit(0, 0);
}

static void exits_are_taken_once_in_their_order_and_free_everything(void **)
{
	struct process_event events[2];
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	for (unsigned i = 0; i < 3; i++)
		test_spawn(0);
	assert_int_equal(test_exit(2, 7), 1);
	assert_int_equal(test_exit(1, -1), 1);
	assert_int_equal(test_exit(3, 139), 1);
	assert_int_equal(fake_memory.spaces, 1);

	become(0);
	assert_int_equal(process_take_events(events, 2, &test_wait, &count), OK);
	assert_int_equal(count, 2);
	assert_int_equal(events[0].pid, 3);
	assert_int_equal(events[0].parent_pid, 1);
	assert_int_equal(events[0].status, 7);
	assert_int_equal(events[1].pid, 2);
	assert_int_equal(events[1].status, -1);
	assert_int_equal(process_take_events(events, 2, &test_look, &count), OK);
	assert_int_equal(count, 1);
	assert_int_equal(events[0].status, 139);
	assert_int_equal(process_take_events(events, 2, &test_look, &count), OK);
	assert_int_equal(count, 0);
	assert_int_equal(test_sleeps, 0);
	assert_int_equal(fake_memory.heap_blocks, 2);
	(void)test_exit(0, 0);
}

static void registered_services_are_told_once_before_exits(void **)
{
	struct process_event events[3];
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	test_spawn(0);
	process_service_registered(40, 2);
	process_service_registered(3, 2);
	process_service_registered(40, 2);
	assert_int_equal(test_exit(1, 6), 1);
	become(0);
	assert_int_equal(process_take_events(events, 3, &test_wait, &count), OK);
	assert_int_equal(count, 3);
	assert_int_equal(events[0].event, LIFECYCLE_EVENT_SERVICE);
	assert_int_equal(events[0].status, 3);
	assert_int_equal(events[1].status, 40);
	assert_int_equal(events[1].pid, 2);
	assert_int_equal(events[2].event, LIFECYCLE_EVENT_EXIT);
	assert_int_equal(events[2].status, 6);
	assert_int_equal(test_sleeps, 0);
	(void)test_exit(0, 0);
}

static void a_filling_audit_record_is_told_once(void **)
{
	struct process_event events[2];
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	process_audit_fills();
	process_audit_fills();
	assert_int_equal(process_take_events(events, 2, &test_wait, &count), OK);
	assert_int_equal(count, 1);
	assert_int_equal(events[0].event, LIFECYCLE_EVENT_AUDIT);
	assert_false(events_pending());
	(void)test_exit(0, 0);
}

static void waiting_without_another_process_is_refused(void **)
{
	struct process_event event;
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	assert_int_equal(process_take_events(&event, 1, &test_wait, &count), ERR_NO_CHILD);
	assert_int_equal(test_sleeps, 0);
	(void)test_exit(0, 0);
}

static void child_exits_meanwhile(void)
{
	struct thread *self = test_current;
	assert_int_equal(test_exit(1, 5), 1);
	assert_true(test_wakes >= 1);
	test_current = self;
}

static void waiting_ends_with_the_exit(void **)
{
	struct process_event event;
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	test_spawn(0);
	test_while_asleep = child_exits_meanwhile;
	assert_int_equal(process_take_events(&event, 1, &test_wait, &count), OK);
	assert_int_equal(count, 1);
	assert_int_equal(event.status, 5);
	assert_int_equal(test_sleeps, 1);
	(void)test_exit(0, 0);
}

static void spawn_fails_cleanly_at_every_allocation(void **)
{
	enum status status = ERR_NO_MEMORY;
	unsigned n = 0;
	while (status != OK) {
		struct process_request request = {.path = STR("apps/a/a.elf")};
		uint64_t pid = 99;
		test_start();
		fake_memory.fail_in = ++n;
		status = process_spawn(&request, &pid);
		if (status == OK)
			break;
		assert_int_equal(status, ERR_NO_MEMORY);
		assert_int_equal(pid, 99);
		assert_int_equal(test_started_count, 0);
		assert_nothing_alive();
	}
	assert_true(n > 8);
	fake_memory.fail_in = 0;
	(void)test_exit(0, 0);
}

static void fault_point_makes_spawn_fail(void **)
{
	struct process_request request = {.path = STR("apps/a/a.elf")};
	struct fault_spec spec = {.present = true, .text = STR("process.spawn=fail"), .len = 18};
	struct fault_spec none = {};
	uint64_t pid;
	test_start();
	assert_int_equal(fault_runtime_load(kernel_faults(), &spec), FAULT_SPEC_LOADED);
	assert_int_equal(process_spawn(&request, &pid), ERR_NO_MEMORY);
	assert_nothing_alive();
	assert_int_equal(fault_runtime_load(kernel_faults(), &none), FAULT_SPEC_NOT_PRESENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(child_knows_its_parent_and_name),
	        cmocka_unit_test(capability_belongs_to_the_calling_process),
	        cmocka_unit_test(exits_are_taken_once_in_their_order_and_free_everything),
	        cmocka_unit_test(registered_services_are_told_once_before_exits),
	        cmocka_unit_test(a_filling_audit_record_is_told_once),
	        cmocka_unit_test(waiting_without_another_process_is_refused),
	        cmocka_unit_test(waiting_ends_with_the_exit),
	        cmocka_unit_test(spawn_fails_cleanly_at_every_allocation),
	        cmocka_unit_test(fault_point_makes_spawn_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
