#include "../machine_fixture.h"
#include "qemu/session/outcome.h"
#include "qemu/session/process.h"
#include <signal.h>

/* Wait statuses as Linux has them: exit status in the second byte, signal in the first. */
#define EXITED(status) ((status) << 8)
#define SIGNALLED(number) (number)
/* What the exit device makes of a value. */
#define GUEST_VALUE(value) EXITED((value) << 1 | 1)

static struct qemu_result decide(struct machine_fixture *f, struct str debugcon,
                                 const struct ending *ending)
{
	struct marks m;
	struct qemu_result result = {};
	marks_init(&m, &f->arena, &f->request);
	marks_feed(&m, CHANNEL_DEBUGCON, debugcon);
	outcome_decide(&f->arena, &f->request, &m, ending, &result);
	return result;
}

static void each_way_to_end_has_its_own_outcome(void **state)
{
	static const struct {
		struct ending ending;
		enum qemu_outcome outcome;
		uint64_t guest_status;
		bool success;
	} cases[] = {
	        {{.wait_status = GUEST_VALUE(0x40)}, QEMU_PASS, 0, true},
	        {{.wait_status = GUEST_VALUE(0x41)}, QEMU_GUEST_STATUS, 1, false},
	        {{.wait_status = GUEST_VALUE(0x5f)}, QEMU_GUEST_STATUS, 31, false},
	        {{.wait_status = GUEST_VALUE(0x60)}, QEMU_NO_STATUS, 0, false},
	        {{.wait_status = GUEST_VALUE(0x20)}, QEMU_PANIC, 0, false},
	        {{.wait_status = GUEST_VALUE(0x21)}, QEMU_BOOT_FAILURE, 0, false},
	        {{.wait_status = GUEST_VALUE(0x3f)}, QEMU_NO_STATUS, 0, false},
	        {{.wait_status = EXITED(1)}, QEMU_HOST_ERROR, 0, false},
	        {{.wait_status = EXITED(2)}, QEMU_HOST_ERROR, 0, false},
	        {{.wait_status = EXITED(126)}, QEMU_HOST_ERROR, 0, false},
	        {{.wait_status = SIGNALLED(SIGSEGV)}, QEMU_CRASHED, 0, false},
	        {{.wait_status = SIGNALLED(SIGABRT)}, QEMU_CRASHED, 0, false},
	        {{.shutdown = SHUTDOWN_GUEST_RESET}, QEMU_NO_STATUS, 0, false},
	        {{.shutdown = SHUTDOWN_GUEST_POWER_OFF}, QEMU_POWERED_OFF, 0, true},
	        {{.shutdown = SHUTDOWN_HOST}, QEMU_HOST_ERROR, 0, false},
	        {{.shutdown = SHUTDOWN_UNKNOWN}, QEMU_NO_STATUS, 0, false},
	        {{.cause = STOP_TIMEOUT, .wait_status = SIGNALLED(SIGKILL)},
	         QEMU_TIMEOUT,
	         0,
	         false},
	        {{.cause = STOP_PLANNED}, QEMU_STOPPED, 0, true},
	        {{.cause = STOP_PERSON}, QEMU_LEFT, 0, true},
	        {{.cause = STOP_SIGNAL}, QEMU_INTERRUPTED, 0, false},
	        {{.cause = STOP_MARKS_SEEN}, QEMU_EXPECTED, 0, true},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct qemu_result r = decide(*state, (struct str){}, &cases[i].ending);
		assert_int_equal(r.outcome, cases[i].outcome);
		assert_int_equal(r.guest_status, cases[i].guest_status);
		assert_int_equal(r.success, cases[i].success);
	}
}

