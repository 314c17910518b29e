#include "sched/fair/fair_inside.h"

uint64_t fair_scaled(const struct fair_entity *entity, uint64_t ns)
{
	return ns * FAIR_WEIGHT_NICE_0 / entity->weight;
}

/* For each CPU, with the one that asks. */
static uint64_t fair_each_cpu(const struct fair_crowds *crowds, uint32_t others)
{
	if (!others)
		return 1;
	uint32_t cpus = __atomic_load_n(&crowds->cpus, __ATOMIC_RELAXED);
	uint32_t each = 1 + others / (cpus ? cpus : 1);
	return each < FAIR_CROWDING_MAX ? each : FAIR_CROWDING_MAX;
}

/* How many of an entity's crowd there are, times how many crowds of their owner. */
static uint64_t fair_crowding(const struct fair_queue *queue, const struct fair_entity *entity)
{
	const struct fair_crowds *crowds = queue->crowds;
	if (!entity->counted)
		return 1;
	uint32_t crowd = __atomic_load_n(&crowds->waiting[entity->counted], __ATOMIC_RELAXED);
	uint32_t count = crowd & FAIR_COUNT_MASK;
	uint64_t crowding = fair_each_cpu(crowds, count);
	if (entity->counted < FAIR_OWNED_FIRST)
		return crowding;
	uint8_t owner = __atomic_load_n(&entity->owner, __ATOMIC_RELAXED);
	uint32_t owned = __atomic_load_n(&crowds->owned[owner], __ATOMIC_RELAXED);
	bool own_waits = count && owned;
	crowding *= fair_each_cpu(crowds, owned - own_waits);
	return crowding < FAIR_CROWDING_MAX ? crowding : FAIR_CROWDING_MAX;
}

/* Who makes a crowd wait says whose it is; the count and the owner change as one. */
static void fair_owned_grow(struct fair_crowds *crowds, const struct fair_entity *entity)
{
	uint32_t *crowd = &crowds->waiting[entity->counted];
	uint32_t old = __atomic_load_n(crowd, __ATOMIC_RELAXED), first = 0;
	uint32_t owner = __atomic_load_n(&entity->owner, __ATOMIC_RELAXED);
	do
		first = old & FAIR_COUNT_MASK ? old : owner << FAIR_OWNER_SHIFT;
	while (!__atomic_compare_exchange_n(crowd, &old, first + 1, true, __ATOMIC_RELAXED,
	                                    __ATOMIC_RELAXED));
	if (!(old & FAIR_COUNT_MASK))
		__atomic_fetch_add(&crowds->owned[owner], 1, __ATOMIC_RELAXED);
}

static void fair_crowd_grow(struct fair_crowds *crowds, const struct fair_entity *entity)
{
	if (entity->counted < FAIR_OWNED_FIRST)
		__atomic_fetch_add(&crowds->waiting[entity->counted], 1, __ATOMIC_RELAXED);
	else
		fair_owned_grow(crowds, entity);
}

static void fair_crowd_shrink(struct fair_crowds *crowds, const struct fair_entity *entity)
{
	uint32_t old = __atomic_fetch_sub(&crowds->waiting[entity->counted], 1, __ATOMIC_RELAXED);
	if (entity->counted >= FAIR_OWNED_FIRST && (old & FAIR_COUNT_MASK) == 1)
		__atomic_fetch_sub(&crowds->owned[old >> FAIR_OWNER_SHIFT], 1, __ATOMIC_RELAXED);
}

uint64_t fair_scaled_crowd(const struct fair_queue *queue, const struct fair_entity *entity,
                           uint64_t ns)
{
	return fair_scaled(entity, ns * fair_crowding(queue, entity));
}

uint64_t fair_balance_lag(const struct fair_queue *queue, const struct fair_entity *current)
{
	return FAIR_BALANCE_LAG_NS * fair_crowding(queue, current);
}

void fair_entity_init(struct fair_entity *entity, uint32_t weight)
{
	*entity = (struct fair_entity){.weight = weight};
	list_init(&entity->age);
}

void fair_entity_join(struct fair_entity *entity, uint64_t crowd, uint64_t owner)
{
	uint64_t index = owner ? FAIR_OWNED_FIRST + crowd % (FAIR_CROWDS - FAIR_OWNED_FIRST)
	                       : 1 + crowd % (FAIR_OWNED_FIRST - 1);
	__atomic_store_n(&entity->owner, (uint8_t)(owner % FAIR_OWNERS), __ATOMIC_RELAXED);
	__atomic_store_n(&entity->crowd, (uint16_t)(crowd ? index : 0), __ATOMIC_RELAXED);
}

