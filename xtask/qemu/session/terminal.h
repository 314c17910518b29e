/*
 * The person's terminal in raw mode while a machine runs.
 *
 * A guardian process of its own session restores the terminal when this process
 * is gone without having done so, however it ended.
 */
#pragma once

#include "os/text.h"
#include <sys/types.h>
#include <termios.h>

struct terminal {
	bool raw;
	struct termios before;
	pid_t guardian;
	int guardian_pipe; /* closing it wakes the guardian */
};

/* False when stdin and stdout are not one terminal; nothing is changed then. */
bool terminal_enter(struct terminal *t);
/* Restores; harmless when never entered. */
void terminal_leave(struct terminal *t);

enum escape_state { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_BRACKET };

/* True when the byte belongs to an escape sequence. Starts as ESCAPE_NONE. */
bool escape_takes(enum escape_state *state, char byte);
/*
 * Without escape sequences: firmware and boot loader clear the screen, and with it what the person
 * had there. out takes at most as many bytes as came.
 */
struct str escape_filter(enum escape_state *state, struct str bytes, char *out);

enum key_action { KEYS_PASS, KEYS_QUIT };

/* Ctrl-A X leaves, Ctrl-A Ctrl-A is one Ctrl-A, all else is the guest's. */
struct key_filter {
	bool prefix; /* Ctrl-A was the last byte */
};

/* Bytes for the guest go to out (at least twice as many as came). */
enum key_action key_filter_feed(struct key_filter *f, struct str typed, char *out, size_t *out_len);