static void a_wanted_end_is_success_and_any_other_is_not(void **state)
{
	static const struct {
		const char *wanted;
		int wait_status;
		bool success;
	} cases[] = {
	        {"pass", GUEST_VALUE(0x40), true},
	        {"0", GUEST_VALUE(0x40), true},
	        {"pass", GUEST_VALUE(0x41), false},
	        {"3", GUEST_VALUE(0x43), true},
	        {"3", GUEST_VALUE(0x44), false},
	        {"3", GUEST_VALUE(0x40), false},
	        {"panic", GUEST_VALUE(0x20), true},
	        {"panic", GUEST_VALUE(0x40), false},
	        {"boot-failure", GUEST_VALUE(0x21), true},
	        {"boot-failure", GUEST_VALUE(0x20), false},
	};
	struct machine_fixture *f = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(qemu_wanted_parse(str_from_c(cases[i].wanted), &f->request));
		const struct ending ending = {.wait_status = cases[i].wait_status};
		assert_int_equal(decide(f, (struct str){}, &ending).success, cases[i].success);
	}
}

static void a_run_that_succeeds_without_its_marks_fails(void **state)
{
	struct machine_fixture *f = *state;
	strs_add(&f->request.expect, &f->arena, STR("never said"));
	const struct ending passed = {.wait_status = GUEST_VALUE(0x40)};
	struct qemu_result r = decide(f, STR("something else\n"), &passed);
	assert_int_equal(r.outcome, QEMU_MARK_MISSING);
	assert_false(r.success);
	assert_int_equal(r.missing.count, 1);

	const struct ending stopped = {.cause = STOP_PLANNED};
	assert_int_equal(decide(f, (struct str){}, &stopped).outcome, QEMU_MARK_MISSING);
	const struct ending late = {.cause = STOP_TIMEOUT};
	assert_int_equal(decide(f, (struct str){}, &late).outcome, QEMU_TIMEOUT);
	assert_int_equal(decide(f, (struct str){}, &late).missing.count, 1);
}

static void a_panic_mark_outweighs_a_good_status(void **state)
{
	const struct ending passed = {.wait_status = GUEST_VALUE(0x40)};
	struct qemu_result r = decide(*state, STR("[PANIC]\nmessage: no\n"), &passed);
	assert_int_equal(r.outcome, QEMU_PANIC);
	assert_false(r.success);
	assert_str(r.detail, STR("message: no"));
}

static void a_boot_failure_is_told_by_the_last_error_line(void **state)
{
	const struct ending failed = {.wait_status = GUEST_VALUE(0x21)};
	struct str said =
	        STR("a lvl=error x\nseq=2 lvl=error cat=boot msg=\"gone\"\nb lvl=info c\n");
	struct qemu_result r = decide(*state, said, &failed);
	assert_str(r.detail, STR("seq=2 lvl=error cat=boot msg=\"gone\""));
}

static void qemus_own_words_explain_a_host_error(void **state)
{
	const struct ending failed = {
	        .wait_status = EXITED(1),
	        .errors = STR("warning: x\nqemu: could not open disk\n"),
	};
	assert_str(decide(*state, (struct str){}, &failed).detail,
	           STR("qemu: could not open disk"));
}

static void only_ends_that_can_be_waited_for_are_wanted(void **state)
{
	static const struct str bad[] = {STR_INIT("timeout"), STR_INIT("passed"), STR_INIT(""),
	                                 STR_INIT("-1"), STR_INIT("crashed")};
	struct machine_fixture *f = *state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(qemu_wanted_parse(bad[i], &f->request));
	for (int i = 0; i < QEMU_OUTCOME_COUNT; i++)
		assert_non_null(qemu_outcome_name((enum qemu_outcome)i));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_way_to_end_has_its_own_outcome),
	        TEST(a_wanted_end_is_success_and_any_other_is_not),
	        TEST(a_run_that_succeeds_without_its_marks_fails),
	        TEST(a_panic_mark_outweighs_a_good_status),
	        TEST(a_boot_failure_is_told_by_the_last_error_line),
	        TEST(qemus_own_words_explain_a_host_error),
	        TEST(only_ends_that_can_be_waited_for_are_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
