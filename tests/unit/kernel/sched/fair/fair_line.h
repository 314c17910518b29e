/* One fair queue on a clock that a test moves on: who is picked, and for how long. */
#pragma once

#include "../../../test.h"
#include "sched/fair/fair_queue.h"
#include <stdlib.h>

enum { ENTITIES_MAX = 64 };

static const uint64_t millisecond = 1000000;

struct line {
	struct fair_crowds crowds;
	struct fair_queue queue;
	struct fair_entity entities[ENTITIES_MAX];
	uint64_t longest_wait[ENTITIES_MAX];
	size_t count;
	uint64_t now;
};

static inline void line_start(struct line *line)
{
	*line = (struct line){.now = 1000, .crowds.cpus = 1};
	fair_queue_init(&line->queue, &line->crowds);
}

static inline struct fair_entity *line_add(struct line *line, uint32_t weight)
{
	struct fair_entity *entity = &line->entities[line->count++];
	fair_entity_init(entity, weight);
	fair_put(&line->queue, entity, FAIR_NEW, line->now);
	return entity;
}

static inline void line_pick(struct line *line)
{
	struct fair_entity *next = fair_pick(&line->queue, line->now);
	bool is_ours = next >= line->entities && next < line->entities + ENTITIES_MAX;
	if (!is_ours)
		return;
	uint64_t wait = line->now - next->ready_since;
	uint64_t *longest = &line->longest_wait[next - line->entities];
	*longest = wait > *longest ? wait : *longest;
}

static inline void line_preempt(struct line *line)
{
	struct fair_entity *current = line->queue.current;
	fair_leave(&line->queue, line->now);
	if (current)
		fair_put(&line->queue, current, FAIR_PREEMPTED, line->now);
	line_pick(line);
}

/* Ticks, a little late each, as interrupts are. */
static inline void line_run(struct line *line, uint64_t ns)
{
	for (uint64_t end = line->now + ns; line->now < end;) {
		uint64_t tick = line->now + FAIR_TICK_NS + (uint64_t)random() % 5000;
		while (line->queue.slice_end < tick) {
			line->now = line->queue.slice_end + (uint64_t)random() % 5000;
			if (fair_end_slice(&line->queue, line->now))
				line_preempt(line);
		}
		line->now = line->now > tick ? line->now : tick;
		if (fair_tick(&line->queue, line->now, 0))
			line_preempt(line);
	}
}

static inline void assert_share(const struct fair_entity *entity, uint64_t wanted_ns)
{
	assert_in_range(entity->run_ns, wanted_ns * 97 / 100, wanted_ns * 103 / 100);
}
