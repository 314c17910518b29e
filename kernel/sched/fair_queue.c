#include "sched/fair_queue.h"

enum {
	/* of the timer that the contract's weights are reckoned in */
	FAIR_PIT_HZ = 1193182,
	FAIR_MICROS_A_SECOND = 1000000,
	FAIR_WEIGHT_OF_DIVISOR = 8,
};

static uint32_t fair_clamp_weight(uint64_t weight)
{
	if (weight < FAIR_WEIGHT_MIN)
		return FAIR_WEIGHT_MIN;
	return weight > FAIR_WEIGHT_MAX ? FAIR_WEIGHT_MAX : (uint32_t)weight;
}

uint32_t fair_weight(uint64_t weight_micros)
{
	if (!weight_micros)
		weight_micros = FAIR_WEIGHT_MICROS_DEFAULT;
	if (weight_micros > FAIR_WEIGHT_MAX)
		return FAIR_WEIGHT_MAX;
	uint64_t divisor = FAIR_PIT_HZ * weight_micros / FAIR_MICROS_A_SECOND;
	return fair_clamp_weight(divisor * FAIR_WEIGHT_OF_DIVISOR);
}

uint32_t fair_nice_weight(uint32_t weight, int32_t nice)
{
	enum { FAIR_NICE_LOW = -20, FAIR_NICE_HIGH = 19, FAIR_STEP_UP = 5, FAIR_STEP_DOWN = 4 };
	enum { FAIR_NICE_FRACTION = 1 << 16 };
	uint64_t scaled = (uint64_t)weight * FAIR_NICE_FRACTION;
	for (int32_t i = 0; i < nice && i < FAIR_NICE_HIGH; i++)
		scaled = scaled * FAIR_STEP_DOWN / FAIR_STEP_UP;
	for (int32_t i = 0; i > nice && i > FAIR_NICE_LOW; i--)
		scaled = scaled * FAIR_STEP_UP / FAIR_STEP_DOWN;
	return fair_clamp_weight(scaled / FAIR_NICE_FRACTION);
}

uint64_t fair_scaled(const struct fair_entity *entity, uint64_t ns)
{
	return ns * FAIR_WEIGHT_NICE_0 / entity->weight;
}

/* How many of an entity's crowd there are for each CPU, itself counted. */
static uint64_t fair_crowding(const struct fair_queue *queue, const struct fair_entity *entity)
{
	if (!entity->counted)
		return 1;
	const uint32_t *count = &queue->crowds->waiting[entity->counted];
	uint32_t waiting = __atomic_load_n(count, __ATOMIC_RELAXED);
	if (!waiting)
		return 1;
	uint32_t cpus = __atomic_load_n(&queue->crowds->cpus, __ATOMIC_RELAXED);
	uint32_t crowding = 1 + waiting / (cpus ? cpus : 1);
	return crowding < FAIR_CROWDING_MAX ? crowding : FAIR_CROWDING_MAX;
}

uint64_t fair_scaled_crowd(const struct fair_queue *queue, const struct fair_entity *entity,
                           uint64_t ns)
{
	return fair_scaled(entity, ns * fair_crowding(queue, entity));
}

static struct fair_entity *fair_of_node(struct ordered_node *node)
{
	return node ? container_of(node, struct fair_entity, node) : NULL;
}

static uint64_t fair_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t fair_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* a - b, but not below 0 */
static uint64_t fair_less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void fair_entity_init(struct fair_entity *entity, uint32_t weight)
{
	*entity = (struct fair_entity){.weight = weight};
	list_init(&entity->age);
}

void fair_entity_join(struct fair_entity *entity, uint64_t crowd)
{
	uint16_t index = crowd ? (uint16_t)(1 + crowd % (FAIR_CROWDS - 1)) : 0;
	__atomic_store_n(&entity->crowd, index, __ATOMIC_RELAXED);
}

void fair_queue_init(struct fair_queue *queue, struct fair_crowds *crowds)
{
	*queue = (struct fair_queue){.crowds = crowds};
	ordered_tree_init(&queue->ready);
	list_init(&queue->by_age);
}

static void fair_update_min(struct fair_queue *queue)
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

