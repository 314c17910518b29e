/*
 * Marks: texts looked for in what the machine says, as it comes.
 *
 * A mark lies within one line. Lines are put together across chunks, terminal
 * escape sequences are left out, so a mark is found however its bytes arrive.
 */
#pragma once

#include "qemu/qemu.h"
#include "qemu/session/terminal.h"

enum { MARK_LINE_MAX = 4096, MARK_CHANNELS = 2 };

struct mark_stream {
	char line[MARK_LINE_MAX]; /* what stands of the current line */
	size_t len;
	enum escape_state escape;
	size_t next; /* in order: index of the next expected mark */
	size_t order_from; /* in order: behind the last one in this line */
	bool spoke; /* any byte came */
};

/* The first thing that decides against the run. */
struct mark_hit {
	bool any;
	enum qemu_outcome outcome;
	struct str line; /* trimmed */
	const struct mark_stream *open; /* where the line's end is still to come */
};

struct marks {
	struct arena *arena;
	const struct qemu_request *request;
	bool *seen; /* one for each expected mark, on any channel */
	struct mark_stream streams[MARK_CHANNELS]; /* CHANNEL_SERIAL, CHANNEL_DEBUGCON */
	struct mark_hit hit;
	struct str loader_error; /* GRUB's last complaint */
	struct str kernel_error; /* the kernel's last line of level error or fatal */
};

void marks_init(struct marks *m, struct arena *a, const struct qemu_request *request);
void marks_feed(struct marks *m, size_t channel, struct str bytes);
/* Every expected mark was seen, and in order where that is wanted; false without any. */
bool marks_all_seen(const struct marks *m);
struct strs marks_missing(const struct marks *m, struct arena *a);
/* A line end in a mark could never match. */
bool marks_check(const struct qemu_request *request, struct diag *d);
