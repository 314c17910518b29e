/* Scenarios, with a launcher that says what it is told to. */
#include "run_fixture.h"

static void scenarios_are_judged_by_what_the_launcher_says(void **state)
{
	struct fixture *f = *state;
	struct str said =
	        put(f, "debugcon.log", "hits=5\nallocations=6\nok 1 - inside\n1..1\n", 0644);
	put(f, "scenarios/boot.toml", "summary = 'x'\nboot = 'direct'\n", 0644);
	put(f, "answer", "noise\n{\"outcome\":\"pass\",\"success\":true}\n", 0644);
	assert_true(run(f));
	assert_counts(f, 1, 0, 0);

	put(f, "answer",
	    "{\"outcome\":\"panic\",\"success\":false,\"detail\":\"message: x\","
	    "\"missing\":[\"mark\"]}\n",
	    0644);
	assert_true(run(f));
	assert_counts(f, 0, 1, 0);
	assert_printed(f, "#   wanted pass, got panic: message: x\n#   not seen: mark\n");
	assert_printed(f, "\n# failed: scenario/boot\n#   wanted pass, got panic: message: x\n");
	assert_printed(f, "xtask qemu --snapshot --boot direct");

	put(f, "answer", "no json\n", 0644);
	assert_true(run(f));
	assert_counts(f, 0, 1, 0);
	assert_printed(f, "the launcher gave no result");

	struct str answer = str_format(
	        &f->arena, "{\"outcome\":\"pass\",\"success\":true,\"debugcon_file\":\"%s\"}\n",
	        said.ptr);
	put(f, "answer", answer.ptr, 0644);
	put(f, "scenarios/boot.toml",
	    "summary = 'x'\nboot = 'direct'\ntap = true\n[[equal]]\nfirst = 'hits='\n"
	    "second = 'allocations='\n",
	    0644);
	assert_true(run(f));
	assert_counts(f, 1, 1, 0);
	assert_printed(f, "'hits=' is 5, 'allocations=' is 6");
	assert_printed(f, "ok 1 - scenario/boot: inside\n");
}

static void the_end_tells_how_a_boot_ended_and_what_the_guest_said_last(void **state)
{
	static const struct {
		const char *missing, *told;
	} cases[] = {
	        {"\"a\"", "#   not seen: a\n#   said 15\n#   said 16\n"
	                  "#   said 17\n#   said 18\n#   said 19\n#   said 20\n"},
	        {"\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"",
	         "#   not seen: a\n#   not seen: b\n#   not seen: c\n#   not seen: d\n"
	         "#   not seen: e\n#   not seen: f\n#   said 20\n"},
	};
	struct fixture *f = *state;
	struct text said = {.arena = &f->arena};
	for (int i = 1; i <= 20; i++)
		text_addf(&said, "said %d\n", i);
	struct str log = put(f, "debugcon.log", text_str(&said).ptr, 0644);
	put(f, "scenarios/boot.toml", "summary = 'x'\nboot = 'direct'\n", 0644);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str answer = str_format(&f->arena,
		                               "{\"outcome\":\"timeout\",\"success\":false,"
		                               "\"missing\":[%s],\"debugcon_file\":\"%s\"}\n",
		                               cases[i].missing, log.ptr);
		put(f, "answer", answer.ptr, 0644);
		assert_true(run(f));
		assert_counts(f, 0, 1, 0);
		struct str told = str_format(&f->arena,
		                             "\n# failed: scenario/boot\n#   timeout\n"
		                             "#   wanted pass, got timeout\n%s#   repeat: ",
		                             cases[i].told);
		assert_printed(f, told.ptr);
	}
}

static void a_timeout_and_an_error_of_the_host_are_no_failures_of_what_is_tested(void **state)
{
	static const struct {
		const char *outcome, *shown;
		size_t timeouts, host_errors;
	} cases[] = {
	        {"timeout", "#   timeout\n#   wanted pass, got timeout", 1, 0},
	        {"host-error", "#   host error: nothing was tested\n", 0, 1},
	        {"crashed", "#   host error: nothing was tested\n", 0, 1},
	        {"panic", "not ok 1 - scenario/boot\n#   wanted pass, got panic\n", 0, 0},
	};
	struct fixture *f = *state;
	put(f, "scenarios/boot.toml", "summary = 'x'\nboot = 'direct'\n", 0644);
	f->request.junit_file = at(f, "junit.xml");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str answer = str_format(
		        &f->arena, "{\"outcome\":\"%s\",\"success\":false}\n", cases[i].outcome);
		put(f, "answer", answer.ptr, 0644);
		assert_true(run(f));
		assert_counts(f, 0, 1, 0);
		assert_int_equal(f->summary.timeouts, cases[i].timeouts);
		assert_int_equal(f->summary.host_errors, cases[i].host_errors);
		assert_printed(f, cases[i].shown);
		struct str xml;
		assert_int_equal(file_read(&f->arena, f->request.junit_file.ptr, &xml), 0);
		const char *element = cases[i].host_errors ? "<error type=\"host-error\""
		                      : cases[i].timeouts  ? "<failure type=\"timeout\""
		                                           : "<failure type=\"failed\"";
		assert_non_null(strstr(xml.ptr, element));
		assert_non_null(
		        strstr(xml.ptr, cases[i].host_errors ? "errors=\"1\"" : "failures=\"1\""));
	}
}

