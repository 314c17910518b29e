/* mmap and its relatives, as Linux's manual pages tell them. */
#include "../../../../services/syscalld/memory.c"
#include "../../test.h"

#define PAGE MEMORY_PAGE
#define ANON (MAP_FLAG_PRIVATE | MAP_FLAG_ANONYMOUS)
#define END ((uint64_t)1 << 47)

static const struct memory_rules rules = {
        .layout = {.user_range_start = 0x10000, .user_range_end = END, .mapped_bytes = 8 * PAGE},
        .addresses_max = 16 * PAGE,
};

static void what_is_mapped_is_zeroed_or_a_file(void **)
{
	static const struct {
		uint64_t flags;
		uint16_t op;
		uint32_t broker_flags;
	} cases[] = {
	        {ANON, MM_MAP_ANON, 0},
	        {MAP_FLAG_SHARED | MAP_FLAG_ANONYMOUS, MM_MAP_ANON, MEMORY_SHARED},
	        {MAP_FLAG_PRIVATE, MM_MAP_FILE_PRIVATE, 0},
	        {MAP_FLAG_SHARED, MM_MAP_FILE_SHARED, 0},
	        {ANON | MAP_FLAG_FIXED, MM_MAP_ANON, MEMORY_REPLACE},
	        {ANON | MAP_FLAG_FIXED_NOREPLACE, MM_MAP_ANON, 0},
	        {ANON | MAP_FLAG_FIXED | MAP_FLAG_FIXED_NOREPLACE, MM_MAP_ANON, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const uint64_t wanted[6] = {0x20000, 1, PROTECTION_WRITE, cases[i].flags, 3, 0};
		struct memory_plan plan;
		assert_int_equal(memory_plan_map(&rules, wanted, &plan), OK);
		assert_int_equal(plan.args.op, cases[i].op);
		assert_int_equal(plan.args.flags, cases[i].broker_flags);
		assert_int_equal(plan.args.size, PAGE);
		assert_int_equal(plan.args.rights, MEMORY_READ | MEMORY_WRITE);
		assert_int_equal(plan.args.descriptor, plan.args.op == MM_MAP_ANON ? 0 : 3);
	}
}

static void a_place_is_a_hint_unless_it_is_fixed(void **)
{
	static const struct {
		uint64_t address, flags;
		enum status status;
		uint64_t planned;
		bool is_hint;
	} cases[] = {
	        {0x20000, ANON, OK, 0x20000, true},
	        {0x20001, ANON, OK, 0, true},
	        {PAGE, ANON, OK, 0, true},
	        {END, ANON, OK, 0, true},
	        {UINT64_MAX - PAGE + 1, ANON, OK, 0, true},
	        {0x20000, ANON | MAP_FLAG_FIXED, OK, 0x20000, false},
	        {0x20001, ANON | MAP_FLAG_FIXED, ERR_INVALID_ARGS, 0, false},
	        {PAGE, ANON | MAP_FLAG_FIXED, ERR_NOT_PERMITTED, 0, false},
	        {END, ANON | MAP_FLAG_FIXED_NOREPLACE, ERR_NO_MEMORY, 0, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const uint64_t wanted[6] = {cases[i].address, PAGE, 0, cases[i].flags};
		struct memory_plan plan;
		assert_int_equal(memory_plan_map(&rules, wanted, &plan), cases[i].status);
		if (cases[i].status != OK)
			continue;
		assert_int_equal(plan.args.address, cases[i].planned);
		assert_int_equal(plan.is_hint, cases[i].is_hint);
	}
}

static void no_more_is_mapped_than_the_limit_says(void **)
{
	struct memory_plan plan;
	const uint64_t all[6] = {0, 8 * PAGE, 0, ANON}, more[6] = {0, 8 * PAGE + 1, 0, ANON};
	assert_int_equal(memory_plan_map(&rules, all, &plan), OK);
	assert_int_equal(memory_plan_map(&rules, more, &plan), ERR_NO_MEMORY);
	struct memory_rules over = rules;
	over.addresses_max = 7 * PAGE; /* lowered since */
	assert_int_equal(memory_plan_map(&over, all, &plan), ERR_NO_MEMORY);
}

static void rights_and_sizes_are_checked_everywhere(void **)
{
	struct memory_plan plan;
	assert_int_equal(memory_plan_protect((uint64_t[3]){PAGE, 0, 0}, &plan), OK);
	assert_int_equal(plan.args.size, 0);
	assert_int_equal(memory_plan_protect((uint64_t[3]){PAGE, 1, PROTECTION_EXECUTE}, &plan),
	                 OK);
	assert_int_equal(plan.args.rights, MEMORY_READ | MEMORY_EXECUTE);
	assert_int_equal(memory_plan_protect((uint64_t[3]){PAGE, 1, 8}, &plan), ERR_INVALID_ARGS);
	assert_int_equal(memory_plan_protect((uint64_t[3]){1, 1, 0}, &plan), ERR_INVALID_ARGS);
	assert_int_equal(memory_plan_protect((uint64_t[3]){0, UINT64_MAX, 0}, &plan),
	                 ERR_NO_MEMORY);
	assert_int_equal(memory_plan_unmap((uint64_t[2]){PAGE, 0}, &plan), ERR_INVALID_ARGS);
	assert_int_equal(memory_plan_unmap((uint64_t[2]){1, PAGE}, &plan), ERR_INVALID_ARGS);
	assert_int_equal(memory_plan_unmap((uint64_t[2]){PAGE, 1}, &plan), OK);
	assert_int_equal(plan.args.size, PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_mapped_is_zeroed_or_a_file),
	        cmocka_unit_test(a_place_is_a_hint_unless_it_is_fixed),
	        cmocka_unit_test(no_more_is_mapped_than_the_limit_says),
	        cmocka_unit_test(rights_and_sizes_are_checked_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
