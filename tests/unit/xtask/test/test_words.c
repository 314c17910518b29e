#include "../../test.h"
#include "os/files.h"
#include "test/words.h"

static void words_are_split_as_a_shell_would(void **)
{
	static const struct {
		struct str line;
		bool ok;
		size_t count;
		struct str words[4];
	} cases[] = {
	        {STR_INIT("check --json"), true, 2, {STR_INIT("check"), STR_INIT("--json")}},
	        {STR_INIT("  a\t b  "), true, 2, {STR_INIT("a"), STR_INIT("b")}},
	        {STR_INIT("--set 'a b'=\"c d\""),
	         true,
	         2,
	         {STR_INIT("--set"), STR_INIT("a b=c d")}},
	        {STR_INIT("a '' b"), true, 3, {STR_INIT("a"), STR_INIT(""), STR_INIT("b")}},
	        {STR_INIT("a\\ b '\\n' \"\\\"\""),
	         true,
	         3,
	         {STR_INIT("a b"), STR_INIT("\\n"), STR_INIT("\"")}},
	        {STR_INIT(""), true, 0, {}},
	        {STR_INIT("a 'b"), false, 0, {}},
	};
	struct arena a;
	host_arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct strs words = {};
		assert_int_equal(split_words(&a, cases[i].line, &words), cases[i].ok);
		if (!cases[i].ok)
			continue;
		assert_int_equal(words.count, cases[i].count);
		for (size_t k = 0; k < words.count; k++)
			assert_str(words.items[k], cases[i].words[k]);
	}
	arena_release(&a);
}

static void assignments_are_told_from_options(void **)
{
	assert_true(is_assignment(STR("RUSTOS_KERNEL_LTO=full")));
	assert_true(is_assignment(STR("A1=")));
	assert_false(is_assignment(STR("--set=a")));
	assert_false(is_assignment(STR("a=b")));
	assert_false(is_assignment(STR("1A=b")));
	assert_false(is_assignment(STR("=b")));
	assert_false(is_assignment(STR("NAME")));
}

static void times_and_the_trees_path_are_made_equal(void **)
{
	static const struct {
		struct str output, expected;
	} cases[] = {
	        {STR_INIT("build: 0 run, 214 up to date, 0 failed, 6 ms\n"),
	         STR_INIT("build: 0 run, 214 up to date, 0 failed, N ms\n")},
	        {STR_INIT("took 1.25 s (tcg), 7 s."), STR_INIT("took N s (tcg), N s.")},
	        {STR_INIT("3 services, 4 msgs, 12ms"), STR_INIT("3 services, 4 msgs, 12ms")},
	        {STR_INIT("v1.2 s"), STR_INIT("v1.2 s")},
	        {STR_INIT("/tmp/tree/a.toml:1:1"), STR_INIT("$TREE/a.toml:1:1")},
	        {STR_INIT("12"), STR_INIT("12")},
	        {STR_INIT(""), STR_INIT("")},
	};
	struct arena a;
	host_arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str(normalise_output(&a, cases[i].output, STR("/tmp/tree")),
		           cases[i].expected);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_are_split_as_a_shell_would),
	        cmocka_unit_test(assignments_are_told_from_options),
	        cmocka_unit_test(times_and_the_trees_path_are_made_equal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
