/* setuid and its relatives, as Linux's manual pages tell them. */
#include "../../../../services/syscalld/ids.c"
#include "../../../../services/syscalld/limits.c"
#include "../../test.h"

enum { ROOT = 0, ANN = 1000, BOB = 1001 };

#define NO ID_NONE

static void assert_ids(struct ids got, struct ids want, size_t i)
{
	if (got.real != want.real || got.effective != want.effective || got.saved != want.saved ||
	    got.file != want.file)
		fail_msg("case %zu: %u %u %u %u", i, got.real, got.effective, got.saved, got.file);
}

static void setuid_is_for_ever_only_for_the_superuser(void **)
{
	static const struct {
		struct ids before;
		uint32_t id;
		enum status status;
		struct ids after;
	} cases[] = {
	        {{ROOT, ROOT, ROOT, ROOT}, ANN, OK, {ANN, ANN, ANN, ANN}},
	        {{ANN, ANN, ANN, ANN}, ROOT, ERR_NOT_PERMITTED, {ANN, ANN, ANN, ANN}},
	        {{ANN, ANN, ANN, ANN}, ANN, OK, {ANN, ANN, ANN, ANN}},
	        {{ANN, ANN, ROOT, ANN}, ROOT, OK, {ANN, ROOT, ROOT, ROOT}},
	        {{ANN, BOB, ANN, BOB}, ANN, OK, {ANN, ANN, ANN, ANN}},
	        /* the effective one alone gives nothing */
	        {{ANN, BOB, ANN, BOB}, BOB, ERR_NOT_PERMITTED, {ANN, BOB, ANN, BOB}},
	        {{ROOT, ROOT, ROOT, ROOT}, NO, ERR_INVALID_ARGS, {ROOT, ROOT, ROOT, ROOT}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ids ids = cases[i].before;
		assert_int_equal(ids_set(&ids, cases[i].id, ids.effective == ROOT),
		                 cases[i].status);
		assert_ids(ids, cases[i].after, i);
	}
}

static void setreuid_swaps(void **)
{
	static const struct {
		struct ids before;
		uint32_t real, effective;
		enum status status;
		struct ids after;
	} cases[] = {
	        {{ANN, BOB, BOB, BOB}, BOB, ANN, OK, {BOB, ANN, ANN, ANN}},
	        {{ROOT, ROOT, ROOT, ROOT}, ANN, NO, OK, {ANN, ROOT, ROOT, ROOT}},
	        {{ROOT, ROOT, ROOT, ROOT}, NO, ANN, OK, {ROOT, ANN, ANN, ANN}},
	        {{ANN, BOB, BOB, BOB}, NO, ANN, OK, {ANN, ANN, BOB, ANN}},
	        {{ANN, ANN, BOB, ANN}, NO, BOB, OK, {ANN, BOB, BOB, BOB}},
	        {{ANN, ANN, BOB, ANN}, BOB, NO, ERR_NOT_PERMITTED, {ANN, ANN, BOB, ANN}},
	        {{ANN, ANN, ANN, ANN}, NO, ROOT, ERR_NOT_PERMITTED, {ANN, ANN, ANN, ANN}},
	        {{ANN, ANN, ANN, ANN}, NO, NO, OK, {ANN, ANN, ANN, ANN}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ids ids = cases[i].before;
		assert_int_equal(
		        ids_set_two(&ids, cases[i].real, cases[i].effective, ids.effective == ROOT),
		        cases[i].status);
		assert_ids(ids, cases[i].after, i);
	}
}

static void setresuid_moves_between_the_three(void **)
{
	static const struct {
		struct ids before;
		uint32_t wanted[3];
		enum status status;
		struct ids after;
	} cases[] = {
	        {{ROOT, ROOT, ROOT, ROOT}, {ANN, BOB, NO}, OK, {ANN, BOB, ROOT, BOB}},
	        {{ANN, BOB, ROOT, BOB}, {NO, ROOT, NO}, OK, {ANN, ROOT, ROOT, ROOT}},
	        {{ANN, BOB, ROOT, BOB}, {BOB, ANN, ANN}, OK, {BOB, ANN, ANN, ANN}},
	        {{ANN, ANN, ANN, ANN}, {NO, NO, BOB}, ERR_NOT_PERMITTED, {ANN, ANN, ANN, ANN}},
	        /* all or nothing */
	        {{ANN, ANN, BOB, ANN}, {BOB, ROOT, NO}, ERR_NOT_PERMITTED, {ANN, ANN, BOB, ANN}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ids ids = cases[i].before;
		assert_int_equal(ids_set_three(&ids, cases[i].wanted, ids.effective == ROOT),
		                 cases[i].status);
		assert_ids(ids, cases[i].after, i);
	}
}

static void setfsuid_tells_the_old_one_and_no_error(void **)
{
	struct ids ids = {ANN, ANN, BOB, ANN};
	assert_int_equal(ids_set_file(&ids, ROOT, false), ANN);
	assert_int_equal(ids.file, ANN);
	assert_int_equal(ids_set_file(&ids, BOB, false), ANN);
	assert_int_equal(ids_set_file(&ids, NO, false), BOB);
	assert_int_equal(ids_set_file(&ids, ROOT, true), BOB);
	assert_int_equal(ids.file, ROOT);
}

static void slots_hold_users_and_groups_apart(void **)
{
	struct credentials_slot slot = {};
	const struct ids users = {1, 2, 3, 4}, groups = {5, 6, 7, 8};
	ids_put_user(&slot, &users);
	ids_put_group(&slot, &groups);
	assert_ids(ids_of_user(&slot), users, 0);
	assert_ids(ids_of_group(&slot), groups, 1);
	assert_int_equal(slot.euid, 2);
	assert_int_equal(slot.fsgid, 8);
}

static void limits_are_lowered_by_anybody_and_raised_by_few(void **)
{
	static const struct {
		uint64_t which;
		struct limit_pair wanted;
		bool is_privileged;
		enum status status;
	} cases[] = {
	        {LIMITS_DESCRIPTORS, {10, 20}, false, OK},
	        {LIMITS_DESCRIPTORS, {100, 100}, false, OK},
	        {LIMITS_DESCRIPTORS, {10, 101}, false, ERR_NOT_PERMITTED},
	        {LIMITS_DESCRIPTORS, {10, 101}, true, OK},
	        {LIMITS_DESCRIPTORS, {10, LIMITS_DESCRIPTORS_MAX + 1}, true, ERR_NOT_PERMITTED},
	        {LIMITS_DESCRIPTORS, {21, 20}, true, ERR_INVALID_ARGS},
	        {LIMITS_COUNT, {1, 1}, true, ERR_INVALID_ARGS},
	        {UINT64_MAX, {1, 1}, true, ERR_INVALID_ARGS},
	        /* nobody keeps it: it may stay */
	        {0, {100, 100}, false, OK},
	        {0, {10, 100}, true, ERR_NOT_PERMITTED},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct limits_slot slot = {};
		for (size_t j = 0; j < LIMITS_COUNT; j++)
			slot.limits[j] = (struct limit_pair){100, 100};
		enum status status =
		        limits_set(&slot, cases[i].which, &cases[i].wanted, cases[i].is_privileged);
		if (status != cases[i].status)
			fail_msg("case %zu: %d", i, status);
		if (status == OK)
			assert_int_equal(slot.limits[cases[i].which].maximum,
			                 cases[i].wanted.maximum);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(setuid_is_for_ever_only_for_the_superuser),
	        cmocka_unit_test(setreuid_swaps),
	        cmocka_unit_test(setresuid_moves_between_the_three),
	        cmocka_unit_test(setfsuid_tells_the_old_one_and_no_error),
	        cmocka_unit_test(slots_hold_users_and_groups_apart),
	        cmocka_unit_test(limits_are_lowered_by_anybody_and_raised_by_few),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
