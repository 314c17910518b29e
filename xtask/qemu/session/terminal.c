#include "qemu/session/terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEY_PREFIX = 1 /* Ctrl-A */ };

/* Runs until the pipe's other end is closed. One byte before that: all is well. */
[[gnu::noreturn]] static void guard(int pipe_end, const struct termios *before)
{
	setsid(); /* out of reach of the terminal's signals, and of its job control */
	char byte;
	ssize_t got;
	do
		got = read(pipe_end, &byte, 1);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		tcsetattr(STDIN_FILENO, TCSANOW, before);
	_exit(0);
}

static bool start_guardian(struct terminal *t)
{
	int pair[2];
	if (pipe2(pair, O_CLOEXEC) != 0)
		return false;
	t->guardian = fork();
	if (t->guardian == 0) {
		close(pair[1]);
		guard(pair[0], &t->before);
	}
	close(pair[0]);
	if (t->guardian < 0) {
		close(pair[1]);
		return false;
	}
	t->guardian_pipe = pair[1];
	return true;
}

/* Output processing stays on: a guest that prints bare line feeds reads well too. */
static struct termios raw_mode(const struct termios *before)
{
	struct termios raw = *before;
	cfmakeraw(&raw);
	raw.c_oflag = before->c_oflag;
	return raw;
}

bool terminal_enter(struct terminal *t)
{
	*t = (struct terminal){.guardian_pipe = -1};
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &t->before) != 0)
		return false;
	if (!start_guardian(t))
		return false;
	struct termios raw = raw_mode(&t->before);
	t->raw = true;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0)
		return true;
	terminal_leave(t);
	return false;
}

void terminal_leave(struct terminal *t)
{
	if (!t->raw)
		return;
	t->raw = false;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->before);
	bool told = write(t->guardian_pipe, "", 1) == 1;
	close(t->guardian_pipe);
	if (!told)
		kill(t->guardian, SIGKILL);
	while (waitpid(t->guardian, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* ECMA-48, 5.4: CSI, parameters, one final byte. */
bool escape_takes(enum escape_state *state, char byte)
{
	if (byte == 0x1b) {
		*state = ESCAPE_BEGUN;
		return true;
	}
	if (*state == ESCAPE_BEGUN) {
		*state = byte == '[' ? ESCAPE_BRACKET : ESCAPE_NONE;
		return true;
	}
	if (*state == ESCAPE_BRACKET) {
		if (byte >= 0x40 && byte <= 0x7e)
			*state = ESCAPE_NONE;
		return true;
	}
	return false;
}

struct str escape_filter(enum escape_state *state, struct str bytes, char *out)
{
	size_t len = 0;
	for (size_t i = 0; i < bytes.len; i++)
		if (!escape_takes(state, bytes.ptr[i]))
			out[len++] = bytes.ptr[i];
	return (struct str){out, len};
}

enum key_action key_filter_feed(struct key_filter *f, struct str typed, char *out, size_t *out_len)
{
	*out_len = 0;
	for (size_t i = 0; i < typed.len; i++) {
		char key = typed.ptr[i];
		if (!f->prefix && key == KEY_PREFIX) {
			f->prefix = true;
			continue;
		}
		if (f->prefix && (key == 'x' || key == 'X'))
			return KEYS_QUIT;
		if (f->prefix && key != KEY_PREFIX)
			out[(*out_len)++] = KEY_PREFIX;
		f->prefix = false;
		out[(*out_len)++] = key;
	}
	return KEYS_PASS;
}
