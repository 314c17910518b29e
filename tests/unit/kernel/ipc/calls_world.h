/*
 * Callers, services, and what happened to each request: the plain reference that calls are compared
 * with.
 */
#pragma once

#include "fake_machine.h"

enum {
	CALLERS = 5,
	CALLERS_MAX = 80, /* more than one endpoint has places for */
	CALLS_EACH = 12,
	SERVERS = 3,
	BYTES_MAX = 300,
};

/* What happened to one request. */
struct fact {
	uint64_t deadline_ns;
	unsigned taken; /* by a service */
	unsigned answered;
	unsigned died; /* with its service */
	bool signalled;
	size_t server; /* the latest when it was made */
	size_t taken_by;
	bool is_idempotent; /* the kernel may send it again */
};

struct caller {
	struct ipc_process process;
	struct fake_thread *thread;
	uint64_t endpoint;
	unsigned calls; /* begun */
	struct fact facts[CALLS_EACH];
};

struct server {
	struct ipc_process process;
	uint64_t endpoint;
	unsigned left; /* requests until it dies */
};

struct world {
	struct caller callers[CALLERS_MAX];
	size_t caller_count;
	struct server servers[SERVERS]; /* one lives at a time */
	size_t server_count; /* started */
	bool serving;
};

static struct world world;

/* How many calls ended how, over all seeds. */
struct endings {
	unsigned fast_calls, fast_replies;
	unsigned answered, replayed, repeated, died, timed_out, interrupted, not_connected, full;
};

static struct endings endings;

/* A request says who asks and how often it did; the rest follows from that. */
struct request {
	uint32_t caller, number;
	uint8_t rest[BYTES_MAX];
};

static void request_fill(struct request *request, uint32_t caller, uint32_t number)
{
	request->caller = caller;
	request->number = number;
	for (size_t i = 0; i < BYTES_MAX; i++)
		request->rest[i] = (uint8_t)(caller * 31 + number * 7 + i);
}

static bool request_is(const struct request *request, uint32_t caller, uint32_t number, size_t len)
{
	struct request expected;
	request_fill(&expected, caller, number);
	return memcmp(request, &expected, len) == 0;
}
