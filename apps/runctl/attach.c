/* A session's console here: what is typed goes there, what it shows comes here. */
#include "runctl.h"
#include <string.h>

enum {
	LEAVE_KEY = 0x1d, /* Ctrl-] */
	POLL_IN = 1,
	POLL_OUT = 4,
	GET_SETTINGS = 0x5401,
	SET_SETTINGS = 0x5402,
	GET_SIZE = 0x5413,
	SET_SIZE = 0x5414,
	SETTINGS_BYTES = 36, /* struct termios of the calls */
	SETTINGS_INPUT = 0, /* its fields, in words */
	SETTINGS_OUTPUT = 1,
	SETTINGS_LOCAL = 3,
	INPUT_COOKED = 02 | 0100 | 0200 | 0400 | 02000, /* BRKINT INLCR IGNCR ICRNL IXON */
	OUTPUT_COOKED = 01, /* OPOST */
	LOCAL_COOKED = 01 | 02 | 010 | 0100000, /* ISIG ICANON ECHO IEXTEN */
	ATTACH_BYTES = 1024,
	AGAIN_TRIES = 300, /* after a runtimed that ended; */
	AGAIN_NS = 100000000, /* so long between two */
};

struct poll_entry {
	int32_t fd;
	int16_t events, happened;
};

struct attached {
	uint64_t session;
	struct runtime_console console;
	bool shows; /* somebody has the console open */
	bool input; /* there may be more of it */
	bool left; /* by the person */
	bool raw;
	uint32_t settings[SETTINGS_BYTES / sizeof(uint32_t)]; /* as they were */
	char typed[ATTACH_BYTES]; /* that the console has not taken yet, from typed_at on */
	int64_t typed_at, typed_len;
};

static bool write_all(int32_t descriptor, const char *bytes, int64_t len)
{
	while (len > 0) {
		int64_t count = CALL(LINUX_WRITE, descriptor, bytes, len);
		if (count == ERR_INTERRUPTED)
			continue;
		if (count <= 0)
			return false;
		bytes += count;
		len -= count;
	}
	return true;
}

/* Keys go to the session one by one, and what is shown has its carriage returns from there. */
static void attach_enter(struct attached *self)
{
	uint32_t raw[COUNT(self->settings)];
	uint16_t size[4];
	if (CALL(LINUX_IOCTL, STANDARD_INPUT, GET_SIZE, size) == OK && size[0] && size[1])
		CALL(LINUX_IOCTL, self->console.terminal, SET_SIZE, size);
	if (CALL(LINUX_IOCTL, STANDARD_INPUT, GET_SETTINGS, self->settings) != OK)
		return;
	memcpy(raw, self->settings, sizeof raw);
	raw[SETTINGS_INPUT] &= ~(uint32_t)INPUT_COOKED;
	raw[SETTINGS_OUTPUT] &= ~(uint32_t)OUTPUT_COOKED;
	raw[SETTINGS_LOCAL] &= ~(uint32_t)LOCAL_COOKED;
	self->raw = CALL(LINUX_IOCTL, STANDARD_INPUT, SET_SETTINGS, raw) == OK;
}

static void attach_leave(const struct attached *self)
{
	if (self->raw)
		CALL(LINUX_IOCTL, STANDARD_INPUT, SET_SETTINGS, self->settings);
}

/* False: there will be nothing more. */
static bool attach_show(const struct attached *self)
{
	char bytes[ATTACH_BYTES];
	int64_t len = CALL(LINUX_READ, self->console.terminal, bytes, sizeof bytes);
	return len == ERR_INTERRUPTED || (len > 0 && write_all(STANDARD_OUTPUT, bytes, len));
}

/* As much as the console takes now. */
static void attach_type(struct attached *self)
{
	int64_t count = CALL(LINUX_WRITE, self->console.terminal, self->typed + self->typed_at,
	                     self->typed_len - self->typed_at);
	if (count == ERR_INTERRUPTED || count == ERR_TRY_AGAIN)
		return;
	self->typed_at += count > 0 ? count : self->typed_len - self->typed_at;
}

static void attach_hear(struct attached *self)
{
	int64_t len = CALL(LINUX_READ, STANDARD_INPUT, self->typed, sizeof self->typed);
	if (len == ERR_INTERRUPTED)
		return;
	const char *leave =
	        self->raw && len > 0 ? memchr(self->typed, LEAVE_KEY, (size_t)len) : NULL;
	self->left = leave;
	self->input = len > 0;
	self->typed_at = 0;
	self->typed_len = leave ? leave - self->typed : len > 0 ? len : 0;
	if (self->typed_len)
		attach_type(self);
}

/* All that is there, without waiting for more. */
static void attach_show_rest(const struct attached *self)
{
	struct poll_entry entry = {self->console.terminal, POLL_IN, 0};
	while (CALL(LINUX_POLL, &entry, 1, 0) == 1 && entry.happened & POLL_IN && attach_show(self))
		;
}

static void console_release(const struct runtime_console *console)
{
	CALL(LINUX_CLOSE, console->lease);
	CALL(LINUX_CLOSE, console->terminal);
}

/* The connection has ended: with the session, or with a runtimed, whose successor knows it. */
static enum status attach_again(struct attached *self)
{
	static const int64_t pause[] = {0, AGAIN_NS};
	struct runtime_program leader;
	enum status status = ERR_TRY_AGAIN;
	attach_show_rest(self);
	console_release(&self->console);
	for (unsigned i = 0; i < AGAIN_TRIES; i++) {
		status = runtime_console(self->session, &self->console, &leader);
		self->shows = true;
		if (status == OK || status == ERR_NO_PROCESS)
			return status;
		CALL(LINUX_NANOSLEEP, pause, 0);
	}
	return status;
}

/* OK: the person has left; ERR_NO_PROCESS: the session has ended. */
static enum status attach_run(struct attached *self)
{
	while (!self->left) {
		bool typed = self->typed_at < self->typed_len;
		struct poll_entry entries[] = {
		        {self->shows ? self->console.terminal : -1,
		         (int16_t)(typed ? POLL_IN | POLL_OUT : POLL_IN), 0},
		        {self->console.lease, POLL_IN, 0},
		        {self->input && !typed ? STANDARD_INPUT : -1, POLL_IN, 0},
		};
		if (CALL(LINUX_POLL, entries, COUNT(entries), -1) <= 0)
			continue;
		if (entries[0].happened & POLL_OUT)
			attach_type(self);
		if (entries[0].happened & ~POLL_OUT)
			self->shows = attach_show(self);
		if (entries[1].happened)
			TRY(attach_again(self));
		else if (entries[2].happened)
			attach_hear(self);
	}
	return OK;
}

int attach(uint64_t session)
{
	struct attached self = {.session = session, .shows = true, .input = true};
	struct runtime_program leader;
	enum status status = runtime_console(session, &self.console, &leader);
	if (status != OK)
		return refused("attach", status);
	attach_enter(&self);
	status = attach_run(&self);
	attach_leave(&self);
	if (status == OK)
		console_release(&self.console);
	return status == OK || status == ERR_NO_PROCESS ? 0 : refused("attach", status);
}
