/* Whom a program begins as. */
#include "../../../../services/procd/set_id.c"
#include "../../test.h"

static void bits_of_the_file_decide(void **)
{
	static const struct {
		uint32_t mode;
		struct set_id ids;
	} cases[] = {
	        {0755, {1000, 100}},
	        {04755, {7, 100}},
	        {02755, {1000, 8}},
	        {06755, {7, 8}},
	        {06711, {7, 8}},
	        /* a bit that marks locks */
	        {02745, {1000, 100}},
	        {06744, {7, 100}},
	};
	const struct credentials_slot who = {.uid = 1, .euid = 1000, .gid = 2, .egid = 100};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct set_id_file file = {cases[i].mode, 7, 8};
		struct set_id ids = set_id_decide(&file, &who);
		if (ids.euid != cases[i].ids.euid || ids.egid != cases[i].ids.egid)
			fail_msg("case %zu: %u %u", i, ids.euid, ids.egid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bits_of_the_file_decide),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
