/* `#!` lines. */
#include "../../../../services/loaderd/script.h"
#include "../../test.h"
#include <string.h>

static void a_line_names_an_interpreter_and_one_argument(void **)
{
	static const struct {
		struct str head, interpreter, argument;
		enum status status;
	} cases[] = {
	        {STR_INIT("#!/bin/sh\n"), STR_INIT("/bin/sh"), {}, OK},
	        {STR_INIT("#! \t/bin/sh  -e -x \necho"), STR_INIT("/bin/sh"), STR_INIT("-e -x"),
	         OK},
	        {STR_INIT("#!/bin/sh"), STR_INIT("/bin/sh"), {}, OK},
	        {STR_INIT("#!sh\0garbage\n"), STR_INIT("sh"), {}, OK},
	        {STR_INIT("#!\n"), {}, {}, ERR_NOT_EXECUTABLE},
	        {STR_INIT("#!  \t \n/bin/sh"), {}, {}, ERR_NOT_EXECUTABLE},
	        {STR_INIT("#!"), {}, {}, ERR_NOT_EXECUTABLE},
	        {STR_INIT("# !/bin/sh\n"), {}, {}, ERR_NOT_EXECUTABLE},
	        {{}, {}, {}, ERR_NOT_EXECUTABLE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct script_line line = {};
		enum status status = script_parse(cases[i].head, &line);
		if (status != cases[i].status)
			fail_msg("case %zu: %d", i, status);
		if (status != OK)
			continue;
		assert_true(str_equal(line.interpreter, cases[i].interpreter));
		assert_true(str_equal(line.argument, cases[i].argument));
	}
}

static void a_name_that_is_cut_off_is_no_name(void **)
{
	char head[SCRIPT_LINE_MAX];
	struct script_line line;
	memset(head, 'x', sizeof head);
	memcpy(head, "#!/", 3);
	const struct str whole = {head, sizeof head};
	assert_int_equal(script_parse(whole, &line), ERR_NOT_EXECUTABLE);
	/* what stands behind the bytes that are looked at does not help */
	char more[SCRIPT_LINE_MAX + 8];
	memset(more, 'x', sizeof more);
	memcpy(more, "#!/", 3);
	more[SCRIPT_LINE_MAX + 1] = '\n';
	assert_int_equal(script_parse((struct str){more, sizeof more}, &line), ERR_NOT_EXECUTABLE);
	/* an argument may be cut off */
	head[100] = ' ';
	assert_int_equal(script_parse(whole, &line), OK);
	assert_int_equal(line.interpreter.len, 98);
	assert_int_equal(line.argument.len, SCRIPT_LINE_MAX - 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_line_names_an_interpreter_and_one_argument),
	        cmocka_unit_test(a_name_that_is_cut_off_is_no_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
