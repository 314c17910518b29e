/* What the kernel tells of itself and of processes: the broker system_query, or a test. */
#pragma once

#include <abi/status.h>
#include <abi/syscalls.h>
#include <stddef.h>

struct figures {
	void *context;
	/* At most capacity bytes about a topic (SYSTEM_QUERY_*) and what `index` names in it. */
	enum status (*ask)(void *context, uint32_t topic, uint64_t index, void *out,
	                   size_t capacity, size_t *out_len);
};

static inline enum status figures_ask(const struct figures *f, uint32_t topic, uint64_t index,
                                      void *out, size_t capacity, size_t *out_len)
{
	return f->ask ? f->ask(f->context, topic, index, out, capacity, out_len)
	              : ERR_NOT_IMPLEMENTED;
}
