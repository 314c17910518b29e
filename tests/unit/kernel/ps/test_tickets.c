/* A ticket is for one start, by one holder. */
#include "process_fixture.h"

/* As loaderd leaves it. */
static struct program_built *test_build(void)
{
	struct program_built *built = program_built_create(1);
	fake_memory.is_lazy = true;
	assert_non_null(built);
	assert_int_equal(vm_space_create(NULL, &built->space), OK);
	return built;
}

enum { TEST_HOLDER = 2 };

/* The first process has made a ticket for the second one. */
static struct process_request test_ticket(void)
{
	struct process_request request = {.path = STR("a"),
	                                  .ticket_holder = TEST_HOLDER,
	                                  .flags = SPAWN_EXEC_ADMIN,
	                                  .may_register = 1 << 3,
	                                  .weight_micros = 77};
	test_start();
	test_spawn(0);
	become(0);
	test_spawn(0);
	assert_int_equal(spawn_ticket_create(&request, 0, &request.ticket), OK);
	return request;
}

static void a_ticket_starts_one_program_and_only_for_its_holder(void **)
{
	struct process_request request = test_ticket(), read = {.path = STR("a")};
	uint64_t pid = 0;
	become(1);
	read.ticket = request.ticket;
	read.ticket_holder = TEST_HOLDER - 1;
	assert_int_equal(spawn_ticket_read(&read), ERR_NO_PROCESS);
	struct program_built *built = test_build();
	assert_int_equal(process_spawn_built(built, &read, TEST_HOLDER, &pid), ERR_NO_PROCESS);
	program_built_destroy(built);
	read.ticket_holder = TEST_HOLDER;
	assert_int_equal(spawn_ticket_read(&read), OK);
	assert_int_equal(read.flags, SPAWN_EXEC_ADMIN);
	assert_int_equal(read.may_register, 1 << 3);
	assert_int_equal(read.weight_micros, 77);
	assert_int_equal(process_spawn_built(test_build(), &read, TEST_HOLDER, &pid), OK);
	assert_int_equal(spawn_ticket_read(&read), ERR_NO_PROCESS);
	built = test_build();
	assert_int_equal(process_spawn_built(built, &read, TEST_HOLDER, &pid), ERR_NO_PROCESS);
	program_built_destroy(built);
	(void)test_exit(2, 0);
	(void)test_exit(1, 0);
	(void)test_exit(0, 0);
}

static void the_first_process_hears_of_a_start_before_anything_else(void **)
{
	struct process_request request = test_ticket();
	struct process_event events[3];
	uint64_t pid = 0, number;
	size_t count;
	become(1);
	assert_int_equal(process_spawn_built(test_build(), &request, TEST_HOLDER, &pid), OK);
	process_service_registered(3, pid);
	assert_int_equal(test_exit(2, 5), 1);
	become(0);
	assert_int_equal(spawn_ticket_create(&request, request.ticket, &number), ERR_EXISTS);
	assert_int_equal(process_take_events(events, 3, &test_look, &count), OK);
	assert_int_equal(count, 3);
	assert_int_equal(events[0].event, LIFECYCLE_EVENT_START);
	assert_int_equal(events[0].pid, pid);
	assert_int_equal(events[0].parent_pid, request.ticket);
	assert_int_equal(events[1].event, LIFECYCLE_EVENT_SERVICE);
	assert_int_equal(events[2].event, LIFECYCLE_EVENT_EXIT);
	assert_int_equal(events[2].pid, pid);
	assert_int_equal(events[2].parent_pid, 1);
	assert_int_equal(events[2].status, 5);
	(void)test_exit(1, 0);
	(void)test_exit(0, 0);
}

static void a_ticket_that_was_replaced_means_nothing(void **)
{
	struct process_request old = test_ticket(), request = old;
	assert_int_equal(spawn_ticket_create(&request, old.ticket, &request.ticket), OK);
	assert_int_not_equal(request.ticket, old.ticket);
	assert_int_equal(spawn_ticket_read(&old), ERR_NO_PROCESS);
	assert_int_equal(spawn_ticket_read(&request), OK);
	fake_memory.fail_in = 1;
	assert_int_equal(spawn_ticket_create(&request, request.ticket, &old.ticket), ERR_NO_MEMORY);
	assert_int_equal(spawn_ticket_read(&request), OK);
	(void)test_exit(1, 0);
	/* what nobody used goes with who made it */
	(void)test_exit(0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_ticket_starts_one_program_and_only_for_its_holder),
	        cmocka_unit_test(the_first_process_hears_of_a_start_before_anything_else),
	        cmocka_unit_test(a_ticket_that_was_replaced_means_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
