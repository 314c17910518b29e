/* One kind of call, made by one caller, which has a CPU to itself. */
#pragma once

#include <bench/api.h>
#include <linux_calls/api.h>

/* What a caller has, and its partner where there is one: a thread on the same CPU. */
struct caller {
	uint64_t endpoint;
	uint32_t turn; /* 0: the caller's, 1: the partner's */
	int32_t there[2], back[2]; /* pipes */
	char *page; /* of SCALE_PAGE bytes; for nobody but this caller */
};

enum { SCALE_PAGE = 4096 };

struct workload {
	const char *name;
	uint32_t calls; /* that a caller makes */
	void (*call)(struct caller *caller);
	void (*partner)(struct caller *caller); /* until its process ends; NULL: there is none */
};

extern const struct workload workloads[];
extern const uint32_t workload_count;
/* What each of them may need. */
void caller_prepare(struct caller *caller);
