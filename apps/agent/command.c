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

enum { COMMAND_OUT, COMMAND_ERROR, COMMAND_INPUT, COMMAND_PAIRS };

[[gnu::noreturn]] static void command_exec(struct agent *self, const int32_t (*pairs)[2],
                                           bool reads)
{
	static const uint64_t none = 0;
	int64_t null = CALL(LINUX_OPEN, "/dev/null", 0);
	CALL(LINUX_SETSID);
	CALL(LINUX_DUP2, reads ? pairs[COMMAND_INPUT][0] : null, 0);
	CALL(LINUX_DUP2, pairs[COMMAND_OUT][1], 1);
	CALL(LINUX_DUP2, pairs[COMMAND_ERROR][1], 2);
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

static void command_close_input(struct agent *self)
{
	if (self->input_fd >= 0)
		CALL(LINUX_CLOSE, self->input_fd);
	self->input_fd = -1;
	self->input_at = self->input_len = 0;
}

static void command_close_all(struct agent *self)
{
	for (size_t i = 0; i < COUNT(self->pipes); i++)
		command_close(&self->pipes[i]);
	command_close_input(self);
}

/* The command's ends stay open for its sake; ours wait for nobody. */
static enum status command_open(struct agent *self, int32_t (*pairs)[2])
{
	for (size_t i = 0; i < COMMAND_PAIRS; i++) {
		bool input = i == COMMAND_INPUT;
		int64_t made = CALL(LINUX_PIPE2, pairs[i], COMMAND_CLOSE_ON_EXEC);
		if (made != OK) {
			while (i-- > 0)
				CALL(LINUX_CLOSE, pairs[i][i != COMMAND_INPUT]);
			command_close_all(self);
			return (enum status)made;
		}
		int32_t own = pairs[i][input];
		CALL(LINUX_FCNTL, own, COMMAND_SET_FLAGS, COMMAND_NONBLOCK | input);
		if (input)
			self->input_fd = own;
		else
			self->pipes[i].fd = own;
	}
	return OK;
}

void command_start(struct agent *self, struct str command, bool reads)
{
	static char text[AGENT_PAYLOAD_MAX + 1];
	int32_t pairs[COMMAND_PAIRS][2];
	if (self->pid || command_open(self, pairs) != OK) {
		agent_send_status(self, COMMAND_NOT_STARTED);
		return;
	}
	memcpy(text, command.ptr, command.len);
	text[command.len] = '\0';
	self->shell[self->shell_count] = text;
	self->shell[self->shell_count + 1] = NULL;
	self->pid = CALL(LINUX_FORK);
	if (self->pid == 0)
		command_exec(self, pairs, reads);
	for (size_t i = 0; i < COMMAND_PAIRS; i++)
		CALL(LINUX_CLOSE, pairs[i][i != COMMAND_INPUT]);
	if (!reads)
		command_close_input(self);
	if (self->pid > 0)
		return;
	self->pid = 0;
	command_close_all(self);
	agent_send_status(self, COMMAND_NOT_STARTED);
}

void command_input(struct agent *self, struct str bytes)
{
	if (!bytes.len || self->input_fd < 0 || bytes.len > sizeof self->input) {
		command_close_input(self);
		agent_send(self, AGENT_INPUT_TAKEN, (struct str){});
		return;
	}
	memcpy(self->input, bytes.ptr, bytes.len);
	self->input_at = 0;
	self->input_len = bytes.len;
	command_type(self);
}

void command_type(struct agent *self)
{
	int64_t count = CALL(LINUX_WRITE, self->input_fd, self->input + self->input_at,
	                     self->input_len - self->input_at);
	if (count == ERR_TRY_AGAIN || count == ERR_INTERRUPTED)
		return;
	if (count <= 0) /* nobody reads any more */
		command_close_input(self);
	else
		self->input_at += (size_t)count;
	if (self->input_at == self->input_len)
		agent_send(self, AGENT_INPUT_TAKEN, (struct str){});
}

/* One piece of what is there now; false: nothing. */
static bool command_pass(struct agent *self, struct agent_pipe *pipe)
{
	static char bytes[AGENT_LENT_MAX];
	if (pipe->fd < 0 || self->lent)
		return false;
	int64_t len =
	        CALL(LINUX_READ, pipe->fd, bytes, self->memory ? self->memory : AGENT_PAYLOAD_MAX);
	if (len > 0)
		memory_send(self, pipe->type, (struct str){bytes, (size_t)len});
	else if (len == 0)
		command_close(pipe);
	return len > 0;
}

static void command_tell_end(struct agent *self)
{
	int32_t signal = self->ended_status & 0x7f;
	/* what it left running in the background may write on, unheard */
	command_close_all(self);
	self->pid = 0;
	self->ended = false;
	agent_send_status(self,
	                  signal ? COMMAND_SIGNALLED + signal : (self->ended_status >> 8) & 0xff);
}

void command_advance(struct agent *self)
{
	/* first the question, then the rest: what it wrote before its end is there then */
	if (!self->ended)
		self->ended = CALL(LINUX_WAIT4, self->pid, &self->ended_status, COMMAND_NO_HANG,
		                   0) == self->pid;
	bool more;
	do {
		more = command_pass(self, &self->pipes[0]);
		more |= command_pass(self, &self->pipes[1]);
	} while (self->ended && more);
	if (self->ended && !self->lent)
		command_tell_end(self);
}

void command_kill(struct agent *self)
{
	int32_t status;
	if (!self->pid)
		return;
	CALL(LINUX_KILL, -self->pid, COMMAND_KILL);
	if (!self->ended) {
		CALL(LINUX_KILL, self->pid, COMMAND_KILL);
		while (CALL(LINUX_WAIT4, self->pid, &status, 0, 0) == ERR_INTERRUPTED)
			;
	}
	self->pid = 0;
	self->ended = false;
	command_close_all(self);
}
