/* Whole runs with a QEMU that is a script. */
#include "../machine_fixture.h"
#include "guest/client.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define FAKE "tests/fakes/qemu.sh"

/* Less than the sleep that would be waited for; how much less is the host's affair. */
enum { LONG_US = 90 * 1000 * 1000 };

static struct qemu_result run(struct machine_fixture *f, const char *script)
{
	struct qemu_result result;
	setenv("FAKE_QEMU", script, 1);
	f->request.program = FAKE;
	if (!qemu_run(&f->arena, &f->request, &result, &f->diag))
		fail_msg("not started: %.*s", STR_ARG(fixture_error(f)));
	return result;
}

static struct str content(struct machine_fixture *f, struct str path)
{
	struct str text;
	assert_int_equal(file_read(&f->arena, arena_c_str(&f->arena, path), &text), 0);
	return text;
}

static void each_end_of_the_process_is_its_own_outcome(void **state)
{
	static const struct {
		const char *script;
		enum qemu_outcome outcome;
		uint64_t guest_status;
	} cases[] = {
	        {"exit 129", QEMU_PASS, 0},
	        {"exit 135", QEMU_GUEST_STATUS, 3},
	        {"exit 65", QEMU_PANIC, 0},
	        {"exit 67", QEMU_BOOT_FAILURE, 0},
	        {"echo 'qemu: no such device' >&2; exit 1", QEMU_HOST_ERROR, 0},
	        {"kill -SEGV $$", QEMU_CRASHED, 0},
	        {"exit 0", QEMU_NO_STATUS, 0},
	        {"echo '[PANIC]' >&4; exit 129", QEMU_PANIC, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct qemu_result r = run(*state, cases[i].script);
		assert_int_equal(r.outcome, cases[i].outcome);
		assert_int_equal(r.guest_status, cases[i].guest_status);
		assert_int_equal(r.success, cases[i].outcome == QEMU_PASS);
	}
}

static void what_the_guest_said_last_is_read_before_the_verdict(void **state)
{
	struct machine_fixture *f = *state;
	f->request.has_wanted = true;
	f->request.wanted = QEMU_PASS;
	strs_add(&f->request.expect, &f->arena, STR("last words"));
	for (int i = 0; i < 20; i++) {
		struct qemu_result r = run(f, "echo last words >&3; exit 129");
		assert_int_equal(r.outcome, QEMU_PASS);
	}
}

static void both_channels_are_kept_byte_for_byte(void **state)
{
	struct machine_fixture *f = *state;
	struct qemu_result r =
	        run(f, "printf 'serial\\r\\n\\001' >&3; printf 'debug\\n\\377' >&4; exit 129");
	assert_str(content(f, r.serial_file), STR("serial\r\n\x01"));
	assert_str(content(f, r.debugcon_file), STR("debug\n\xff"));
}

static void much_output_is_neither_lost_nor_blocking(void **state)
{
	struct machine_fixture *f = *state;
	strs_add(&f->request.expect, &f->arena, STR("line 100000"));
	f->request.has_wanted = true;
	f->request.wanted = QEMU_PASS;
	struct qemu_result r = run(f, "seq -f 'line %.0f' 100000 >&4; exit 129");
	assert_true(r.success);
	assert_int_equal(content(f, r.debugcon_file).len, 1088895);
}

static void expected_marks_end_the_run_with_success(void **state)
{
	struct machine_fixture *f = *state;
	strs_add(&f->request.expect, &f->arena, STR("ready"));
	struct qemu_result r = run(f, "echo ready >&4; exec sleep 100");
	assert_int_equal(r.outcome, QEMU_EXPECTED);
	assert_true(r.success);
	assert_true(r.elapsed_us < LONG_US);
}

static void a_forbidden_mark_ends_the_run_at_once(void **state)
{
	struct machine_fixture *f = *state;
	strs_add(&f->request.forbid, &f->arena, STR("never"));
	struct qemu_result r = run(f, "echo never say >&3; exec sleep 100");
	assert_int_equal(r.outcome, QEMU_FORBIDDEN);
	assert_str(r.detail, STR("never say"));
	assert_true(r.elapsed_us < LONG_US);
}

static void a_timeout_is_a_failure_and_a_planned_stop_is_not(void **state)
{
	struct machine_fixture *f = *state;
	f->request.timeout_ms = 200;
	struct qemu_result r = run(f, "exec sleep 100");
	assert_int_equal(r.outcome, QEMU_TIMEOUT);
	assert_false(r.success);
	f->request.timeout_ms = 10000;
	f->request.stop_after_ms = 200;
	r = run(f, "exec sleep 100");
	assert_int_equal(r.outcome, QEMU_STOPPED);
	assert_true(r.success);
}

static void the_configured_timeout_holds_when_none_is_given(void **state)
{
	struct machine_fixture *f = *state;
	f->request.timeout_ms = 0;
	f->config.timeout_seconds = 1;
	assert_int_equal(run(f, "exec sleep 100").outcome, QEMU_TIMEOUT);
}

static void a_qemu_that_ignores_signals_is_killed(void **state)
{
	struct machine_fixture *f = *state;
	f->request.timeout_ms = 200;
	struct qemu_result r = run(f, "trap '' TERM; while :; do sleep 100; done");
	assert_int_equal(r.outcome, QEMU_TIMEOUT);
	assert_true(r.elapsed_us < LONG_US);
}

/* Accepts at the agent's socket as QEMU does; what it hears before the kernel speaks fails it. */
static const char firmware[] =
        "[ ! -e $LOGS/agent.sock ] && [ -S $LOGS/agent.sock.early ] || exit 131\n"
        "exec python3 -c \"import os, socket, time\n"
        "agent = socket.socket(fileno=7)\nclient = agent.accept()[0]\n"
        "client.settimeout(0.4)\n"
        "try:\n\tclient.recv(1)\n\tos._exit(133)\nexcept socket.timeout:\n\tpass\n"
        "client.settimeout(100)\nos.write(4, b'the kernel speaks')\nclient.recv(1)\n"
        "while not os.path.exists(os.environ['LOGS'] + '/agent.sock'):\n\ttime.sleep(0.01)\n"
        "os._exit(os.path.exists(os.environ['LOGS'] + '/agent.sock.early') and 135 or 129)\"";

static void firmware_is_told_nothing_that_is_for_the_agent(void **state)
{
	struct machine_fixture *f = *state;
	if (!firmware_find(&f->arena, (struct str){}).len)
		skip();
	f->request.boot = BOOT_EFI;
	f->request.image = fixture_file(f, "image", STR("image"));
	f->request.agent = true;
	f->request.logs = str_format(&f->arena, "%s/logs", f->folder);
	setenv("LOGS", f->request.logs.ptr, 1);
	strs_add(&f->request.execs, &f->arena, STR("true"));
	assert_int_equal(run(f, firmware).outcome, QEMU_PASS);
	struct str left = str_format(&f->arena, "%s/agent.sock", f->request.logs.ptr);
	assert_false(file_exists(left.ptr));
	assert_false(file_exists(guest_early_path(&f->arena, left).ptr));
}

static void answers_are_typed_at_their_marks(void **state)
{
	static const struct qemu_answer answers[] = {
	        {STR_INIT("# "), STR_INIT("one\n")},
	        {STR_INIT("got one"), STR_INIT("two\n")},
	        {STR_INIT("got three"), STR_INIT("")},
	};
	struct machine_fixture *f = *state;
	f->request.answers = answers;
	f->request.answer_count = 2;
	static const char script[] = "printf '# ' >&3; read a <&3; echo got $a >&3; read b <&3; "
	                             "[ $b = two ] && exit 129; exit 131";
	assert_int_equal(run(f, script).outcome, QEMU_PASS);
	/* one that was never asked for fails the run */
	f->request.answer_count = 3;
	struct qemu_result r = run(f, script);
	assert_int_equal(r.outcome, QEMU_MARK_MISSING);
	assert_int_equal(r.missing.count, 1);
}

static void the_monitor_tells_why_the_machine_ended(void **state)
{
	static const char greeting[] =
	        "echo '{\"QMP\": {}}' >&5; head -c 30 <&5 >/dev/null; echo '{\"return\": {}}' >&5;";
	static const struct {
		const char *reason;
		enum qemu_outcome outcome;
		struct str detail;
	} cases[] = {
	        {"guest-reset", QEMU_NO_STATUS,
	         STR_INIT("the guest reset the machine, or a triple fault did")},
	        {"guest-shutdown", QEMU_POWERED_OFF, STR_INIT("")},
	};
	struct machine_fixture *f = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str script = str_format(
		        &f->arena,
		        "%s echo '{\"event\": \"SHUTDOWN\", \"data\": {\"reason\": \"%s\"}}' >&5",
		        greeting, cases[i].reason);
		struct qemu_result r = run(f, script.ptr);
		assert_str(r.detail, cases[i].detail);
		assert_int_equal(r.outcome, cases[i].outcome);
	}
}

