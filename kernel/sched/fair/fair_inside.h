/* What the files of a fair queue have in common. Private to kernel/sched/fair. */
#pragma once

#include "sched/fair/fair_queue.h"

static inline struct fair_entity *fair_of_node(struct ordered_node *node)
{
	return node ? container_of(node, struct fair_entity, node) : NULL;
}

static inline uint64_t fair_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t fair_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* a - b, but not below 0 */
static inline uint64_t fair_less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Where somebody waits. */
static inline struct fair_entity *fair_first_by_age(const struct fair_queue *queue)
{
	return container_of(queue->by_age.next, struct fair_entity, age);
}

static inline struct fair_entity *fair_oldest(const struct fair_queue *queue)
{
	return list_empty(&queue->by_age) ? NULL : fair_first_by_age(queue);
}

static inline uint64_t fair_entities(const struct fair_queue *queue)
{
	return queue->ready.count + (queue->current != NULL);
}

/* Until when the oldest, of so many, can be left waiting: then those that have waited as long have
 * their turns one by one, the last of them in time. */
static inline uint64_t fair_due(const struct fair_entity *oldest, uint64_t entities)
{
	return oldest->ready_since + entities * FAIR_PATIENCE_NS;
}

/* Has the current one, of so many, less than a slice in a turn? */
static inline bool fair_is_light(const struct fair_queue *queue, uint64_t entities)
{
	return entities * queue->current->weight < queue->weight;
}

/* ns of an entity's own time as vruntime, as it is now, in its crowd. */
uint64_t fair_scaled_crowd(const struct fair_queue *queue, const struct fair_entity *entity,
                           uint64_t ns);
/* Further ahead than this nobody pays for what was. */
uint64_t fair_highest(const struct fair_queue *queue, const struct fair_entity *entity);
/* After the vruntime of the current one, or who is first, has changed. */
void fair_update_min(struct fair_queue *queue);

/* The slice of the one just picked, when it may have to end before the ticks would end it. */
void fair_start_short(struct fair_queue *queue, uint64_t now);