uint64_t fair_moved(const struct fair_queue *queue, const struct fair_entity *entity)
{
	uint64_t window = fair_scaled_crowd(queue, entity, FAIR_WINDOW_NS);
	uint64_t low = fair_less(queue->min_vruntime, window);
	uint64_t high = queue->min_vruntime + window;
	if (entity->vruntime < low)
		return low;
	return entity->vruntime > high ? high : entity->vruntime;
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

static uint64_t fair_arrive(const struct fair_queue *queue, const struct fair_entity *entity,
                            enum fair_arrival how)
{
	const struct fair_entity *first = fair_of_node(queue->ready.first);
	uint64_t base = fair_base(queue);
	uint64_t credit = fair_scaled(entity, FAIR_SLEEPER_CREDIT_NS);
	switch (how) {
	case FAIR_NEW:
		return base + fair_scaled_crowd(queue, entity, FAIR_GRANULARITY_NS);
	case FAIR_WOKEN:
		return fair_max(entity->vruntime, fair_less(base, credit));
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

void fair_put(struct fair_queue *queue, struct fair_entity *entity, enum fair_arrival how,
              uint64_t now)
{
	entity->counted = __atomic_load_n(&entity->crowd, __ATOMIC_RELAXED);
	entity->vruntime = fair_arrive(queue, entity, how);
	__atomic_fetch_add(&queue->crowds->waiting[entity->counted], 1, __ATOMIC_RELAXED);
	entity->ready_since = now;
	ordered_tree_insert(&queue->ready, &entity->node, entity->vruntime);
	list_push_back(&queue->by_age, &entity->age);
	queue->weight += entity->weight;
}

void fair_take(struct fair_queue *queue, struct fair_entity *entity)
{
	ordered_tree_remove(&queue->ready, &entity->node);
	list_remove(&entity->age);
	__atomic_fetch_sub(&queue->crowds->waiting[entity->counted], 1, __ATOMIC_RELAXED);
	queue->weight -= entity->weight;
}

static struct fair_entity *fair_oldest(const struct fair_queue *queue)
{
	return list_empty(&queue->by_age)
	               ? NULL
	               : container_of(queue->by_age.next, struct fair_entity, age);
}

/* The one that has waited so long that weights no longer count; or NULL. */
static struct fair_entity *fair_starving(const struct fair_queue *queue, uint64_t now)
{
	struct fair_entity *oldest = fair_oldest(queue);
	uint64_t entities = queue->ready.count + (queue->current != NULL);
	bool is_due = oldest && now > oldest->ready_since &&
	              now - oldest->ready_since + FAIR_TICK_NS >= FAIR_STARVATION_NS * entities;
	return is_due ? oldest : NULL;
}

/* Among those about as far behind as the first the one that has waited longest: without this, a
 * microsecond of difference would let an equal one run twice. */
static struct fair_entity *fair_next(const struct fair_queue *queue)
{
	struct fair_entity *first = fair_of_node(queue->ready.first), *oldest = fair_oldest(queue);
	if (first && oldest->vruntime <= first->vruntime + fair_scaled(oldest, FAIR_TIE_NS))
		return oldest;
	return first;
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
	struct fair_entity *next = fair_starving(queue, now);
	queue->forced = next != NULL;
	if (!next)
		next = fair_next(queue);
	if (!next)
		return NULL;
	fair_take(queue, next);
	fair_run(queue, next, now);
	queue->picked_at = now;
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
	if (queue->forced || fair_starving(queue, now))
		return true;
	/* to the nearest tick, as no other moment can end a slice */
	bool slice_over = now - queue->picked_at + FAIR_TICK_NS / 2 >= FAIR_GRANULARITY_NS;
	return slice_over &&
	       first->vruntime < current->vruntime + fair_scaled(current, FAIR_TIE_NS);
}

bool fair_preempts(const struct fair_queue *queue, const struct fair_entity *woken)
{
	const struct fair_entity *current = queue->current;
	if (!current)
		return true;
	return woken->vruntime + fair_scaled(woken, FAIR_WAKE_GRANULARITY_NS) < current->vruntime;
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
