/* One command for the shell: its output, and its end. */
#include "agent.h"
#include <string.h>

enum {
	COMMAND_NO_HANG = 1,
	COMMAND_KILL = 9,
	COMMAND_SIGNALLED = 128,
	COMMAND_NOT_STARTED = 126,
	COMMAND_NONBLOCK = 04000,
	COMMAND_CLOSE_ON_EXEC = 02000000,
	COMMAND_SET_FLAGS = 4, /* fcntl */
};

[[gnu::noreturn]] static void command_exec(struct agent *self, const int32_t *out,
                                           const int32_t *error)
{
	static const uint64_t none = 0;
	int64_t null = CALL(LINUX_OPEN, "/dev/null", 0);
	CALL(LINUX_SETSID);
	CALL(LINUX_DUP2, null, 0);
	CALL(LINUX_DUP2, out[1], 1);
	CALL(LINUX_DUP2, error[1], 2);
	if (null > 2)
		CALL(LINUX_CLOSE, null);
	CALL(LINUX_RT_SIGPROCMASK, 2, &none, 0, 8);
	CALL(LINUX_EXECVE, self->shell[0], self->shell, self->environment);
	CALL(LINUX_EXIT_GROUP, COMMAND_NOT_STARTED);
	__builtin_unreachable();
}

static void command_close(struct agent_pipe *pipe)
{
	if (pipe->fd >= 0)
		CALL(LINUX_CLOSE, pipe->fd);
	pipe->fd = -1;
}

void command_start(struct agent *self, struct str command)
{
	static char text[AGENT_PAYLOAD_MAX + 1];
	int32_t pairs[2][2];
	if (self->pid) {
		agent_send_status(self, COMMAND_NOT_STARTED);
		return;
	}
	memcpy(text, command.ptr, command.len);
	text[command.len] = '\0';
	self->shell[self->shell_count] = text;
	self->shell[self->shell_count + 1] = NULL;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		if (CALL(LINUX_PIPE2, pairs[i], COMMAND_CLOSE_ON_EXEC) != OK) {
			agent_send_status(self, COMMAND_NOT_STARTED);
			return;
		}
		CALL(LINUX_FCNTL, pairs[i][0], COMMAND_SET_FLAGS, COMMAND_NONBLOCK);
		self->pipes[i].fd = pairs[i][0];
	}
	self->pid = CALL(LINUX_FORK);
	if (self->pid == 0)
		command_exec(self, pairs[0], pairs[1]);
	for (size_t i = 0; i < COUNT(pairs); i++)
		CALL(LINUX_CLOSE, pairs[i][1]);
	if (self->pid > 0)
		return;
	self->pid = 0;
	for (size_t i = 0; i < COUNT(pairs); i++)
		command_close(&self->pipes[i]);
	agent_send_status(self, COMMAND_NOT_STARTED);
}

/* All that is there now, or one piece; false: nothing. */
static bool command_pass(struct agent *self, struct agent_pipe *pipe)
{
	static char bytes[AGENT_PAYLOAD_MAX];
	if (pipe->fd < 0)
		return false;
	int64_t len = CALL(LINUX_READ, pipe->fd, bytes, sizeof bytes);
	if (len > 0)
		agent_send(self, pipe->type, (struct str){bytes, (size_t)len});
	else if (len == 0)
		command_close(pipe);
	return len > 0;
}

static void command_end(struct agent *self, int32_t status)
{
	for (size_t i = 0; i < COUNT(self->pipes); i++) {
		while (command_pass(self, &self->pipes[i]))
			;
		/* what it left running in the background may write on, unheard */
		command_close(&self->pipes[i]);
	}
	self->pid = 0;
	int32_t signal = status & 0x7f;
	agent_send_status(self, signal ? COMMAND_SIGNALLED + signal : (status >> 8) & 0xff);
}

void command_advance(struct agent *self)
{
	int32_t status = 0;
	/* first the question, then the rest: what it wrote before its end is there then */
	bool ended = CALL(LINUX_WAIT4, self->pid, &status, COMMAND_NO_HANG, 0) == self->pid;
	if (ended) {
		command_end(self, status);
		return;
	}
	(void)command_pass(self, &self->pipes[0]);
	(void)command_pass(self, &self->pipes[1]);
}

void command_kill(struct agent *self)
{
	int32_t status;
	if (!self->pid)
		return;
	CALL(LINUX_KILL, -self->pid, COMMAND_KILL);
	CALL(LINUX_KILL, self->pid, COMMAND_KILL);
	while (CALL(LINUX_WAIT4, self->pid, &status, 0, 0) == ERR_INTERRUPTED)
		;
	self->pid = 0;
	command_close(&self->pipes[0]);
	command_close(&self->pipes[1]);
}
