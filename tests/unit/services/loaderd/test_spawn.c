/* Strings of a request, split and put behind a script's line. */
#include "../../../../services/loaderd/spawn.h"
#include "../../test.h"
#include <string.h>

static struct spawn_vectors vectors;

#define STRINGS(text, count_) ((struct spawn_strings){(text), sizeof(text) - 1, (count_)})
static const struct spawn_strings none;

static void strings_are_split_as_they_were_counted(void **)
{
	static const struct {
		struct spawn_strings strings;
		enum status status;
	} cases[] = {
	        {{}, OK},
	        {{"a\0\0bc\0", 6, 3}, OK},
	        {{"a\0", 2, 2}, ERR_INVALID_ARGS},
	        {{"a\0b\0", 4, 1}, ERR_INVALID_ARGS},
	        {{"a", 1, 1}, ERR_INVALID_ARGS},
	        {{"", 0, SPAWN_EXEC_ARGS_MAX + 1}, ERR_TOO_BIG},
	        {{"", SPAWN_EXEC_ARGS_BYTES_MAX + 1, 1}, ERR_TOO_BIG},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		if (spawn_vectors_take(&vectors, cases[i].strings, none) != cases[i].status)
			fail_msg("case %zu", i);
	assert_int_equal(spawn_vectors_take(&vectors, cases[1].strings, STRINGS("X=1\0", 1)), OK);
	assert_int_equal(vectors.argument_count, 3);
	assert_string_equal(vectors.argv[0], "a");
	assert_string_equal(vectors.argv[1], "");
	assert_string_equal(vectors.argv[2], "bc");
	assert_null(vectors.argv[3]);
	assert_string_equal(vectors.envp[0], "X=1");
	assert_null(vectors.envp[1]);
}

static void a_script_takes_the_place_of_argument_0(void **)
{
	static const char *const leading[] = {"/bin/sh", "/script"};
	assert_int_equal(spawn_vectors_take(&vectors, STRINGS("zero\0one\0", 2), none), OK);
	assert_true(spawn_vectors_put_leading(&vectors, leading, 0));
	assert_int_equal(vectors.argument_count, 2);
	assert_true(spawn_vectors_put_leading(&vectors, leading, 2));
	assert_int_equal(vectors.argument_count, 3);
	assert_string_equal(vectors.argv[0], "/bin/sh");
	assert_string_equal(vectors.argv[1], "/script");
	assert_string_equal(vectors.argv[2], "one");
	assert_null(vectors.argv[3]);
	char many[SPAWN_EXEC_ARGS_MAX] = {};
	const struct spawn_strings full = {many, sizeof many, SPAWN_EXEC_ARGS_MAX};
	assert_int_equal(spawn_vectors_take(&vectors, full, none), OK);
	assert_false(spawn_vectors_put_leading(&vectors, leading, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(strings_are_split_as_they_were_counted),
	        cmocka_unit_test(a_script_takes_the_place_of_argument_0),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