static void a_boot_that_passed_is_known_until_a_byte_of_it_changes(void **state)
{
	struct fixture *f = *state;
	f->request.fresh = false;
	put(f, "scenarios/boot.toml", "summary = 'x'\nboot = 'direct'\n", 0644);
	struct str image = put(f, "image", "first", 0644);
	struct str tool =
	        str_format(&f->arena,
	                   "#!/bin/sh\ncase $* in\n"
	                   "*--dry-run*) echo \"'qemu' 'file=%s,format=raw'\" ;;\n"
	                   "qemu*) echo booted >>%s; cat \"$(dirname \"$0\")/answer\" ;;\n"
	                   "esac\n",
	                   image.ptr, at(f, "boots").ptr);
	f->request.tool = put(f, "xtask", tool.ptr, 0755);
	static const struct {
		const char *image, *answer;
		size_t boots; /* so far */
	} runs[] = {
	        {"first", "pass", 1},   {"first", "pass", 1},  {"second", "panic", 2},
	        {"second", "panic", 3}, /* only what passed is remembered */
	        {"first", "pass", 3},   {"second", "pass", 4}, {"second", "pass", 4},
	};
	for (size_t i = 0; i < COUNT(runs); i++) {
		put(f, "image", runs[i].image, 0644);
		bool pass = strcmp(runs[i].answer, "pass") == 0;
		struct str answer = str_format(&f->arena, "{\"outcome\":\"%s\",\"success\":%s}\n",
		                               runs[i].answer, pass ? "true" : "false");
		put(f, "answer", answer.ptr, 0644);
		assert_true(run(f));
		assert_counts(f, pass, !pass, 0);
		struct str boots;
		assert_int_equal(file_read(&f->arena, at(f, "boots").ptr, &boots), 0);
		assert_int_equal(boots.len, runs[i].boots * strlen("booted\n"));
	}
	assert_printed(f, "ok 1 - scenario/boot # known: the same bytes were booted\n");
}

static void what_fails_from_a_snapshot_is_booted(void **state)
{
	static const char pass[] = "{\"outcome\":\"pass\",\"success\":true";
	static const char panic[] = "{\"outcome\":\"panic\",\"success\":false";
	static const struct {
		bool fresh;
		const char *from_pool, *booted;
		bool passes, keeps;
		const char *line;
	} runs[] = {
	        {true, panic, pass, true, true, "ok 1 - scenario/typed\n"},
	        {false, pass, panic, true, true, "typed # resumed from a snapshot\n"},
	        {false, panic, pass, true, false,
	         "ok 1 - scenario/typed # booted, since it failed when resumed from a snapshot: "
	         "wanted pass, got panic\n"},
	        {false, panic, panic, false, false, "not ok 1 - scenario/typed # booted, since it"},
	};
	struct fixture *f = *state;
	put(f, "scenarios/typed.toml",
	    "summary = 'x'\nboot = 'direct'\nanswer = [{ after = '/ # ', type = 'x' }]\n", 0644);
	for (size_t i = 0; i < COUNT(runs); i++) {
		struct str snapshot = put(f, "snapshot", "x", 0644);
		struct str tool = str_format(
		        &f->arena,
		        "#!/bin/sh\ncase $* in *--dry-run*) exit 1 ;;\n"
		        "*--pool*) echo '%s,\"started\":\"resumed\",\"snapshot\":\"%s\"}' ;;\n"
		        "qemu*) echo '%s}' ;;\nesac\n",
		        runs[i].from_pool, snapshot.ptr, runs[i].booted);
		f->request.tool = put(f, "xtask", tool.ptr, 0755);
		f->request.fresh = runs[i].fresh;
		assert_true(run(f));
		assert_counts(f, runs[i].passes, !runs[i].passes, 0);
		assert_printed(f, runs[i].line);
		assert_int_equal(file_exists(snapshot.ptr), runs[i].keeps);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(scenarios_are_judged_by_what_the_launcher_says),
	        TEST(the_end_tells_how_a_boot_ended_and_what_the_guest_said_last),
	        TEST(a_timeout_and_an_error_of_the_host_are_no_failures_of_what_is_tested),
	        TEST(a_boot_that_passed_is_known_until_a_byte_of_it_changes),
	        TEST(what_fails_from_a_snapshot_is_booted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
