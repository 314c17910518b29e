/* What the machine's channels bring, and the person's keys. */
#include "qemu/session/state.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 65536, ERRORS_KEPT_MAX = 65536 };

static void write_all(int fd, struct str bytes)
{
	while (bytes.len) {
		ssize_t wrote = write(fd, bytes.ptr, bytes.len);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return; /* a full disk or a closed pipe must not end the machine */
		bytes = str_slice(bytes, (size_t)wrote, bytes.len);
	}
}

/* The guest ended, but QEMU stands still for the picture. */
static void take_exit_value(struct session *s, struct str bytes)
{
	if (s->phase != PHASE_RUNNING)
		return;
	s->ending.exit_value = (unsigned char)bytes.ptr[0];
	session_stop(s, STOP_GUEST);
}

static void take_monitor(struct session *s, struct str bytes)
{
	monitor_feed(&s->monitor, s->process.fds[CHANNEL_MONITOR], bytes);
	if (s->monitor.reset)
		session_note_firmware(s, true);
	s->monitor.reset = false;
	if (s->request->screenshot.len && s->monitor.shutdown != SHUTDOWN_UNKNOWN)
		session_stop(s, STOP_GUEST);
}

/* Until the kernel speaks, which it does on debugcon first, the screen stays the person's. */
static void show(struct session *s, size_t channel, struct str bytes)
{
	char plain[READ_BYTES];
	bool firmware = s->request->boot == BOOT_EFI && channel == CHANNEL_SERIAL &&
	                !s->marks.streams[CHANNEL_DEBUGCON].spoke;
	if (firmware)
		bytes = escape_filter(&s->firmware_escape, bytes, plain);
	write_all(STDOUT_FILENO, bytes);
}

/* A guest that does not listen loses keys. */
static void type(struct session *s, struct str keys)
{
	int serial = s->process.fds[CHANNEL_SERIAL];
	if (keys.len && serial >= 0)
		(void)!write(serial, keys.ptr, keys.len);
}

void session_give_answers(struct session *s)
{
	const struct qemu_answer *answer;
	while (!snapshot_holds(s->snapshot) && (answer = answers_take(&s->answers)))
		type(s, answer->text);
}

void session_take_output(struct session *s, size_t channel, struct str bytes)
{
	const struct qemu_request *request = s->request;
	write_all(s->logs[channel], bytes);
	snapshot_hear(s->snapshot, channel, bytes);
	bool shown = channel == CHANNEL_SERIAL || request->debugcon_to_stdout;
	if (shown && !request->quiet && !request->json)
		show(s, channel, bytes);
	if (request->heard)
		request->heard(request->heard_context, channel == CHANNEL_DEBUGCON, bytes,
		               session_now_us() - s->begin_us);
	marks_feed(&s->marks, channel, bytes);
	if (channel == CHANNEL_DEBUGCON)
		session_note_firmware(s, false);
	if (channel == CHANNEL_SERIAL) {
		answers_feed(&s->answers, bytes);
		session_give_answers(s);
	}
}

/* A KVM that gives up leaves the machine standing, and QEMU waiting for a debugger. */
static void check_accelerator(struct session *s)
{
	static const struct str mark = STR_INIT("KVM internal error");
	struct str said = text_str(&s->errors);
	struct mark_hit *hit = &s->marks.hit;
	if (hit->any || !said.len || !memmem(said.ptr, said.len, mark.ptr, mark.len))
		return;
	hit->any = true;
	hit->outcome = QEMU_HOST_ERROR;
	hit->line = STR("KVM internal error; qemu.accelerator = \"tcg\" does without KVM");
}

static void take_errors(struct session *s, struct str bytes)
{
	if (s->errors.len < ERRORS_KEPT_MAX)
		text_add(&s->errors, bytes);
	check_accelerator(s);
	if (!s->request->quiet && !s->request->json)
		write_all(STDERR_FILENO, bytes);
}

void session_read_channel(struct session *s, size_t channel)
{
	char bytes[READ_BYTES];
	int *fd = &s->process.fds[channel];
	while (*fd >= 0) {
		ssize_t got = read(*fd, bytes, sizeof bytes);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			close(*fd);
			*fd = -1;
			return;
		}
		struct str read_now = {bytes, (size_t)got};
		if (channel == CHANNEL_MONITOR)
			take_monitor(s, read_now);
		else if (channel == CHANNEL_EXIT_VALUE)
			take_exit_value(s, read_now);
		else if (channel == CHANNEL_ERRORS)
			take_errors(s, read_now);
		else
			session_take_output(s, channel, read_now);
		if (got < (ssize_t)sizeof bytes)
			return;
	}
}

void session_read_keys(struct session *s)
{
	char typed[256];
	char out[2 * sizeof typed];
	size_t len;
	ssize_t got = read(STDIN_FILENO, typed, sizeof typed);
	if (got <= 0)
		return;
	struct str keys = {typed, (size_t)got};
	enum key_action action = key_filter_feed(&s->keys, keys, out, &len);
	type(s, (struct str){out, len});
	if (action == KEYS_QUIT)
		session_stop(s, STOP_PERSON);
}
