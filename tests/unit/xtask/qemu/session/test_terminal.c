#include "../../../test.h"
#include "qemu/session/terminal.h"
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RESTORE_LIMIT_MS = 60000 };

/* As in life: a shell that leads the session, and a process of its own that enters raw mode. */
struct person {
	int terminal; /* our side of the pseudo-terminal */
	int keeper; /* its other side, held open */
	int news; /* from the shell: 'y' or 'n', the process's number, its end */
	pid_t shell;
	pid_t pid;
};

static bool is_raw(int fd)
{
	struct termios mode;
	assert_int_equal(tcgetattr(fd, &mode), 0);
	return !(mode.c_lflag & ICANON) && !(mode.c_lflag & ISIG);
}

[[gnu::noreturn]] static void enter_and_wait(int news)
{
	signal(SIGSEGV, SIG_DFL); /* cmocka catches it */
	signal(SIGHUP, SIG_DFL); /* nohup ignores it */
	struct terminal t;
	char byte = terminal_enter(&t) ? 'y' : 'n';
	pid_t pid = getpid();
	if (write(news, &byte, 1) != 1 || write(news, &pid, sizeof pid) != sizeof pid)
		_exit(2);
	if (read(STDIN_FILENO, &byte, 1) != 1)
		_exit(3);
	terminal_leave(&t);
	_exit(is_raw(STDIN_FILENO) ? 4 : 0);
}

[[gnu::noreturn]] static void be_shell(int keeper, int news)
{
	setsid();
	ioctl(keeper, TIOCSCTTY, 0);
	dup2(keeper, STDIN_FILENO);
	dup2(keeper, STDOUT_FILENO);
	pid_t pid = fork();
	if (pid == 0)
		enter_and_wait(news);
	int status = -1;
	waitpid(pid, &status, 0);
	if (write(news, &status, sizeof status) != sizeof status)
		_exit(1);
	for (;;)
		pause();
}

static struct person person_at_terminal(void)
{
	struct person p = {};
	char name[128];
	assert_int_equal(openpty(&p.terminal, &p.keeper, name, NULL, NULL), 0);
	assert_false(is_raw(p.keeper));
	int news[2];
	assert_int_equal(pipe(news), 0);
	p.shell = fork();
	if (p.shell == 0)
		be_shell(p.keeper, news[1]);
	close(news[1]);
	p.news = news[0];
	char answer = 0;
	assert_int_equal(read(p.news, &answer, 1), 1);
	assert_int_equal(answer, 'y');
	assert_int_equal(read(p.news, &p.pid, sizeof p.pid), sizeof p.pid);
	assert_true(is_raw(p.keeper));
	return p;
}

static int wait_status(const struct person *p)
{
	int status = -1;
	assert_int_equal(read(p->news, &status, sizeof status), sizeof status);
	return status;
}

static void wait_until_restored(const struct person *p)
{
	for (int waited = 0; is_raw(p->keeper); waited += 10) {
		assert_true(waited < RESTORE_LIMIT_MS);
		poll(NULL, 0, 10);
	}
}

static void person_leaves(struct person *p)
{
	kill(p->shell, SIGKILL);
	assert_int_equal(waitpid(p->shell, NULL, 0), p->shell);
	close(p->terminal);
	close(p->keeper);
	close(p->news);
}

static void the_terminal_is_raw_inside_and_as_before_outside(void **)
{
	struct person p = person_at_terminal();
	assert_int_equal(write(p.terminal, "x", 1), 1);
	assert_int_equal(wait_status(&p), 0);
	assert_false(is_raw(p.keeper));
	person_leaves(&p);
}

static void whatever_ends_the_process_the_terminal_is_restored(void **)
{
	static const int numbers[] = {SIGKILL, SIGSEGV, SIGTERM, SIGHUP};
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct person p = person_at_terminal();
		kill(p.pid, numbers[i]);
		assert_int_not_equal(wait_status(&p), 0);
		wait_until_restored(&p);
		person_leaves(&p);
	}
}

static void without_a_terminal_nothing_is_entered(void **)
{
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		struct terminal t;
		bool entered = terminal_enter(&t);
		terminal_leave(&t);
		_exit(entered);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void control_a_is_the_only_key_that_is_ours(void **)
{
	static const struct {
		struct str typed, passed;
		enum key_action action;
	} cases[] = {
	        {STR_INIT("hello\r"), STR_INIT("hello\r"), KEYS_PASS},
	        {STR_INIT("\x03\x04\x1a"), STR_INIT("\x03\x04\x1a"), KEYS_PASS},
	        {STR_INIT("a\x01x"), STR_INIT("a"), KEYS_QUIT},
	        {STR_INIT("\x01Xrest"), STR_INIT(""), KEYS_QUIT},
	        {STR_INIT("\x01\x01"), STR_INIT("\x01"), KEYS_PASS},
	        {STR_INIT("\x01q"), STR_INIT("\x01q"), KEYS_PASS},
	        {STR_INIT("\x01\x01x"), STR_INIT("\x01x"), KEYS_PASS},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct key_filter f = {};
		struct key_filter bytewise = {};
		char out[64];
		size_t len, total = 0;
		assert_int_equal(key_filter_feed(&f, cases[i].typed, out, &len), cases[i].action);
		assert_str(((struct str){out, len}), cases[i].passed);
		enum key_action action = KEYS_PASS;
		for (size_t k = 0; k < cases[i].typed.len && action == KEYS_PASS; k++) {
			struct str key = str_slice(cases[i].typed, k, k + 1);
			action = key_filter_feed(&bytewise, key, out + total, &len);
			total += len;
		}
		assert_int_equal(action, cases[i].action);
		assert_str(((struct str){out, total}), cases[i].passed);
	}
}

static void escape_sequences_are_left_out_however_they_are_cut(void **)
{
	static const struct {
		struct str said, shown;
	} cases[] = {
	        {STR_INIT("plain\r\n"), STR_INIT("plain\r\n")},
	        {STR_INIT("\x1b[2J\x1b[01;01H\x1b[=3hBdsDxe\n"), STR_INIT("BdsDxe\n")},
	        {STR_INIT("\x1b[0m\x1b[37m\x1b[40mgrub\x1b[H\x1b[J"), STR_INIT("grub")},
	        {STR_INIT("a\x1b"
	                  "cb"),
	         STR_INIT("ab")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[64];
		enum escape_state state = ESCAPE_NONE;
		assert_str(escape_filter(&state, cases[i].said, out), cases[i].shown);
		size_t total = 0;
		state = ESCAPE_NONE;
		for (size_t k = 0; k < cases[i].said.len; k++)
			total += escape_filter(&state, str_slice(cases[i].said, k, k + 1),
			                       out + total)
			                 .len;
		assert_str(((struct str){out, total}), cases[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_terminal_is_raw_inside_and_as_before_outside),
	        cmocka_unit_test(whatever_ends_the_process_the_terminal_is_restored),
	        cmocka_unit_test(without_a_terminal_nothing_is_entered),
	        cmocka_unit_test(escape_sequences_are_left_out_however_they_are_cut),
	        cmocka_unit_test(control_a_is_the_only_key_that_is_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
