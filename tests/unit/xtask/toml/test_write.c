#include "toml_case.h"

static void written_strings_read_back_the_same(void **)
{
	static const struct str cases[] = {
	        STR_INIT(""),
	        STR_INIT("plain"),
	        STR_INIT("\"quoted\" \\ and 'single'"),
	        STR_INIT("\b\t\n\f\r"),
	        STR_INIT("\0\x01\x1F\x7F"),
	        STR_INIT("한글 \U0001F600"),
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		host_arena_init(&a);
		struct text t = {.arena = &a};
		text_add(&t, STR("a = "));
		toml_add_string(&t, cases[i]);
		assert_str(value_of_a(&a, text_str(&t))->string, cases[i]);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(written_strings_read_back_the_same)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
