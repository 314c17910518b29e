/* Whose terminal it is, and who may use it. */
#include "core/api.h"
#include "io/terminal/terminal.h"

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

bool terminal_may_type(struct terminal *terminal)
{
	struct terminal_caller caller = terminal_caller();
	if (!process_credentials()->euid)
		return true;
	sleep_lock_acquire(&terminal->lock);
	bool is_own = terminal->session == caller.session;
	sleep_lock_release(&terminal->lock);
	return is_own;
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

struct terminal *terminal_of_session(uint64_t session)
{
	struct terminal *console = console_terminal();
	if (!session)
		return NULL;
	if (console->session != session)
		return pseudo_terminal_of_session(session);
	terminal_ref(console);
	return console;
}

/* A session has one terminal at most. */
static bool terminal_is_other(const struct terminal *terminal, uint64_t session)
{
	struct terminal *own = terminal_of_session(session);
	if (own)
		terminal_unref(own);
	return own && own != terminal;
}

enum status terminal_take(struct terminal *terminal)
{
	struct terminal_caller caller = terminal_caller();
	if (caller.session != caller.pid || terminal_is_other(terminal, caller.session))
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

void terminal_free(struct terminal *terminal, bool hangs_up)
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
	struct terminal *terminal = terminal_of_session(session);
	if (!terminal)
		return;
	terminal_free(terminal, true);
	terminal_unref(terminal);
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
	TERMINAL_DEVICE_MINORS = 0xff,
	TERMINAL_OPEN_NOT_TAKING = 0400, /* O_NOCTTY */
};

/* With a reference. */
static enum status terminal_find(uint64_t device, uint64_t session, struct terminal **out_terminal)
{
	struct terminal *console = console_terminal(), *found = NULL;
	bool is_pseudo = device >> 8 == PSEUDO_TERMINAL_MAJOR;
	if (device == TERMINAL_DEVICE_OWN) {
		found = terminal_of_session(session);
	} else if (is_pseudo) {
		found = pseudo_terminal_get((uint32_t)device & TERMINAL_DEVICE_MINORS);
	} else if (device == TERMINAL_DEVICE_SERIAL || device == console->device) {
		terminal_ref(console);
		found = console;
	}
	*out_terminal = found;
	if (found)
		return OK;
	return device == TERMINAL_DEVICE_OWN || is_pseudo ? ERR_NO_DEVICE_ADDRESS : ERR_NO_DEVICE;
}

/* Opening it makes it the terminal of a session that has none, but never the console itself: Linux
 * tty_open_proc_set_tty. */
static bool terminal_take_by_opening(struct terminal *terminal, uint64_t device, uint32_t flags)
{
	bool is_console = device == console_terminal()->device || device == TERMINAL_DEVICE_OWN;
	if (is_console || (flags & TERMINAL_OPEN_NOT_TAKING) || terminal->session)
		return false;
	return terminal_take(terminal) == OK;
}

enum status terminal_open(uint64_t device, uint32_t flags, struct file **out_file)
{
	struct terminal_caller caller = terminal_caller();
	struct terminal *terminal;
	TRY(terminal_find(device, caller.session, &terminal));
	enum status status = OK;
	if (device >> 8 == PSEUDO_TERMINAL_MAJOR && !pseudo_terminal_is_open(terminal))
		status = ERR_IO;
	if (status == OK) {
		bool own = terminal->session == caller.session && caller.session;
		bool takes = terminal_take_by_opening(terminal, device, flags);
		status = terminal_file_create(terminal, own || takes ? caller.session : 0,
		                              flags & (FILE_ACCESS_MASK | FILE_NONBLOCK), out_file);
	}
	terminal_unref(terminal);
	return status;
}
