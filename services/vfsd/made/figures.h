/*
 * What the kernel tells of itself and of processes: the broker system_query; and rootd of services;
 * or a test.
 */
#pragma once

#include <abi/root.h>
#include <abi/status.h>
#include <abi/syscalls.h>
#include <stddef.h>

/* Where an answer goes. */
struct figures_answer {
	void *bytes;
	size_t capacity;
	size_t len; /* of the answer */
};

/* What rootd knows of one program. */
struct lease_figures {
	struct root_lease lease;
	char names[2 * ROOT_PACKAGE_MAX]; /* of the package, and of the one it waits for */
};

struct figures {
	void *context;
	/* About a topic (SYSTEM_QUERY_*), and what `index` names in it. */
	enum status (*ask)(void *context, uint32_t topic, uint64_t index,
	                   struct figures_answer *answer);
	/*
	 * The ranges of a process that end above `from`, by address: how many, 0 behind the last,
	 * or a negative status. NULL: nobody knows.
	 */
	int64_t (*mappings)(void *context, uint64_t pid, uint64_t from, struct mapping_figures *out,
	                    size_t capacity);
	/* ERR_OUT_OF_RANGE: there are not so many. NULL: nobody knows. */
	enum status (*lease)(void *context, uint32_t index, struct lease_figures *out);
};

/* The bytes of the answer; a negative status. */
static inline int64_t figures_ask(const struct figures *f, uint32_t topic, uint64_t index,
                                  struct figures_answer answer)
{
	enum status status =
	        f->ask ? f->ask(f->context, topic, index, &answer) : ERR_NOT_IMPLEMENTED;
	return status == OK ? (int64_t)answer.len : (int64_t)status;
}

/* An answer of a fixed size. */
static inline enum status figures_ask_whole(const struct figures *f, uint32_t topic, uint64_t index,
                                            struct figures_answer answer)
{
	int64_t len = figures_ask(f, topic, index, answer);
	if (len < 0)
		return (enum status)len;
	return (size_t)len < answer.capacity ? ERR_IO : OK;
}
