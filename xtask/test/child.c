#include "test/child.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	EXIT_NOT_RUN = 127,
	OUTPUT_MAX = 4 << 20, /* what comes after is read and dropped */
	POLL_MS = 20,
};

extern char **environ;

uint64_t monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Variables that the tool reads (contract 1.3) and those that change what programs print. */
static bool is_private_variable(struct str entry)
{
	static const struct str prefixes[] = {STR_INIT("RUSTOS_"), STR_INIT("LC_"),
	                                      STR_INIT("CMOCKA_")};
	static const struct str names[] = {
	        STR_INIT("HOME"),     STR_INIT("LANG"),  STR_INIT("LANGUAGE"),
	        STR_INIT("QEMU_BIN"), STR_INIT("CC"),    STR_INIT("KERNEL_BUILD_CONFIG"),
	        STR_INIT("COLUMNS"),  STR_INIT("TERM"),  STR_INIT("NO_COLOR"),
	        STR_INIT("TZ"),       STR_INIT("PAGER"), STR_INIT("SOURCE_DATE_EPOCH"),
	};
	struct str name = str_cut(entry, '=').head;
	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (str_starts_with(name, prefixes[i]))
			return true;
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_equal(name, names[i]))
			return true;
	return false;
}

static char **make_environment(struct arena *a, const struct child_request *request)
{
	size_t count = 0;
	while (environ[count])
		count++;
	char **out = ARENA_ARRAY(a, char *, count + request->environment.count + 1);
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		struct str entry = str_from_c(environ[i]);
		bool dropped = request->plain_environment && is_private_variable(entry);
		for (size_t k = 0; k < request->environment.count; k++)
			if (str_equal(str_cut(request->environment.items[k], '=').head,
			              str_cut(entry, '=').head))
				dropped = true;
		if (!dropped)
			out[used++] = environ[i];
	}
	for (size_t k = 0; k < request->environment.count; k++)
		out[used++] = arena_c_str(a, request->environment.items[k]);
	return out;
}

struct launch {
	char **argv;
	char **environment;
	const char *folder;
	int output;
	pid_t parent;
};

/* What nohup or a shell's & had this process ignore, a test must not inherit. */
static void restore_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM};
	for (size_t i = 0; i < COUNT(numbers); i++)
		signal(numbers[i], SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

[[gnu::noreturn]] static void child_start(const struct launch *launch)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != launch->parent)
		_exit(EXIT_NOT_RUN);
	restore_signals();
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(launch->output, STDOUT_FILENO);
	dup2(launch->output, STDERR_FILENO);
	if (launch->folder && chdir(launch->folder) != 0) {
		dprintf(STDERR_FILENO, "%s: %s\n", launch->folder, strerror(errno));
		_exit(EXIT_NOT_RUN);
	}
	execvpe(launch->argv[0], launch->argv, launch->environment);
	dprintf(STDERR_FILENO, "%s: %s\n", launch->argv[0], strerror(errno));
	_exit(EXIT_NOT_RUN);
}

/* False at the end of the stream. */
static bool read_some(int fd, struct text *output)
{
	char bytes[16384];
	ssize_t got = read(fd, bytes, sizeof bytes);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	if (output->len < OUTPUT_MAX)
		text_add(output, (struct str){bytes, (size_t)got});
	return got > 0;
}

/* Until the child has ended and its output was read, or the time is over. */
static void watch(pid_t pid, int fd, uint64_t deadline_us, struct text *output,
                  struct child_result *result)
{
	bool open = true;
	for (;;) {
		struct pollfd wait_for = {.fd = open ? fd : -1, .events = POLLIN};
		int ready = poll(&wait_for, 1, open ? POLL_MS : 1);
		if (ready > 0)
			open = read_some(fd, output);
		bool idle = ready == 0 || !open;
		if (idle && waitpid(pid, &result->wait_status, WNOHANG) == pid)
			break;
		if (monotonic_us() < deadline_us)
			continue;
		result->timed_out = true;
		kill(-pid, SIGKILL);
		waitpid(pid, &result->wait_status, 0);
		break;
	}
	kill(-pid, SIGKILL);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	struct pollfd rest = {.fd = fd, .events = POLLIN};
	while (open && poll(&rest, 1, 0) > 0)
		open = read_some(fd, output);
}

int child_run(struct arena *a, const struct child_request *request, struct child_result *out_result)
{
	char **argv = ARENA_ARRAY(a, char *, request->argv.count + 1);
	for (size_t i = 0; i < request->argv.count; i++)
		argv[i] = arena_c_str(a, request->argv.items[i]);
	int pair[2];
	if (pipe2(pair, O_CLOEXEC) != 0)
		return errno;
	struct launch launch = {argv, make_environment(a, request), request->folder, pair[1],
	                        getpid()};
	uint64_t begin = monotonic_us();
	pid_t pid = fork();
	if (pid == 0)
		child_start(&launch);
	int error = pid < 0 ? errno : 0;
	close(pair[1]);
	*out_result = (struct child_result){};
	if (!error) {
		setpgid(pid, pid);
		struct text output = {.arena = a};
		watch(pid, pair[0], begin + request->timeout_ms * 1000, &output, out_result);
		out_result->output = text_str(&output);
	}
	close(pair[0]);
	out_result->elapsed_us = monotonic_us() - begin;
	return error;
}

bool child_succeeded(const struct child_result *result)
{
	return !result->timed_out && WIFEXITED(result->wait_status) &&
	       WEXITSTATUS(result->wait_status) == 0;
}

struct str child_end(struct arena *a, const struct child_request *request,
                     const struct child_result *result)
{
	int status = result->wait_status;
	if (result->timed_out)
		return str_format(a, "no end within %llu s",
		                  (unsigned long long)(request->timeout_ms / 1000));
	if (WIFSIGNALED(status))
		return str_format(a, "signal %d (%s)", WTERMSIG(status),
		                  strsignal(WTERMSIG(status)));
	return str_format(a, "status %d", WEXITSTATUS(status));
}

static bool is_plain(struct str word)
{
	static const struct str plain =
	        STR_INIT("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                 "0123456789-_./=:,+@%");
	for (size_t i = 0; i < word.len; i++)
		if (!str_contains(plain, word.ptr[i]))
			return false;
	return word.len;
}

struct str child_shell_line(struct arena *a, const struct strs *argv)
{
	struct text line = {.arena = a};
	for (size_t i = 0; i < argv->count; i++) {
		struct str word = argv->items[i];
		if (i)
			text_add_byte(&line, ' ');
		if (is_plain(word)) {
			text_add(&line, word);
			continue;
		}
		text_add_byte(&line, '\'');
		for (size_t k = 0; k < word.len; k++) {
			if (word.ptr[k] == '\'')
				text_add(&line, STR("'\\'"));
			text_add_byte(&line, word.ptr[k]);
		}
		text_add_byte(&line, '\'');
	}
	return text_str(&line);
}
