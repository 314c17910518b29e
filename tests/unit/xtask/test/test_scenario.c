#include "../../folder.h"
#include "../../test.h"
#include "os/files.h"
#include "test/scenario.h"
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct arena arena;
	struct diag diag;
	char folder[64];
};

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	host_arena_init(&f->arena);
	diag_init(&f->diag, &f->arena);
	test_folder_make(f->folder, sizeof f->folder);
	*state = f;
	return 0;
}

static int drop(void **state)
{
	struct fixture *f = *state;
	int error = tree_remove(f->folder);
	arena_release(&f->arena);
	free(f);
	return error;
}

static bool read_text(struct fixture *f, const char *text, struct scenario *out)
{
	struct str path = str_format(&f->arena, "%s/s.toml", f->folder);
	assert_int_equal(file_write(path.ptr, str_from_c(text), 0644), 0);
	return scenario_read(&f->arena, path.ptr, out, &f->diag);
}

static const char *command_of(struct fixture *f, const char *text)
{
	struct scenario scenario;
	assert_true(read_text(f, text, &scenario));
	struct test_request request = {.tool = STR("xtask"), .work = STR("build/test")};
	struct strs argv = scenario_qemu_command(&f->arena, &request, STR("scenario/s"), &scenario);
	return arena_c_str(&f->arena, child_shell_line(&f->arena, &argv));
}

static void the_shortest_scenario_has_sound_defaults(void **state)
{
	assert_string_equal(command_of(*state, "summary = 'x'\nboot = 'direct'\n"),
	                    "xtask qemu --snapshot --boot direct --timeout 300 --exit pass "
	                    "--logs build/test/logs/s");
}

static void every_key_reaches_the_launcher(void **state)
{
	assert_string_equal(
	        command_of(*state, "summary = 'x'\nboot = 'efi'\nprofile = 'test'\n"
	                           "preset = 'release'\nmachine = 'nvme'\nmemory_mib = 64\n"
	                           "cpus = 2\ntimeout_seconds = 5\nexit = '3'\n"
	                           "expect = ['a b', 'c']\nforbid = ['d']\nlog = 'error'\n"
	                           "faults = ['alloc.frame=off']\narguments = ['-d', 'int']\n"),
	        "xtask qemu --snapshot --profile test --preset release --boot efi "
	        "--set 'qemu.profile=\"nvme\"' --set qemu.memory_mib=64 --set qemu.cpus=2 "
	        "--timeout 5 --exit 3 --expect 'a b' --expect c --in-order --forbid d "
	        "--fault alloc.frame=off --log error --logs build/test/logs/s -- -d int");
}

static void answers_are_handed_over_as_text(void **state)
{
	assert_string_equal(command_of(*state, "summary = 'x'\nboot = 'direct'\n"
	                                       "[[answer]]\nafter = '/ # '\n"
	                                       "type = \"ls\\r\\u0003\"\n"),
	                    "xtask qemu --snapshot --boot direct --timeout 300 --exit pass "
	                    "--answer '/ # =ls\\x0d\\x03' --logs build/test/logs/s");
}

static void what_is_wrong_is_reported_at_its_place(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
	        {"boot = 'direct'\n", "summary"},
	        {"summary = 'x'\nboot = 'bios'\n", "bios"},
	        {"summary = 'x'\nboot = 'efi'\nexpekt = []\n", "expekt"},
	        {"summary = 'x'\nboot = 'efi'\nexit = 'timeout'\n", "timeout"},
	        {"summary = 'x'\nboot = 'efi'\ntimeout_seconds = 0\n", "timeout_seconds"},
	        {"summary = 'x'\nboot = 'efi'\n[[equal]]\nfirst = 'a'\n", "second"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scenario scenario;
		diag_init(&f->diag, &f->arena);
		assert_false(read_text(f, cases[i].text, &scenario));
		const char *message = arena_c_str(&f->arena, f->diag.first->message);
		if (!strstr(message, cases[i].message))
			fail_msg("'%s' says nothing of '%s'", message, cases[i].message);
	}
}

static void numbers_that_have_to_agree_are_compared(void **state)
{
	static const struct {
		struct str said;
		int64_t minimum;
		bool equal;
	} cases[] = {
	        {STR_INIT("hits=319 fired=0\nallocations=319\n"), 0, true},
	        {STR_INIT("hits=319 fired=0\nallocations=319\n"), 320, false},
	        {STR_INIT("hits=319\nallocations=318\n"), 0, false},
	        {STR_INIT("hits=319\n"), 0, false},
	        {STR_INIT("allocations=319\n"), 0, false},
	        {STR_INIT("hits=\nallocations=\n"), 0, false},
	        {STR_INIT(""), 0, false},
	};
	struct fixture *f = *state;
	struct scenario_equal equal = {
	        .first.value = STR("hits="),
	        .second.value = STR("allocations="),
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		equal.minimum.value = cases[i].minimum;
		struct str problem = scenario_compare(&f->arena, &equal, cases[i].said);
		assert_int_equal(!problem.len, cases[i].equal);
	}
}

static void the_scenarios_of_the_project_can_be_read(void **state)
{
	struct fixture *f = *state;
	struct test_request none = {};
	struct test_request request = test_request_effective(&f->arena, &none);
	struct found_tests tests = {};
	assert_true(find_tests(&f->arena, &request, &tests, &f->diag));
	size_t scenarios = 0;
	for (size_t i = 0; i < tests.count; i++)
		scenarios += tests.items[i].kind == TEST_SCENARIO;
	assert_true(scenarios >= 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_shortest_scenario_has_sound_defaults),
	        TEST(every_key_reaches_the_launcher),
	        TEST(answers_are_handed_over_as_text),
	        TEST(what_is_wrong_is_reported_at_its_place),
	        TEST(numbers_that_have_to_agree_are_compared),
	        TEST(the_scenarios_of_the_project_can_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
