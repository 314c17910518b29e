/*
 * QMP: QEMU's control channel, one JSON object a line each way.
 * Protocol: QEMU Machine Protocol specification, docs/interop/qmp-spec.
 */
#pragma once

#include "os/text.h"

enum { MONITOR_LINE_MAX = 16384 };

enum shutdown_reason {
	SHUTDOWN_UNKNOWN,
	SHUTDOWN_GUEST_POWER_OFF,
	SHUTDOWN_GUEST_RESET,
	SHUTDOWN_HOST, /* a signal or a quit that QEMU got */
};

enum migration { MIGRATION_NONE, MIGRATION_DONE, MIGRATION_FAILED };

struct monitor {
	char line[MONITOR_LINE_MAX];
	size_t len;
	bool skipping; /* the line was too long: wait for its end */
	bool ready; /* commands are taken */
	bool screenshot_pending;
	bool screenshot_failed;
	char screenshot_error[256];
	enum shutdown_reason shutdown; /* the first */
	char answered[32]; /* the command of monitor_ask that was answered last */
	char refusal[256]; /* why the first of them was refused that was; empty: none was */
	bool reset; /* the machine was */
	bool resumed; /* the machine runs again */
	enum migration migration; /* once the capability "events" was asked for */
};

/* Reads what came and answers on fd. */
void monitor_feed(struct monitor *m, int fd, struct str bytes);
/* .png by name, else PPM. The answer clears screenshot_pending. */
void monitor_screenshot(struct monitor *m, int fd, struct str file);
/* arguments: JSON; NULL: none. What comes of it is seen in answered and refusal. */
void monitor_ask(struct monitor *m, int fd, const char *name, const char *arguments);
/* Gives QEMU a copy of a descriptor under that name. */
void monitor_give(struct monitor *m, int fd, const char *name, int given);
/* False when the monitor takes no commands. */
bool monitor_quit(struct monitor *m, int fd);
