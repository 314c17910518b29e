#include "test/test.h"
#include "cmd/cmd.h"

static const struct option options_test[] = {
        {"--kind", "unit|golden|scenario|program", "only these; repeatable (default: all)"},
        {"--fresh", NULL,
         "boot everything: no verdicts of the same bytes, no machines from snapshots"},
        {"--list", NULL, "names only"},
        {"--update", NULL, "golden cases: take what is printed now as what is expected"},
        {"--tool", "FILE", "test another xtask than build/bin/xtask"},
        {"--jobs", "N", "tests at once (default: 2)"},
        {"--junit", "FILE", "the results as JUnit's XML"},
        {"--tap", "FILE", "the TAP lines to a file too"},
        {},
};

static const struct option *const options[] = {options_test, NULL};

static int run_test(struct invocation *in)
{
	int64_t jobs;
	struct test_request request = {
	        .tool = option_given(in, "--tool") ? option_path(in, "--tool")
	                                           : STR("build/bin/xtask"),
	        .names = in->words,
	        .list = option_given(in, "--list"),
	        .update = option_given(in, "--update"),
	        .fresh = option_given(in, "--fresh"),
	        .junit_file = option_path(in, "--junit"),
	        .tap_file = option_path(in, "--tap"),
	        .json = in->json,
	};
	if (!option_number(in, "--jobs", 1, 64, &jobs))
		return EXIT_USAGE;
	request.jobs = (unsigned)jobs;

	struct strs kinds = option_values(in, "--kind");
	for (size_t i = 0; i < kinds.count; i++) {
		enum test_kind kind;
		if (!test_kind_parse(kinds.items[i], &kind)) {
			diag_error(in->diag, (struct span){},
			           STR("kinds are unit, golden, scenario, program"),
			           "there are no tests of kind '%.*s'", STR_ARG(kinds.items[i]));
			return EXIT_USAGE;
		}
		request.kinds[kind] = true;
	}

	struct test_summary summary;
	if (!test_run(in->arena, &request, stdout, &summary, in->diag))
		return EXIT_USAGE;
	return test_succeeded(&request, &summary) ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_test = {
        .name = "test",
        .summary = "run tests: host programs, golden output, boot scenarios in QEMU",
        .usage = "[OPTIONS] [TEST...]",
        .details =
                "`make test` builds what the tests need and runs them all; see docs/testing.md.\n",
        .example = "  xtask test --kind scenario\n  xtask test boot_direct\n",
        .options = options,
        .words_max = SIZE_MAX,
        .run = run_test,
};
