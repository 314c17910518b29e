/* ioctl of terminals. Linux include/uapi/asm-generic/ioctls.h, tty_ioctl(4). */
#include "io/terminal/terminal.h"
#include <base/cleanup.h>

enum terminal_request {
	TERMINAL_GET_SETTINGS = 0x5401,
	TERMINAL_SET_SETTINGS = 0x5402,
	TERMINAL_SET_SETTINGS_DRAINED = 0x5403, /* once all is written: it is at once */
	TERMINAL_SET_SETTINGS_FLUSH = 0x5404,
	TERMINAL_SEND_BREAK = 0x5409,
	TERMINAL_FLOW = 0x540a,
	TERMINAL_FLUSH = 0x540b,
	TERMINAL_TAKE = 0x540e,
	TERMINAL_GET_GROUP = 0x540f,
	TERMINAL_SET_GROUP = 0x5410,
	TERMINAL_UNWRITTEN = 0x5411,
	TERMINAL_TYPE = 0x5412,
	TERMINAL_GET_SIZE = 0x5413,
	TERMINAL_SET_SIZE = 0x5414,
	TERMINAL_READABLE = 0x541b,
	TERMINAL_LEAVE = 0x5422,
	TERMINAL_SEND_BREAK_POSIX = 0x5425,
	TERMINAL_GET_SESSION = 0x5429,
};

static enum status terminal_set_settings(struct terminal *terminal, uintptr_t argument, bool flush)
{
	struct line_settings settings;
	TRY(user_copy_in(&settings, (struct user_in){argument, sizeof settings}));
	TRY(terminal_check_job(terminal, SIGNAL_TTOU));
	sleep_lock_acquire(&terminal->lock);
	if (flush)
		line_flush(&terminal->line);
	line_set(&terminal->line, &settings);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	return OK;
}

static enum status terminal_get_settings(struct terminal *terminal, uintptr_t argument)
{
	sleep_lock_acquire(&terminal->lock);
	struct line_settings settings = terminal->line.settings;
	sleep_lock_release(&terminal->lock);
	return user_copy_out((struct user_out){argument, sizeof settings}, &settings);
}

static enum status terminal_type_from(struct terminal *terminal, uintptr_t argument)
{
	uint8_t byte;
	if (!terminal_may_type(terminal))
		return ERR_NOT_PERMITTED;
	TRY(user_copy_in(&byte, (struct user_in){argument, 1}));
	terminal_type(terminal, byte);
	return OK;
}

static enum status terminal_set_size(struct terminal *terminal, uintptr_t argument)
{
	struct terminal_size size;
	TRY(user_copy_in(&size, (struct user_in){argument, sizeof size}));
	sleep_lock_acquire(&terminal->lock);
	struct terminal_size old = terminal->size;
	terminal->size = size;
	sleep_lock_release(&terminal->lock);
	if (old.rows != size.rows || old.columns != size.columns)
		terminal_signal_foreground(terminal, SIGNAL_WINCH);
	return OK;
}

static enum status terminal_get_size(struct terminal *terminal, uintptr_t argument)
{
	sleep_lock_acquire(&terminal->lock);
	struct terminal_size size = terminal->size;
	sleep_lock_release(&terminal->lock);
	return user_copy_out((struct user_out){argument, sizeof size}, &size);
}

/* argument: what to forget; output is never kept. */
static enum status terminal_flush(struct terminal *terminal, uintptr_t argument)
{
	enum { FLUSH_INPUT, FLUSH_OUTPUT, FLUSH_BOTH };
	if (argument > FLUSH_BOTH)
		return ERR_INVALID_ARGS;
	TRY(terminal_check_job(terminal, SIGNAL_TTOU));
	if (argument == FLUSH_OUTPUT)
		return OK;
	sleep_lock_acquire(&terminal->lock);
	line_flush(&terminal->line);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	return OK;
}

static enum status terminal_tell_count(struct terminal *terminal, uintptr_t argument, bool input)
{
	sleep_lock_acquire(&terminal->lock);
	uint32_t count = input ? (uint32_t)line_readable_count(&terminal->line) : 0;
	sleep_lock_release(&terminal->lock);
	return user_copy_out((struct user_out){argument, sizeof count}, &count);
}

/* tcflow(3) */
static enum status terminal_flow(struct terminal *terminal, uintptr_t argument)
{
	enum { FLOW_HOLD_OUTPUT, FLOW_RESUME_OUTPUT, FLOW_SEND_STOP, FLOW_SEND_START };
	if (argument > FLOW_SEND_START)
		return ERR_INVALID_ARGS;
	TRY(terminal_check_job(terminal, SIGNAL_TTOU));
	sleep_lock_acquire(&terminal->lock);
	struct line_discipline *line = &terminal->line;
	if (argument <= FLOW_RESUME_OUTPUT) {
		line->stopped = argument == FLOW_HOLD_OUTPUT;
	} else {
		bool stop = argument == FLOW_SEND_STOP;
		const char byte = (char)line->settings.characters[stop ? LINE_STOP : LINE_START];
		if (byte)
			terminal_print(terminal, &byte, 1);
	}
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	return OK;
}

/* Those that need the foreground, or the session. */
static enum status terminal_control_job(struct terminal *terminal, uint32_t request,
                                        uintptr_t argument)
{
	switch (request) {
	case TERMINAL_TAKE:
		return terminal_take(terminal);
	case TERMINAL_LEAVE:
		return terminal_leave(terminal);
	case TERMINAL_GET_GROUP:
		return terminal_get_group(terminal, argument);
	case TERMINAL_SET_GROUP:
		return terminal_set_group(terminal, argument);
	case TERMINAL_GET_SESSION:
		return terminal_get_session(terminal, argument);
	case TERMINAL_FLOW:
		return terminal_flow(terminal, argument);
	case TERMINAL_SEND_BREAK:
	case TERMINAL_SEND_BREAK_POSIX:
		/* what is written is out at once */
		return terminal_check_job(terminal, SIGNAL_TTOU);
	default:
		return ERR_NOT_TERMINAL;
	}
}

enum status terminal_control_line(struct terminal *terminal, uint32_t request, uintptr_t argument)
{
	switch (request) {
	case TERMINAL_GET_SETTINGS:
		return terminal_get_settings(terminal, argument);
	case TERMINAL_SET_SETTINGS:
	case TERMINAL_SET_SETTINGS_DRAINED:
	case TERMINAL_SET_SETTINGS_FLUSH:
		return terminal_set_settings(terminal, argument,
		                             request == TERMINAL_SET_SETTINGS_FLUSH);
	case TERMINAL_GET_SIZE:
		return terminal_get_size(terminal, argument);
	case TERMINAL_SET_SIZE:
		return terminal_set_size(terminal, argument);
	case TERMINAL_FLUSH:
		return terminal_flush(terminal, argument);
	default:
		return ERR_NOT_TERMINAL;
	}
}

enum status terminal_control(struct file *file, uint32_t request, uintptr_t argument, int64_t *)
{
	struct terminal *terminal = terminal_file_of(file)->terminal;
	if (terminal_file_is_hung(terminal_file_of(file)))
		return ERR_IO;
	enum status status = terminal_control_line(terminal, request, argument);
	if (status != ERR_NOT_TERMINAL)
		return status;
	switch (request) {
	case TERMINAL_TYPE:
		return terminal_type_from(terminal, argument);
	case TERMINAL_READABLE:
	case TERMINAL_UNWRITTEN:
		return terminal_tell_count(terminal, argument, request == TERMINAL_READABLE);
	default:
		return terminal_control_job(terminal, request, argument);
	}
}
