/* How many calls a second are let through, whenever they come. */
#include "fake_machine.h"

enum { LIMIT = 100, LONG_TEST_MS = 5000 };

#define SECOND_NS 1000000000ULL
#define MS_NS 1000000ULL

static void begin(struct ipc_process *process, uint64_t per_second)
{
	fake_start(1);
	fake.now_ns = 77 * SECOND_NS + 5;
	*process = (struct ipc_process){};
	ipc_process_init(process, &(struct ipc_grant){.pid = 8});
	assert_int_equal(ipc_set_limit(process, PROCESS_LIMIT_CALLS_PER_SECOND, per_second), OK);
}

static uint64_t call_until_refused(struct ipc_process *process)
{
	uint64_t admitted = 0;
	while (admitted < LIMIT * 10 && quota_begin_call(process) == OK) {
		quota_end_call(process);
		admitted++;
	}
	return admitted;
}

/* As many as it can, every millisecond. */
static uint64_t call_for(struct ipc_process *process, uint64_t ms)
{
	uint64_t admitted = 0;
	for (uint64_t i = 0; i < ms; i++) {
		admitted += call_until_refused(process);
		fake.now_ns += MS_NS;
	}
	return admitted;
}

static void the_first_second_has_no_more_than_others(void **)
{
	static const uint64_t limits[] = {1, 2, 50, LIMIT, 300};
	struct ipc_process process;
	for (size_t i = 0; i < COUNT(limits); i++) {
		begin(&process, limits[i]);
		uint64_t admitted = call_for(&process, 1000);
		assert_in_range(admitted, limits[i], limits[i] + 1);
	}
}

static void no_moment_has_more_than_a_second_may(void **)
{
	struct ipc_process process;
	begin(&process, LIMIT);
	for (uint64_t ms = 1; ms < LONG_TEST_MS; ms += ms / 3 + 1) {
		fake.now_ns += ms * MS_NS;
		assert_in_range(call_until_refused(&process), 0, LIMIT + 1);
	}
}

/* One right before a second is over, all that are left, and then those of the next. */
static void a_second_that_begins_does_not_double_it(void **)
{
	struct ipc_process process;
	begin(&process, LIMIT);
	assert_int_equal(quota_begin_call(&process), OK);
	quota_end_call(&process);
	fake.now_ns += SECOND_NS - MS_NS;
	uint64_t admitted = call_until_refused(&process);
	fake.now_ns += MS_NS;
	admitted += call_until_refused(&process);
	assert_in_range(admitted, LIMIT - 1, LIMIT + 1);
}

static void what_is_allowed_is_given(void **)
{
	struct ipc_process process;
	begin(&process, LIMIT);
	(void)call_for(&process, 1000);
	uint64_t admitted = call_for(&process, LONG_TEST_MS);
	assert_in_range(admitted, LIMIT * LONG_TEST_MS / 1000 * 9 / 10,
	                LIMIT * LONG_TEST_MS / 1000 + LIMIT);
	/* evenly, nobody is refused */
	begin(&process, LIMIT);
	for (uint64_t i = 0; i < LIMIT * 5; i++) {
		assert_int_equal(quota_begin_call(&process), OK);
		quota_end_call(&process);
		fake.now_ns += SECOND_NS / LIMIT;
	}
	/* who was silent has all of a second at once */
	fake.now_ns += 2 * SECOND_NS;
	assert_in_range(call_until_refused(&process), LIMIT, LIMIT + 1);
}

static void the_largest_limit_is_none(void **)
{
	struct ipc_process process;
	begin(&process, UINT64_MAX);
	assert_int_equal(call_until_refused(&process), LIMIT * 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_first_second_has_no_more_than_others),
	        cmocka_unit_test(no_moment_has_more_than_a_second_may),
	        cmocka_unit_test(a_second_that_begins_does_not_double_it),
	        cmocka_unit_test(what_is_allowed_is_given),
	        cmocka_unit_test(the_largest_limit_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
