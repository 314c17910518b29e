#include "qemu/session/monitor.h"
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static const char screenshot_id[] = "screenshot";
static const char ask_prefix[] = "ask:";

/*
 * Commands are short; a socket buffer that can't take one is a QEMU that no longer reads. given: a
 * descriptor that goes with it; -1: none.
 */
static bool send_line(int fd, struct str line, int given)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof given)];
	} control = {};
	struct iovec part = {(void *)(uintptr_t)line.ptr, line.len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (given >= 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof given);
		memcpy(CMSG_DATA(&control.header), &given, sizeof given);
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)line.len;
}

static bool send_command_with(int fd, const char *name, json_t *arguments, const char *id,
                              int given)
{
	json_t *command = json_object();
	json_object_set_new(command, "execute", json_string(name));
	if (arguments)
		json_object_set_new(command, "arguments", arguments);
	if (id)
		json_object_set_new(command, "id", json_string(id));
	char line[MONITOR_LINE_MAX];
	size_t len = json_dumpb(command, line, sizeof line - 1, JSON_COMPACT);
	json_decref(command);
	if (len >= sizeof line - 1)
		return false;
	line[len++] = '\n';
	return send_line(fd, (struct str){line, len}, given);
}

static bool send_command(int fd, const char *name, json_t *arguments, const char *id)
{
	return send_command_with(fd, name, arguments, id, -1);
}

static void take_migration(struct monitor *m, const json_t *data)
{
	const char *status = json_string_value(json_object_get(data, "status"));
	if (status && strcmp(status, "completed") == 0)
		m->migration = MIGRATION_DONE;
	else if (status && strcmp(status, "failed") == 0)
		m->migration = MIGRATION_FAILED;
}

static void take_event(struct monitor *m, const char *name, const json_t *data)
{
	m->reset |= strcmp(name, "RESET") == 0;
	m->resumed |= strcmp(name, "RESUME") == 0;
	if (strcmp(name, "MIGRATION") == 0)
		take_migration(m, data);
	if (strcmp(name, "SHUTDOWN") != 0 || m->shutdown != SHUTDOWN_UNKNOWN)
		return;
	const char *reason = json_string_value(json_object_get(data, "reason"));
	m->shutdown = SHUTDOWN_HOST;
	if (reason && strcmp(reason, "guest-shutdown") == 0)
		m->shutdown = SHUTDOWN_GUEST_POWER_OFF;
	else if (reason && strcmp(reason, "guest-reset") == 0)
		m->shutdown = SHUTDOWN_GUEST_RESET;
}

static void take_answer(struct monitor *m, const json_t *message)
{
	const json_t *error = json_object_get(message, "error");
	const char *id = json_string_value(json_object_get(message, "id"));
	if (id && strncmp(id, ask_prefix, sizeof ask_prefix - 1) == 0) {
		const char *text = json_string_value(json_object_get(error, "desc"));
		snprintf(m->answered, sizeof m->answered, "%s", id + sizeof ask_prefix - 1);
		if (error && !m->refusal[0])
			snprintf(m->refusal, sizeof m->refusal, "%s: %s", m->answered,
			         text ? text : "refused");
	} else if (id && strcmp(id, screenshot_id) == 0) {
		const char *text = json_string_value(json_object_get(error, "desc"));
		m->screenshot_pending = false;
		m->screenshot_failed = error;
		snprintf(m->screenshot_error, sizeof m->screenshot_error, "%s", text ? text : "");
	} else if (!error && json_object_get(message, "return")) {
		m->ready = true;
	}
}

static void take_line(struct monitor *m, int fd)
{
	json_t *message = json_loadb(m->line, m->len, 0, NULL);
	if (!message)
		return;
	const char *event = json_string_value(json_object_get(message, "event"));
	if (json_object_get(message, "QMP"))
		(void)send_command(fd, "qmp_capabilities", NULL, NULL); /* not ready then */
	else if (event)
		take_event(m, event, json_object_get(message, "data"));
	else
		take_answer(m, message);
	json_decref(message);
}

void monitor_feed(struct monitor *m, int fd, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.ptr[i] == '\n') {
			if (!m->skipping)
				take_line(m, fd);
			m->len = 0;
			m->skipping = false;
		} else if (m->len == sizeof m->line) {
			m->skipping = true;
		} else {
			m->line[m->len++] = bytes.ptr[i];
		}
	}
}

void monitor_screenshot(struct monitor *m, int fd, struct str file)
{
	json_t *arguments = json_object();
	json_object_set_new(arguments, "filename", json_stringn(file.ptr, file.len));
	bool png = str_ends_with(file, STR(".png"));
	json_object_set_new(arguments, "format", json_string(png ? "png" : "ppm"));
	m->screenshot_pending =
	        m->ready && send_command(fd, "screendump", arguments, screenshot_id);
	if (m->screenshot_pending)
		return;
	if (!m->ready)
		json_decref(arguments);
	m->screenshot_failed = true;
	snprintf(m->screenshot_error, sizeof m->screenshot_error, "QEMU takes no commands");
}

static void ask_with(struct monitor *m, int fd, const char *name, json_t *arguments, int given)
{
	char id[64];
	snprintf(id, sizeof id, "%s%s", ask_prefix, name);
	if (!send_command_with(fd, name, arguments, id, given) && !m->refusal[0])
		snprintf(m->refusal, sizeof m->refusal, "%s: QEMU takes no commands", name);
}

void monitor_ask(struct monitor *m, int fd, const char *name, const char *arguments)
{
	ask_with(m, fd, name, arguments ? json_loads(arguments, 0, NULL) : NULL, -1);
}

void monitor_give(struct monitor *m, int fd, const char *name, int given)
{
	ask_with(m, fd, "getfd", json_pack("{s:s}", "fdname", name), given);
}

bool monitor_quit(struct monitor *m, int fd)
{
	return m->ready && send_command(fd, "quit", NULL, NULL);
}
