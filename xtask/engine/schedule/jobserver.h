/*
 * GNU make's job server: nested tools (make, gcc's link-time optimiser) share our job slots.
 *
 * Each process may do one job without asking; each further one at the same time takes a byte
 * out of a pipe and puts it back. Ours to serve, or one that we were given by a make above us.
 * Protocol: GNU make manual, "POSIX Jobserver".
 */
#pragma once

#include "engine/engine.h"

struct jobserver {
	int take, give; /* ends of the pipe; -1: there is none */
	int served[2]; /* the pipe as children inherit it, when it is ours; else -1 */
	char *tokens; /* held now, to be put back as they were */
	size_t held;
	size_t capacity;
	char *makeflags; /* "MAKEFLAGS=..." for children */
};

/* Takes over the server that MAKEFLAGS names, or serves jobs - 1 tokens. 0 or an errno value. */
[[nodiscard]] int jobserver_open(struct jobserver *s, struct arena *a, size_t jobs);
/* For one more job beside those that run; running: how many do. False: not now. */
bool jobserver_take(struct jobserver *s, size_t running);
/* One job fewer: of `running` that still run, all but one hold a token. */
void jobserver_give(struct jobserver *s, size_t running);
void jobserver_close(struct jobserver *s);
