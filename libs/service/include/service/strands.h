/*
 * Operations that wait while others are served.
 *
 * A strand is the loop of a service on a stack of its own. One runs at a time, and gives way only
 * here: an operation that waits for an event of the kernel (service_await), or for what another one
 * has (service_enter), lets another strand receive the next request. So an operation sees what
 * others did only where it waited. Without requests that wait there is one strand, and everything
 * is as without them.
 *
 * Before a request is run, a strand is at hand that could take over; when as many wait as there are
 * strands, requests wait in their queue until one of them has ended.
 */
#pragma once

#include <service/api.h>

enum { SERVICE_STRANDS_MAX = 48, SERVICE_STACK_BYTES = 128 * 1024 };

struct service_strand {
	struct service_strand *next; /* in its queue */
	void *stack; /* its pointer, while it does not run */
	uint8_t *own; /* the operation's; its stack lies below */
	uint8_t *messages; /* SERVICE_MEMORY_BYTES */
	bool waits; /* for the event with this cookie */
	uint64_t cookie;
	int64_t value; /* of the event */
};

struct service_queue {
	struct service_strand *first, *last;
};

struct service_strands {
	/* Set by the service. */
	size_t own_bytes; /* of memory for each operation that runs; a multiple of 16 */
	/* Zeroed, 16-byte aligned, for ever; NULL: none is left. service_make_memory, or a test. */
	void *(*make_memory)(size_t bytes, bool is_wired);

	/* By service_run and below. */
	const struct service_definition *definition;
	const struct service_transport *transport;
	struct service_strand all[SERVICE_STRANDS_MAX];
	size_t count;
	struct service_strand *running; /* NULL: the loop has not begun */
	struct service_queue idle, ready;
	size_t waiting; /* strands within service_await and service_enter, until they are ready */
	bool is_ending; /* asked to, while operations waited */
	void *beginning; /* stack of who began the loop */
	enum status end;
};

/* One at a time has it; others wait in the order in which they came. Begins as zeros. */
struct service_turn {
	struct service_strand *owner;
	struct service_queue waiting;
};

/* own_bytes of the operation that runs; as another operation left them. NULL: none runs. */
static inline void *service_own(const struct service_strands *s)
{
	return s->running ? s->running->own : NULL;
}

/* Below it lies a page that cannot be used. */
void *service_make_memory(size_t bytes, bool is_wired);

/* Whether an operation runs, and others could be served if it waited. */
bool service_may_await(struct service_strands *s);
/* Until the event with this cookie has come: its value. Only after service_may_await. */
int64_t service_await(struct service_strands *s, uint64_t cookie);
/* True: it was free. */
bool service_try_enter(const struct service_strands *s, struct service_turn *turn);
/* Waits for its turn. Who has one that others want while he waits here must not be among those
 * that they wait for. */
void service_enter(struct service_strands *s, struct service_turn *turn);
void service_leave(struct service_strands *s, struct service_turn *turn);