void fair_queue_init(struct fair_queue *queue, struct fair_crowds *crowds)
{
	*queue = (struct fair_queue){.crowds = crowds, .slice_end = UINT64_MAX};
	ordered_tree_init(&queue->ready);
	list_init(&queue->by_age);
}

void fair_update_min(struct fair_queue *queue)
{
	const struct fair_entity *first = fair_of_node(queue->ready.first);
	uint64_t smallest = queue->current ? queue->current->vruntime : UINT64_MAX;
	if (first && first->vruntime < smallest)
		smallest = first->vruntime;
	if (smallest != UINT64_MAX)
		queue->min_vruntime = fair_max(queue->min_vruntime, smallest);
}

static void fair_charge(struct fair_entity *entity, uint64_t ns)
{
	uint64_t counted = ns * FAIR_WEIGHT_NICE_0 + entity->remainder;
	entity->vruntime += counted / entity->weight;
	entity->remainder = counted % entity->weight;
}

void fair_account(struct fair_queue *queue, uint64_t now)
{
	struct fair_entity *current = queue->current;
	if (!current || now <= queue->accounted_at)
		return;
	uint64_t ns = now - queue->accounted_at;
	queue->accounted_at = current->charged_until = now;
	current->run_ns += ns;
	current->system_ns += ns & current->system_mask;
	queue->run_ns += ns;
	queue->system_ns += ns & current->system_mask;
	fair_charge(current, ns * fair_crowding(queue, current));
	fair_update_min(queue);
}

uint64_t fair_highest(const struct fair_queue *queue, const struct fair_entity *entity)
{
	return queue->min_vruntime + fair_scaled_crowd(queue, entity, FAIR_WINDOW_NS);
}

uint64_t fair_moved(const struct fair_queue *queue, const struct fair_entity *entity)
{
	uint64_t lag = FAIR_BALANCE_LAG_NS + FAIR_BALANCE_TICKS * FAIR_TICK_NS;
	uint64_t low = fair_less(queue->min_vruntime, lag * fair_crowding(queue, entity));
	if (entity->vruntime < low)
		return low;
	return fair_min(entity->vruntime, fair_highest(queue, entity));
}

/* Where the one that is most behind stands: below min_vruntime when it came from another CPU. */
static uint64_t fair_base(const struct fair_queue *queue)
{
	const struct fair_entity *first = fair_of_node(queue->ready.first);
	uint64_t base = queue->min_vruntime;
	if (queue->current)
		base = fair_min(base, queue->current->vruntime);
	return first ? fair_min(base, first->vruntime) : base;
}

/* How far behind a new one begins: what the time of each grows by in a turn, or a slice of it. */
static uint64_t fair_new_lag(const struct fair_queue *queue, const struct fair_entity *entity)
{
	uint64_t entities = queue->ready.count + (queue->current != NULL) + 1;
	uint64_t turn = entities * FAIR_GRANULARITY_NS * FAIR_WEIGHT_NICE_0 /
	                (queue->weight + entity->weight);
	uint64_t slice = fair_scaled(entity, FAIR_GRANULARITY_NS);
	return fair_min(turn, slice) * fair_crowding(queue, entity);
}

static uint64_t fair_arrive(const struct fair_queue *queue, const struct fair_entity *entity,
                            enum fair_arrival how)
{
	const struct fair_entity *first = fair_of_node(queue->ready.first);
	uint64_t base = fair_base(queue);
	uint64_t credit = fair_scaled(entity, FAIR_SLEEPER_CREDIT_NS);
	switch (how) {
	case FAIR_NEW:
		return base + fair_new_lag(queue, entity);
	case FAIR_WOKEN:
		/* as far ahead of those that came from other CPUs as of those that belong here */
		return fair_max(fair_less(entity->vruntime + base, queue->min_vruntime),
		                fair_less(base, credit));
	case FAIR_WOKEN_MOVED:
		/* what it was ahead of there is no reason to wait here */
		return fair_max(fair_min(entity->vruntime, base), fair_less(base, credit));
	case FAIR_YIELDED:
		return first ? fair_max(entity->vruntime, first->vruntime) : entity->vruntime;
	case FAIR_MOVED:
		return fair_moved(queue, entity);
	case FAIR_PREEMPTED:
		break;
	}
	return entity->vruntime;
}

