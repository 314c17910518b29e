#include "../../test.h"
#include <rt/api.h>

static void entry_is_found_behind_the_environment(void **)
{
	static char variable[] = "A=1";
	/* envp, its NULL, then pairs */
	static const struct {
		char *envp[3];
		uint64_t auxv[6];
	} stack = {{variable, variable, NULL},
	           {AUXV_PAGE_BYTES, 4096, AUXV_RANDOM, 77, AUXV_NULL, 5}};
	uint64_t value = 1;
	assert_true(auxv_find(stack.envp, AUXV_PAGE_BYTES, &value));
	assert_int_equal(value, 4096);
	assert_true(auxv_find(stack.envp, AUXV_RANDOM, &value));
	assert_int_equal(value, 77);
	assert_false(auxv_find(stack.envp, AUXV_ENTRY, &value));
	assert_false(auxv_find(stack.envp, AUXV_NULL, &value));
	assert_int_equal(value, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(entry_is_found_behind_the_environment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
