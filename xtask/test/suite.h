/*
 * What the parts of the runner share: a test as found, and a result.
 *
 * A test as found is one program, case or scenario, worked off by one worker
 * process; it gives one result, or one for each test that the program reports.
 */
#pragma once

#include "test/child.h"
#include "test/test.h"

struct found_test {
	enum test_kind kind;
	struct str name; /* "unit/xtask/qemu/session/test_marks", "golden/unknown_key",
	                    "scenario/boot_efi" */
	struct str path; /* the program, the case's folder, the scenario's file */
	const void *data; /* struct scenario of a scenario */
};

struct found_tests {
	struct found_test *items;
	size_t count;
	size_t capacity;
};

enum verdict {
	VERDICT_PASSED,
	VERDICT_FAILED, /* what was tested does not do what it should */
	VERDICT_TIMEOUT, /* it did not end in time */
	VERDICT_HOST_ERROR, /* the test could not be run: says nothing about what it tests */
	VERDICT_SKIPPED, /* the reason says why */
	VERDICT_COUNT,
};

/* "passed", "failed", "timeout", "host-error", "skipped". */
const char *verdict_name(enum verdict verdict);
/* Neither passed nor skipped. */
bool verdict_is_bad(enum verdict verdict);

struct test_outcome {
	enum test_kind kind;
	enum verdict verdict;
	struct str name;
	struct str reason; /* of a failure or a skip; lines */
	struct str repeat; /* the command that runs it again */
	uint64_t elapsed_us;
	struct str note; /* how it came to its verdict, where that needs a word */
	bool known; /* from a boot of the same bytes: verdicts.h */
};

struct outcomes {
	struct test_outcome *items;
	size_t count;
	size_t capacity;
};

void outcomes_add(struct outcomes *list, struct arena *a, const struct test_outcome *outcome);

/* The request with every default filled in. */
struct test_request test_request_effective(struct arena *a, const struct test_request *request);

/* Everything on disk, sorted by kind and name. False when something cannot be read: reported. */
bool find_tests(struct arena *a, const struct test_request *request, struct found_tests *out_tests,
                struct diag *d);
/* Those that the request's kinds and names select, a whole name only the test itself; a name that
 * selects none is reported. */
bool select_tests(struct arena *a, const struct test_request *request,
                  const struct found_tests *all, struct found_tests *out_tests, struct diag *d);

/* Each runs one test and adds its results. */
void run_program(struct arena *a, const struct test_request *request, const struct found_test *test,
                 struct outcomes *out);
void run_golden(struct arena *a, const struct test_request *request, const struct found_test *test,
                struct outcomes *out);
void run_scenario(struct arena *a, const struct test_request *request,
                  const struct found_test *test, struct outcomes *out);

/* Works off all tests in child processes and hands the results over in order. */
void work_off(struct arena *a, const struct test_request *request, const struct found_tests *tests,
              void (*report)(void *context, const struct test_outcome *outcome), void *context);

/* What a text in TAP belongs to. */
struct tap_source {
	enum test_kind kind;
	struct str name; /* in front of each test's own name */
	struct str repeat;
	bool mixed; /* other lines stand between: only comments explain a failure */
};

struct tap_totals {
	size_t planned, reported, failed;
};

/* A result for each `ok` and `not ok` line. */
struct tap_totals tap_read(struct arena *a, const struct tap_source *source, struct str text,
                           struct outcomes *out);

/* The last lines of a text, for a reason. */
struct str last_lines(struct str text, size_t lines);
/* Ends the line of a reason behind which a guest's log stands. */
#define REASON_LOG_FOLLOWS " ends with:"
/* Of a failure's reason the few lines that tell most, none of them long. */
struct str reason_excerpt(struct arena *a, const struct test_outcome *outcome);
