/* How long the current one runs, and when another takes its place. */
#include "sched/fair/fair_inside.h"

bool fair_is_late(const struct fair_queue *queue, uint64_t now)
{
	const struct fair_entity *oldest = fair_oldest(queue);
	return oldest && now >= fair_due(oldest, fair_entities(queue));
}

/* Of so many the current one's part of a turn. */
static uint64_t fair_slice(const struct fair_queue *queue, uint64_t entities)
{
	if (!fair_is_light(queue, entities))
		return FAIR_GRANULARITY_NS;
	uint64_t turn = entities * FAIR_GRANULARITY_NS;
	return fair_max(turn * queue->current->weight / queue->weight, FAIR_SLICE_MIN_NS);
}

/* The running slice ends after ns, whole ones at a tick; or as soon as somebody has waited too long
 * of those that wait, of which there are some. */
static void fair_start_slice(struct fair_queue *queue, uint64_t now, uint64_t ns)
{
	uint64_t due = fair_due(fair_first_by_age(queue), fair_entities(queue));
	queue->slice_end = ns < FAIR_GRANULARITY_NS ? now + ns : UINT64_MAX;
	queue->pressed = due < now + FAIR_GRANULARITY_NS;
	if (due < now + ns)
		queue->slice_end = fair_max(due, now + FAIR_SLICE_MIN_NS);
}

[[gnu::noinline]] void fair_start_short(struct fair_queue *queue, uint64_t now)
{
	uint64_t slice = fair_slice(queue, fair_entities(queue));
	if (queue->ready.first)
		fair_start_slice(queue, now, queue->forced ? FAIR_SLICE_MIN_NS : slice);
}

/* Somebody waits too long from before the next tick on, or already: true. */
static bool fair_is_pressed(struct fair_queue *queue, uint64_t now)
{
	uint64_t due = fair_due(fair_first_by_age(queue), fair_entities(queue));
	if (due >= now + FAIR_TICK_NS)
		return false;
	queue->pressed = true;
	queue->slice_end = fair_min(queue->slice_end, due);
	return now >= due;
}

static bool fair_is_behind(const struct fair_entity *first, const struct fair_entity *current)
{
	return first->vruntime < current->vruntime + fair_scaled(current, FAIR_TIE_NS);
}

bool fair_tick(struct fair_queue *queue, uint64_t now, uint64_t reference)
{
	struct fair_entity *current = queue->current;
	const struct fair_entity *first = fair_of_node(queue->ready.first);
	if (!current)
		return first != NULL;
	fair_account(queue, now);
	if (!first) {
		/* it has a whole CPU: what its weight promises beyond that can't be had */
		uint64_t window = fair_scaled_crowd(queue, current, FAIR_WINDOW_NS);
		current->vruntime = fair_max(current->vruntime, fair_less(reference, window));
		fair_update_min(queue);
		return false;
	}
	if (queue->forced)
		return false; /* its slice ends in time */
	if (fair_is_pressed(queue, now))
		return true;
	/* to the nearest tick, unless another moment is set */
	return queue->slice_end == UINT64_MAX &&
	       now - queue->picked_at + FAIR_TICK_NS / 2 >=
	               fair_slice(queue, fair_entities(queue)) &&
	       fair_is_behind(first, current);
}

bool fair_end_slice(struct fair_queue *queue, uint64_t now)
{
	struct fair_entity *current = queue->current;
	const struct fair_entity *first = fair_of_node(queue->ready.first);
	bool was_forced = queue->forced;
	queue->forced = false;
	queue->slice_end = UINT64_MAX;
	if (!current || !first)
		return false;
	fair_account(queue, now);
	if (was_forced) /* what it gets beyond its share is not held against it for ever */
		current->vruntime = fair_min(current->vruntime, fair_highest(queue, current));
	if (fair_is_late(queue, now) || fair_is_behind(first, current))
		return true;
	/* until it has caught up */
	uint64_t behind = fair_min(first->vruntime - current->vruntime, FAIR_WINDOW_NS);
	uint64_t ns = behind * current->weight / FAIR_WEIGHT_NICE_0;
	fair_start_slice(queue, now, fair_max(ns, FAIR_SLICE_MIN_NS));
	return false;
}

bool fair_preempts(const struct fair_queue *queue, const struct fair_entity *woken)
{
	const struct fair_entity *current = queue->current;
	if (!current)
		return true;
	if (queue->forced)
		return false;
	return woken->vruntime + fair_scaled(woken, FAIR_WAKE_GRANULARITY_NS) < current->vruntime;
}
