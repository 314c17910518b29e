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

struct monitor {
	char line[MONITOR_LINE_MAX];
	size_t len;
	bool skipping; /* the line was too long: wait for its end */
	bool ready; /* commands are taken */
	bool screenshot_pending;
	bool screenshot_failed;
	char screenshot_error[256];
	enum shutdown_reason shutdown; /* the first */
};

/* Reads what came and answers on fd. */
void monitor_feed(struct monitor *m, int fd, struct str bytes);
/* .png by name, else PPM. The answer clears screenshot_pending. */
void monitor_screenshot(struct monitor *m, int fd, struct str file);
/* False when the monitor takes no commands. */
bool monitor_quit(struct monitor *m, int fd);
