/* Threads that are started when all others are at work, over calls of ours. */
#include "../../test.h"
#include <rt/api.h>
#include <stdlib.h>
#include <string.h>

static enum status fake_map(uint64_t address, uint64_t size, uint32_t rights, uint32_t flags,
                            uint64_t *out_start);
static enum status fake_unmap(uint64_t address, uint64_t size);
static enum status fake_protect(uint64_t address, uint64_t size, uint32_t rights);
static enum status fake_create(uint64_t entry, uint64_t stack, uint64_t argument,
                               uint64_t *out_tid);

#define rustos_memory_map fake_map
#define rustos_memory_unmap fake_unmap
#define rustos_memory_protect fake_protect
#define rustos_thread_create fake_create
#define rustos_process_exit(status) abort()
#include "../../../../libs/service/crew.c"

enum { THREADS = 4, STATE_BYTES = 1000 };

static struct {
	void *memory[THREADS];
	struct crew_member *members[THREADS]; /* as their threads began */
	size_t mapped, unmapped, created;
	enum status map, protect, create;
} fake;

static enum status fake_map(uint64_t, uint64_t size, uint32_t, uint32_t flags, uint64_t *out_start)
{
	assert_int_equal(flags, MEMORY_WIRED);
	assert_int_equal(size % CREW_PAGE, 0);
	if (fake.map != OK)
		return fake.map;
	assert_true(fake.mapped < THREADS);
	void *memory = aligned_alloc(CREW_PAGE, size);
	memset(memory, 0, size);
	fake.memory[fake.mapped++] = memory;
	*out_start = (uintptr_t)memory;
	return OK;
}

static enum status fake_unmap(uint64_t address, uint64_t)
{
	assert_int_equal(address, (uintptr_t)fake.memory[--fake.mapped]);
	free(fake.memory[fake.mapped]);
	fake.unmapped++;
	return OK;
}

/* Who runs out of his stack meets it. */
static enum status fake_protect(uint64_t address, uint64_t size, uint32_t rights)
{
	assert_int_equal(address, (uintptr_t)fake.memory[fake.mapped - 1]);
	assert_int_equal(size, CREW_PAGE);
	assert_int_equal(rights, 0);
	return fake.protect;
}

static enum status fake_create(uint64_t, uint64_t stack, uint64_t argument, uint64_t *out_tid)
{
	assert_int_equal(stack % 16, 0);
	assert_int_equal(stack - (uintptr_t)fake.memory[fake.mapped - 1],
	                 CREW_PAGE + CREW_STACK_BYTES);
	if (fake.create != OK)
		return fake.create;
	fake.members[fake.created++] = (struct crew_member *)argument;
	*out_tid = fake.created;
	return OK;
}

/* No thread runs here. */
void service_log(const char *, enum log_level, const char *, ...)
{
	abort();
}

static int setup(void **)
{
	memset(&fake, 0, sizeof fake);
	return 0;
}

static int teardown(void **)
{
	while (fake.mapped)
		free(fake.memory[--fake.mapped]);
	return 0;
}

static struct crew_member first_of(struct service_crew *crew, unsigned threads)
{
	*crew = (struct service_crew){.living = 1};
	return (struct crew_member){.crew = crew,
	                            .definition = {.threads = threads, .self_size = STATE_BYTES}};
}

static void one_thread_is_enough_where_nothing_else_is_said(void **)
{
	struct service_crew crew;
	for (unsigned threads = 0; threads < 2; threads++) {
		struct crew_member first = first_of(&crew, threads);
		crew_rest(&first);
		crew_work(&first);
		crew_rest(&first);
		assert_int_equal(crew.working, 0);
		assert_int_equal(fake.mapped, 0);
		assert_true(crew_leave(&first));
	}
}

static void who_takes_a_request_while_all_work_starts_one_more(void **)
{
	struct service_crew crew;
	struct crew_member first = first_of(&crew, 3);
	crew_rest(&first);
	crew_work(&first);
	assert_int_equal(fake.created, 1);
	/* it waits: who comes back and takes the next starts nobody */
	crew_rest(&first);
	crew_work(&first);
	assert_int_equal(fake.created, 1);
	struct crew_member *second = fake.members[0];
	crew_rest(second);
	crew_work(second);
	assert_int_equal(fake.created, 2);
	/* as many as there may be */
	struct crew_member *third = fake.members[1];
	crew_work(third);
	assert_int_equal(fake.created, 2);
	assert_int_equal(crew.living, 3);
	assert_int_equal(crew.working, 3);
}

static void each_thread_has_memory_and_a_state_of_its_own(void **)
{
	struct service_crew crew;
	char state[STATE_BYTES];
	struct crew_member first = first_of(&crew, 2);
	first.definition.self = state;
	crew_work(&first);
	struct crew_member *second = fake.members[0];
	assert_ptr_equal(second->crew, &crew);
	assert_false(second->works);
	assert_int_equal((uintptr_t)second->memory % 16, 0);
	uint8_t *own = second->definition.self;
	assert_ptr_equal(own, second->memory + SERVICE_MEMORY_BYTES);
	/* the sanitizer sees what lies outside */
	memset(second->memory, 1, SERVICE_MEMORY_BYTES);
	for (size_t i = 0; i < STATE_BYTES; i++)
		assert_int_equal(own[i], 0);
	memset(own, 1, STATE_BYTES);
	assert_ptr_equal(second->crew, &crew);
}

static void without_memory_or_thread_the_others_go_on_and_the_next_one_tries_again(void **)
{
	const struct {
		enum status map, protect, create;
	} cases[] = {{ERR_NO_MEMORY, OK, OK}, {OK, ERR_NO_MEMORY, OK}, {OK, OK, ERR_NO_MEMORY}};
	struct service_crew crew;
	struct crew_member first = first_of(&crew, 2);
	for (size_t i = 0; i < COUNT(cases); i++) {
		fake.map = cases[i].map;
		fake.protect = cases[i].protect;
		fake.create = cases[i].create;
		crew_work(&first);
		crew_rest(&first);
		assert_int_equal(fake.created, 0);
		assert_int_equal(fake.mapped, 0);
		assert_int_equal(crew.living, 1);
	}
	assert_int_equal(fake.unmapped, 2);
	fake.map = fake.protect = fake.create = OK;
	crew_work(&first);
	assert_int_equal(fake.created, 1);
}

static void the_last_one_to_leave_is_told(void **)
{
	struct service_crew crew;
	struct crew_member first = first_of(&crew, 2);
	crew_work(&first);
	crew_rest(&first);
	assert_false(crew_leave(&first));
	assert_true(crew_leave(fake.members[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(one_thread_is_enough_where_nothing_else_is_said,
	                                        setup, teardown),
	        cmocka_unit_test_setup_teardown(who_takes_a_request_while_all_work_starts_one_more,
	                                        setup, teardown),
	        cmocka_unit_test_setup_teardown(each_thread_has_memory_and_a_state_of_its_own,
	                                        setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                without_memory_or_thread_the_others_go_on_and_the_next_one_tries_again,
	                setup, teardown),
	        cmocka_unit_test_setup_teardown(the_last_one_to_leave_is_told, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