static void a_kvm_that_gives_up_is_a_host_error(void **state)
{
	struct qemu_result r =
	        run(*state, "echo 'KVM internal error. Suberror: 1' >&2; exec sleep 100");
	assert_int_equal(r.outcome, QEMU_HOST_ERROR);
	assert_true(r.elapsed_us < LONG_US);
}

static void a_signal_ends_the_run_and_the_machine(void **state)
{
	struct machine_fixture *f = *state;
	struct str script = str_format(&f->arena, "kill -TERM %d; exec sleep 100", (int)getpid());
	struct qemu_result r = run(f, script.ptr);
	assert_int_equal(r.outcome, QEMU_INTERRUPTED);
	assert_false(r.success);
}

/* The number that the script wrote, once it did. */
static pid_t wait_for_pid(struct machine_fixture *f, const char *path)
{
	for (int i = 0; i < 6000; i++) {
		struct str text;
		uint64_t pid;
		if (file_read(&f->arena, path, &text) == 0 && str_ends_with(text, STR("\n")) &&
		    str_to_u64(str_trim(text), &pid))
			return (pid_t)pid;
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	fail_msg("the fake QEMU never started");
	return 0;
}

static void qemu_dies_with_us_even_when_we_are_killed(void **state)
{
	struct machine_fixture *f = *state;
	const char *file = str_format(&f->arena, "%s/pid", f->folder).ptr;
	struct str script = str_format(
	        &f->arena, "trap '' TERM HUP INT; echo $$ >%s; while :; do :; done", file);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t launcher = fork();
	if (launcher == 0) {
		(void)run(f, script.ptr);
		_exit(0);
	}
	pid_t qemu = wait_for_pid(f, file);
	assert_int_equal(kill(qemu, 0), 0);
	assert_int_not_equal(getpgid(qemu), getpgid(launcher));
	kill(launcher, SIGKILL);
	assert_int_equal(waitpid(launcher, NULL, 0), launcher);
	int status = 0;
	pid_t ended = 0;
	for (int i = 0; i < 6000 && ended == 0; i++) {
		ended = waitpid(qemu, &status, WNOHANG);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	if (ended != qemu)
		kill(qemu, SIGKILL);
	assert_int_equal(ended, qemu);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void a_program_that_cannot_run_is_a_host_error(void **state)
{
	struct machine_fixture *f = *state;
	struct str path = fixture_file(f, "not-a-program",
	                               STR("\x7f"
	                                   "ELF nonsense"));
	assert_int_equal(chmod(path.ptr, 0755), 0);
	struct qemu_result result;
	f->request.program = path.ptr;
	assert_true(qemu_run(&f->arena, &f->request, &result, &f->diag));
	assert_int_equal(result.outcome, QEMU_HOST_ERROR);
}

static void logs_that_cannot_be_written_are_reported(void **state)
{
	struct machine_fixture *f = *state;
	struct qemu_result result;
	f->request.program = FAKE;
	f->request.logs = f->request.kernel; /* a file */
	assert_false(qemu_run(&f->arena, &f->request, &result, &f->diag));
	assert_int_equal(f->diag.errors, 1);
}

static void debug_writes_commands_for_gdb(void **state)
{
	struct machine_fixture *f = *state;
	f->request.debug = true;
	f->request.json = true;
	(void)run(f, "exit 129");
	struct str commands = content(f, str_format(&f->arena, "%s/rustos.gdb", f->folder));
	const char *text = arena_c_str(&f->arena, commands);
	assert_non_null(strstr(text, "/gdb.socket\nhbreak panic_at\n"));
	assert_non_null(strstr(text, "nucleus.elf\n"));
	assert_non_null(strstr(text, "hbreak panic_at\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_end_of_the_process_is_its_own_outcome),
	        TEST(what_the_guest_said_last_is_read_before_the_verdict),
	        TEST(both_channels_are_kept_byte_for_byte),
	        TEST(much_output_is_neither_lost_nor_blocking),
	        TEST(expected_marks_end_the_run_with_success),
	        TEST(a_forbidden_mark_ends_the_run_at_once),
	        TEST(a_timeout_is_a_failure_and_a_planned_stop_is_not),
	        TEST(the_configured_timeout_holds_when_none_is_given),
	        TEST(a_qemu_that_ignores_signals_is_killed),
	        TEST(answers_are_typed_at_their_marks),
	        TEST(firmware_is_told_nothing_that_is_for_the_agent),
	        TEST(answers_are_typed_at_their_marks),
	        TEST(the_monitor_tells_why_the_machine_ended),
	        TEST(a_kvm_that_gives_up_is_a_host_error),
	        TEST(a_signal_ends_the_run_and_the_machine),
	        TEST(qemu_dies_with_us_even_when_we_are_killed),
	        TEST(a_program_that_cannot_run_is_a_host_error),
	        TEST(logs_that_cannot_be_written_are_reported),
	        TEST(debug_writes_commands_for_gdb),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
