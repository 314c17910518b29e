/*
 * Test runner: unit programs, golden cases, scenarios in QEMU, program tests.
 *
 * What is found on disk is what runs. Each test program, case and scenario is
 * worked off in a child process of its own, `jobs` at a time, and reported in
 * the order of the list: one TAP line a test, the reason, its class (a failure, a
 * time limit, an error of the host) and the command that repeats a failed one, a summary by kind,
 * the skipped by name, the first failed ones again in few lines, and last exactly `N passed, M
 * failed` (`, K skipped` when there are any).
 * How to write each kind: docs/testing.md.
 */
#pragma once

#include "diag/diag.h"

enum test_kind { TEST_UNIT, TEST_GOLDEN, TEST_SCENARIO, TEST_PROGRAM, TEST_KIND_COUNT };

struct test_request {
	struct str tool; /* the xtask binary: "build/bin/xtask" */
	bool kinds[TEST_KIND_COUNT]; /* none set: all */
	struct strs names; /* of tests to run, as --list shows them, or a part of it; empty: all */
	/* Where tests are found; empty: the folders of this project. */
	struct strs unit_sources; /* tests/unit, tests/oracle: every test_*.c below is a program, */
	struct str unit_programs; /* build/test: and P.c is built as this/P */
	struct str golden; /* tests/golden: base/ and cases/ */
	struct str scenarios; /* tests/scenarios: *.toml */
	struct str programs; /* tests/program: every executable file */
	struct strs further_programs; /* executables from elsewhere */
	struct str work; /* build/test: logs of scenarios */

	unsigned jobs; /* 0: 2 */
	uint64_t timeout_ms; /* for a unit or other program; 0: 1,200 s */
	bool fresh; /* boot even when the verdict is known */
	bool list; /* print the names only */
	bool update; /* golden: write expected.txt and status anew */
	struct str junit_file; /* all results as JUnit's XML; empty: none */
	struct str tap_file; /* the TAP lines alone go here too; empty: none */
	bool json; /* one JSON object a test, then one for the summary, instead of TAP */
};

struct test_summary {
	size_t passed, skipped;
	size_t failed; /* with those below */
	size_t timeouts, host_errors;
	uint64_t elapsed_us;
};

/*
 * False when the request itself is wrong (an unknown name, a scenario that cannot
 * be read): that is reported. The run failed if anything failed or nothing ran:
 * see test_succeeded.
 */
bool test_run(struct arena *a, const struct test_request *request, FILE *out,
              struct test_summary *out_summary, struct diag *d);
/* Exit 0? --list always, else something passed and nothing failed. */
bool test_succeeded(const struct test_request *request, const struct test_summary *summary);

const char *test_kind_name(enum test_kind kind);
/* False for an unknown word. */
bool test_kind_parse(struct str word, enum test_kind *out_kind);
