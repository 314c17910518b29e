/* Whose terminal it is, and who may use it. */
#include "core/api.h"
#include "io/terminal.h"

struct terminal_caller {
	uint64_t pid, group, session;
};

static struct terminal_caller terminal_caller(void)
{
	struct terminal_caller caller = {.pid = process_id(process_current())};
	/* oneself is always there */
	(void)!process_groups(0, &caller.group, &caller.session);
	return caller;
}

enum status terminal_check_job(struct terminal *terminal, uint32_t signal)
{
	struct terminal_caller caller = terminal_caller();
	sleep_lock_acquire(&terminal->lock);
	bool outside = terminal->session != caller.session || terminal->group == caller.group;
	sleep_lock_release(&terminal->lock);
	if (outside)
		return OK;
	/* who shuns SIGTTOU writes all the same; who shuns SIGTTIN can read nothing */
	if (signal_is_shunned(signal))
		return signal == SIGNAL_TTOU ? OK : ERR_IO;
	if (process_group_is_orphaned(caller.group))
		return ERR_IO;
	const struct signal_info info = {.signal = signal, .code = SIGNAL_FROM_KERNEL};
	(void)!signal_send_group(caller.group, &info); /* has at least the caller */
	return ERR_INTERRUPTED;
}

void terminal_signal_foreground(struct terminal *terminal, uint32_t signal)
{
	const struct signal_info info = {.signal = signal, .code = SIGNAL_FROM_KERNEL};
	sleep_lock_acquire(&terminal->lock);
	uint64_t group = terminal->group;
	sleep_lock_release(&terminal->lock);
	/* a group that is gone hears nothing */
	if (group)
		(void)!signal_send_group(group, &info);
}

/* A person is there: the log leaves the line to the session. */
static void terminal_tell_log(const struct terminal *terminal)
{
	if (terminal == console_terminal())
		log_set_quiet(kernel_log(), terminal->session != 0);
}

void terminal_give(struct terminal *terminal, uint64_t session)
{
	sleep_lock_acquire(&terminal->lock);
	terminal->session = terminal->group = session;
	line_flush(&terminal->line);
	line_reset(&terminal->line);
	terminal_tell(terminal);
	sleep_lock_release(&terminal->lock);
	terminal_tell_log(terminal);
}

enum status terminal_take(struct terminal *terminal)
{
	struct terminal_caller caller = terminal_caller();
	if (caller.session != caller.pid)
		return ERR_NOT_PERMITTED;
	sleep_lock_acquire(&terminal->lock);
	bool is_free = terminal->session == 0 || terminal->session == caller.session;
	if (is_free && terminal->session == 0) {
		terminal->session = caller.session;
		terminal->group = caller.group;
	}
	sleep_lock_release(&terminal->lock);
	terminal_tell_log(terminal);
	return is_free ? OK : ERR_NOT_PERMITTED;
}

/* The session has it no more: what runs in the foreground is told. */
static void terminal_free(struct terminal *terminal, bool hangs_up)
{
	terminal_signal_foreground(terminal, SIGNAL_HUP);
	terminal_signal_foreground(terminal, SIGNAL_CONT);
	sleep_lock_acquire(&terminal->lock);
	if (hangs_up)
		terminal->hung_session = terminal->session;
	terminal->session = terminal->group = 0;
	line_flush(&terminal->line);
	terminal_tell(terminal);
	/* who waits for input looks again */
	readiness_set(&terminal->readiness, readiness_word(&terminal->readiness), UINT32_MAX);
	sleep_lock_release(&terminal->lock);
	terminal_tell_log(terminal);
}

enum status terminal_leave(struct terminal *terminal)
{
	struct terminal_caller caller = terminal_caller();
	if (terminal->session != caller.session)
		return ERR_NOT_TERMINAL;
	if (caller.session == caller.pid)
		terminal_free(terminal, false);
	return OK;
}

void terminal_session_ended(uint64_t session)
{
	struct terminal *terminal = console_terminal();
	if (terminal->session == session)
		terminal_free(terminal, true);
}

enum status terminal_get_group(struct terminal *terminal, uintptr_t argument)
{
	if (terminal->session != terminal_caller().session)
		return ERR_NOT_TERMINAL;
	sleep_lock_acquire(&terminal->lock);
	uint32_t group = (uint32_t)terminal->group;
	sleep_lock_release(&terminal->lock);
	return user_copy_out((struct user_out){argument, sizeof group}, &group);
}

enum status terminal_set_group(struct terminal *terminal, uintptr_t argument)
{
	struct terminal_caller caller = terminal_caller();
	uint32_t group;
	TRY(user_copy_in(&group, (struct user_in){argument, sizeof group}));
	if (terminal->session != caller.session)
		return ERR_NOT_TERMINAL;
	if ((int32_t)group <= 0)
		return ERR_INVALID_ARGS;
	/* the dead that nobody has waited for still make a group */
	if (!process_group_exists(group))
		return ERR_NO_PROCESS;
	uint64_t session = process_group_session(group);
	if (session && session != caller.session)
		return ERR_NOT_PERMITTED;
	TRY(terminal_check_job(terminal, SIGNAL_TTOU));
	sleep_lock_acquire(&terminal->lock);
	terminal->group = group;
	sleep_lock_release(&terminal->lock);
	return OK;
}

enum status terminal_get_session(struct terminal *terminal, uintptr_t argument)
{
	uint32_t session = (uint32_t)terminal->session;
	if (!session || session != terminal_caller().session)
		return ERR_NOT_TERMINAL;
	return user_copy_out((struct user_out){argument, sizeof session}, &session);
}

/* ---- opening by number ---- */

enum {
	TERMINAL_DEVICE_OWN = 5 << 8 | 0, /* the caller's session's */
	TERMINAL_DEVICE_SERIAL = 4 << 8 | 64,
	TERMINAL_OPEN_NOT_TAKING = 0400, /* O_NOCTTY */
};

enum status terminal_open(uint64_t device, uint32_t flags, struct file **out_file)
{
	struct terminal_caller caller = terminal_caller();
	struct terminal *terminal = console_terminal();
	bool own = terminal->session && terminal->session == caller.session;
	if (device == TERMINAL_DEVICE_OWN && !own)
		return ERR_NO_DEVICE_ADDRESS;
	if (device != TERMINAL_DEVICE_OWN && device != TERMINAL_DEVICE_SERIAL &&
	    device != terminal->device)
		return ERR_NO_DEVICE;
	/* the console itself is nobody's by opening it: Linux tty_open_proc_set_tty */
	bool takes = device == TERMINAL_DEVICE_SERIAL && !(flags & TERMINAL_OPEN_NOT_TAKING) &&
	             !terminal->session && caller.session == caller.pid;
	if (takes)
		TRY(terminal_take(terminal));
	return terminal_file_create(terminal, own || takes ? caller.session : 0,
	                            flags & (FILE_ACCESS_MASK | FILE_NONBLOCK), out_file);
}
