/* Which sockets there may be, and for whom. */
#include "../../../../services/netd/policy.c"
#include "../../test.h"

static void each_family_has_its_kinds(void **)
{
	static const struct {
		struct socket_question question;
		enum status socket;
	} cases[] = {
	        {{.family = 2, .kind = 1}, ERR_NO_ADDRESS_FAMILY},
	        {{.family = 2, .kind = 2, .uid = 7}, ERR_NO_ADDRESS_FAMILY},
	        {{.family = 2, .kind = 3}, ERR_NO_ADDRESS_FAMILY},
	        {{.family = 2, .kind = 3, .uid = 7}, ERR_NOT_PERMITTED},
	        {{.family = 10, .kind = 3, .uid = 7}, ERR_NOT_PERMITTED},
	        {{.family = 17, .kind = 2, .uid = 7}, ERR_NOT_PERMITTED},
	        {{.family = 16, .kind = 3, .uid = 7}, ERR_NO_ADDRESS_FAMILY},
	        {{.family = 2, .kind = 5}, ERR_NO_SUCH_SOCKET_KIND},
	        {{.family = 16, .kind = 1}, ERR_NO_SUCH_SOCKET_KIND},
	        {{.family = 2, .kind = 0}, ERR_INVALID_ARGS},
	        {{.family = 2, .kind = 9}, ERR_INVALID_ARGS},
	        {{.family = 0, .kind = 1}, ERR_NO_ADDRESS_FAMILY},
	        {{.family = 1, .kind = 1}, ERR_NO_ADDRESS_FAMILY},
	        {{.family = 99, .kind = 1}, ERR_NO_ADDRESS_FAMILY},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(policy_socket(&cases[i].question), cases[i].socket);
		assert_int_equal(policy_pair(&cases[i].question), cases[i].socket);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_family_has_its_kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
