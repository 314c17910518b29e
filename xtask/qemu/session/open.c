/* What a run has open: logs, signals, the agent's socket, QEMU. */
#include "os/files.h"
#include "qemu/session/state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static bool open_log(struct session *s, size_t channel, struct str path, struct diag *d)
{
	const char *file = arena_c_str(s->arena, path);
	int error = folder_create(arena_c_str(s->arena, path_folder(path)));
	if (!error)
		s->logs[channel] = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (!error && s->logs[channel] < 0)
		error = errno;
	if (error)
		diag_error(d, (struct span){}, (struct str){}, "%s: %s", file, strerror(error));
	return !error;
}

/* Somebody's guest may be at either name. A descriptor or a negative errno. */
static int agent_listen(struct session *s, const char *file)
{
	struct str early = guest_early_path(s->arena, s->agent_path);
	if (guest_listens(file) || guest_listens(early.ptr))
		return -EADDRINUSE;
	(void)unlink(file); /* what a guest that was killed has left */
	if (s->firmware)
		s->agent_path = early;
	return guest_listen(arena_c_str(s->arena, s->agent_path));
}

/* Before QEMU starts, so that nobody has to wait for its socket. */
static bool open_agent(struct session *s, struct str path, struct diag *d)
{
	if (!path.len)
		return true;
	const char *file = arena_c_str(s->arena, path);
	int error = folder_create(arena_c_str(s->arena, path_folder(path)));
	if (!error) {
		s->agent_socket = s->agent_path = path;
		s->agent = agent_listen(s, file);
		error = s->agent < 0 ? -s->agent : 0;
	}
	if (!error) {
		s->memory = guest_memory_create(
		        arena_c_str(s->arena, guest_memory_path(s->arena, path)));
		error = s->memory < 0
		                ? -s->memory
		                : execs_connect(&s->execs, arena_c_str(s->arena, s->agent_path));
	}
	if (error == EADDRINUSE)
		diag_error(d, (struct span){}, STR("end it, or give this one a folder with --logs"),
		           "a guest is running already at %s", file);
	else if (error)
		diag_error(d, (struct span){}, (struct str){}, "%s: %s", file, strerror(error));
	return !error;
}

void session_note_firmware(struct session *s, bool runs)
{
	if (s->request->boot != BOOT_EFI || s->firmware == runs)
		return;
	s->firmware = runs;
	if (s->agent < 0)
		return;
	struct str path = s->agent_socket;
	struct str to = runs ? guest_early_path(s->arena, path) : path;
	/* when that fails the guest cannot be reached from outside, and nothing else happens */
	if (rename(arena_c_str(s->arena, s->agent_path), arena_c_str(s->arena, to)) == 0)
		s->agent_path = to;
}

static void block_signals(struct session *s)
{
	static const int numbers[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < COUNT(numbers); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, &s->former_signals);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool session_open(struct session *s, const struct strs *argv, const struct qemu_result *result,
                  struct diag *d)
{
	if (!open_log(s, CHANNEL_SERIAL, result->serial_file, d) ||
	    !open_log(s, CHANNEL_DEBUGCON, result->debugcon_file, d))
		return false;
	block_signals(s);
	if (!open_agent(s, result->agent_socket, d))
		return false;
	int error = s->signals < 0 ? errno
	                           : process_start(s->arena, argv,
	                                           (struct process_loans){s->agent, s->memory},
	                                           &s->process);
	if (error)
		diag_error(d, (struct span){}, (struct str){}, "cannot start QEMU: %s",
		           strerror(error));
	return !error;
}

void session_close(struct session *s)
{
	if (s->signals >= 0) {
		close(s->signals);
		sigprocmask(SIG_SETMASK, &s->former_signals, NULL);
	}
	for (size_t i = 0; i < MARK_CHANNELS; i++)
		if (s->logs[i] >= 0)
			close(s->logs[i]);
	guest_close(&s->execs.client);
	if (s->agent < 0)
		return;
	close(s->agent);
	unlink(arena_c_str(s->arena, s->agent_path));
	if (s->memory < 0)
		return;
	close(s->memory);
	unlink(arena_c_str(s->arena, guest_memory_path(s->arena, s->agent_socket)));
}
