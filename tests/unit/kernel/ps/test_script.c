/* `#!` lines, and programs that are scripts of scripts. */
#include "fake_file.h"
#include "fake_memory.h"
#include "ps/process.h"
#include "ps/script.h"
#include <stdio.h>

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
	/* an argument may be cut off */
	head[100] = ' ';
	assert_int_equal(script_parse(whole, &line), OK);
	assert_int_equal(line.interpreter.len, 98);
	assert_int_equal(line.argument.len, SCRIPT_LINE_MAX - 101);
}

/* ---- chains: /0 asks for /1, and so on; the last one is no script ---- */

static unsigned test_last; /* the file that is a program */
static unsigned test_open_count;
static char test_bytes[16];
static struct vm_object test_pages = {test_bytes, sizeof test_bytes};

static enum status test_map(struct file *, bool, struct vm_object **out_pages)
{
	*out_pages = &test_pages;
	return OK;
}

static uint64_t test_size(struct file *)
{
	return sizeof test_bytes;
}

static void test_release(struct file *)
{
	test_open_count--;
}

static const struct file_ops test_ops = {
        .map = test_map, .size = test_size, .release = test_release};

static enum status test_open(struct str path, struct file **out_file)
{
	static struct file file;
	assert_int_equal(path.len, 2);
	unsigned which = (unsigned)(path.ptr[1] - '0');
	if (fake_memory_fails())
		return ERR_ACCESS_DENIED;
	memset(test_bytes, 0, sizeof test_bytes);
	if (which < test_last)
		snprintf(test_bytes, sizeof test_bytes, "#!/%u -%u\n", which + 1, which);
	file_init(&file, &test_ops, NULL, FILE_READ_ONLY);
	test_open_count++;
	*out_file = &file;
	return OK;
}

static enum status test_whole_path(struct str path, char *out, size_t, size_t *out_len)
{
	memcpy(out, path.ptr + 1, path.len - 1);
	*out_len = path.len - 1;
	return OK;
}

static const struct name_ops test_names = {test_open, test_whole_path};

const struct process_setup *process_setup(void)
{
	static const struct process_setup setup = {.names = &test_names};
	return &setup;
}

static enum status test_program_open(unsigned last, struct program_opened **out_opened)
{
	static const struct str arguments[] = {STR_INIT("zero"), STR_INIT("one")};
	const struct process_request request = {
	        .path = STR("/0"), .arguments = arguments, .argument_count = COUNT(arguments)};
	test_last = last;
	return program_open(&request, out_opened);
}

static void scripts_put_their_line_in_front(void **)
{
	static const char *const expected[] = {"/2", "-1", "/1", "-0", "/0", "one"};
	struct program_opened *opened;
	fake_memory_start();
	assert_int_equal(test_program_open(2, &opened), OK);
	assert_true(str_equal(opened->request.path, STR("2")));
	assert_int_equal(opened->request.argument_count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_true(str_equal(opened->request.arguments[i], str_from_c(expected[i])));
	assert_int_equal(test_open_count, 1);
	program_close(opened);
	assert_int_equal(test_open_count, 0);
	assert_nothing_alive();
}

static void a_program_keeps_its_arguments(void **)
{
	struct program_opened *opened;
	fake_memory_start();
	assert_int_equal(test_program_open(0, &opened), OK);
	assert_int_equal(opened->request.argument_count, 2);
	assert_true(str_equal(opened->request.arguments[0], STR("zero")));
	program_close(opened);
	assert_nothing_alive();
}

static void four_scripts_are_followed_and_not_five(void **)
{
	struct program_opened *opened;
	fake_memory_start();
	assert_int_equal(test_program_open(SCRIPT_LEVELS_MAX, &opened), OK);
	program_close(opened);
	assert_int_equal(test_program_open(SCRIPT_LEVELS_MAX + 1, &opened), ERR_TOO_MANY_SYMLINKS);
	assert_int_equal(test_open_count, 0);
	assert_nothing_alive();
}

static void failures_on_the_way_leave_nothing_open(void **)
{
	enum status status = ERR_NO_MEMORY;
	for (unsigned n = 1; status != OK; n++) {
		struct program_opened *opened;
		fake_memory_start();
		fake_memory.fail_in = n;
		status = test_program_open(3, &opened);
		if (status == OK)
			program_close(opened);
		assert_int_equal(test_open_count, 0);
		assert_nothing_alive();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_line_names_an_interpreter_and_one_argument),
	        cmocka_unit_test(a_name_that_is_cut_off_is_no_name),
	        cmocka_unit_test(scripts_put_their_line_in_front),
	        cmocka_unit_test(a_program_keeps_its_arguments),
	        cmocka_unit_test(four_scripts_are_followed_and_not_five),
	        cmocka_unit_test(failures_on_the_way_leave_nothing_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