/* One that waited elsewhere goes on waiting, as if for as long as the oldest one here. */
static void fair_put_moved(struct fair_queue *queue, struct fair_entity *entity)
{
	const struct fair_entity *oldest = fair_oldest(queue);
	if (oldest)
		entity->ready_since = fair_min(entity->ready_since, oldest->ready_since);
	list_push_front(&queue->by_age, &entity->age);
}

void fair_put(struct fair_queue *queue, struct fair_entity *entity, enum fair_arrival how,
              uint64_t now)
{
	entity->counted = __atomic_load_n(&entity->crowd, __ATOMIC_RELAXED);
	entity->vruntime = fair_arrive(queue, entity, how);
	fair_crowd_grow(queue->crowds, entity);
	ordered_tree_insert(&queue->ready, &entity->node, entity->vruntime);
	queue->weight += entity->weight;
	if (__builtin_expect(how == FAIR_MOVED, 0)) {
		fair_put_moved(queue, entity);
		return;
	}
	entity->ready_since = now;
	list_push_back(&queue->by_age, &entity->age);
}

void fair_take(struct fair_queue *queue, struct fair_entity *entity)
{
	ordered_tree_remove(&queue->ready, &entity->node);
	list_remove(&entity->age);
	fair_crowd_shrink(queue->crowds, entity);
	queue->weight -= entity->weight;
}

/* Among those about as far behind as the first the one that has waited longest: without this, a
 * microsecond of difference would let an equal one run twice. */
static struct fair_entity *fair_next(struct fair_queue *queue, uint64_t now)
{
	struct fair_entity *first = fair_of_node(queue->ready.first);
	queue->forced = false;
	if (!first)
		return NULL;
	struct fair_entity *oldest = fair_first_by_age(queue);
	if (oldest->vruntime <= first->vruntime + fair_scaled(oldest, FAIR_TIE_NS))
		return oldest;
	if (__builtin_expect(now < fair_due(oldest, queue->ready.count), 1))
		return first;
	queue->forced = queue->pressed = true;
	return oldest;
}

static void fair_run(struct fair_queue *queue, struct fair_entity *entity, uint64_t now)
{
	queue->current = entity;
	queue->weight += entity->weight;
	/* now may be from before another CPU let go of it */
	queue->accounted_at = fair_max(now, entity->charged_until);
}

struct fair_entity *fair_pick(struct fair_queue *queue, uint64_t now)
{
	struct fair_entity *next = fair_next(queue, now);
	queue->slice_end = UINT64_MAX;
	if (!next)
		return NULL;
	uint64_t entities = queue->ready.count;
	fair_take(queue, next);
	fair_run(queue, next, now);
	queue->picked_at = now;
	if (__builtin_expect(queue->pressed || fair_is_light(queue, entities), 0))
		fair_start_short(queue, now);
	fair_update_min(queue);
	return next;
}

void fair_leave(struct fair_queue *queue, uint64_t now)
{
	if (!queue->current)
		return;
	fair_account(queue, now);
	queue->weight -= queue->current->weight;
	queue->current = NULL;
}

void fair_give_back(struct fair_queue *queue, const struct fair_entity *entity, uint64_t now)
{
	if (__builtin_expect(queue->current == entity, 0))
		fair_leave(queue, now);
}

void fair_hand_over(struct fair_queue *queue, struct fair_entity *entity, uint64_t now)
{
	bool was_idle = !queue->current;
	fair_leave(queue, now);
	entity->vruntime = fair_arrive(queue, entity, FAIR_WOKEN);
	fair_run(queue, entity, now);
	if (was_idle)
		queue->picked_at = now;
	fair_update_min(queue);
}

void fair_catch_up(struct fair_queue *queue, uint64_t reference)
{
	if (!queue->current && !queue->ready.first)
		queue->min_vruntime = fair_max(queue->min_vruntime, reference);
}

void fair_set_weight(struct fair_queue *queue, struct fair_entity *entity, uint32_t weight,
                     uint64_t now)
{
	fair_account(queue, now);
	if (entity == queue->current || !list_empty(&entity->age))
		queue->weight += (uint64_t)weight - entity->weight;
	entity->weight = weight;
	entity->remainder = 0;
}
