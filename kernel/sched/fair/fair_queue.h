/*
 * Who runs next on one CPU: the entity that has run least for its weight.
 *
 * Time that an entity runs is counted as vruntime, in nanoseconds at the weight of
 * FAIR_WEIGHT_NICE_0; the smallest runs. Weights change the speed of vruntime and nothing else. So
 * does belonging to a crowd: the more of it wait for a CPU, the faster runs the vruntime of each,
 * so that all together get on each CPU what one of them alone would. Crowds of one owner that wait
 * do the same to each other, so that nobody gets more by having many. No hardware, no locks: the
 * caller tells the time and serialises; only the counts of crowds are shared between queues, and
 * atomic. Inside kernel/sched.
 */
#pragma once

#include "sched/ordered_tree.h"
#include <base/list.h>

enum {
	FAIR_WEIGHT_NICE_0 = 1024,
	FAIR_WEIGHT_MIN = 32,
	FAIR_WEIGHT_MAX = 1000000,
	FAIR_WEIGHT_MICROS_DEFAULT = 100,

	FAIR_TICK_NS = 1000000,
	/* How long one runs while others wait, and in which time for each of them everybody runs:
	 * who gets less than this in such a turn runs so much shorter. */
	FAIR_GRANULARITY_NS = 3000000,
	/* But not shorter than this. */
	FAIR_SLICE_MIN_NS = 100000,
	/* Who has waited for so long, times the number of entities, runs at once whatever its
	 * weight, for the shortest slice at least. If all are so late, what is left of a turn is
	 * enough for all of them, and for the switches. */
	FAIR_PATIENCE_NS = FAIR_GRANULARITY_NS - FAIR_SLICE_MIN_NS * 5 / 4,
	/* How far the running one must be ahead before one that wakes takes its place. */
	FAIR_WAKE_GRANULARITY_NS = 200000,
	/* Those that are no further apart take turns in order of waiting. */
	FAIR_TIE_NS = 200000,
	/* What sleeping can earn, of the sleeper's own time. */
	FAIR_SLEEPER_CREDIT_NS = 3000000,
	/* How much of a call the callee can run on its caller's account, to the nearest tick. */
	FAIR_DONATION_NS = 2000000,
	/* Every so many ticks a CPU looks for a thread that is so far behind its own, and takes it:
	 * it goes first there until it has caught up. */
	FAIR_BALANCE_TICKS = 4,
	FAIR_BALANCE_LAG_NS = 4000000,
	/* How much of its own time one may be ahead before that is forgotten. */
	FAIR_WINDOW_NS = 60000000,
	/* Crowd 0 is none. What is called by larger numbers may share a crowd with others. */
	FAIR_CROWDS = 4096,
	FAIR_OWNED_FIRST = 2048, /* from here on those that have an owner */
	FAIR_OWNERS = 256, /* the same of these */
	FAIR_OWNER_SHIFT = 24,
	FAIR_COUNT_MASK = (1 << FAIR_OWNER_SHIFT) - 1,
	/* More than so many on a CPU weigh on others. */
	FAIR_CROWDING_MAX = 256,
};

/* Of all queues. */
struct fair_crowds {
	/* atomic; queued, wherever, and above FAIR_OWNER_SHIFT whose they are; [0] means nothing */
	uint32_t waiting[FAIR_CROWDS];
	uint32_t owned[FAIR_OWNERS]; /* atomic; crowds that wait */
	uint32_t cpus; /* atomic; that work them off */
};

struct fair_entity {
	struct ordered_node node; /* in ready; key: vruntime */
	struct list age; /* in by_age */
	uint64_t vruntime;
	uint64_t remainder; /* of the last division by weight */
	uint32_t weight;
	uint16_t crowd; /* atomic; 0: none */
	uint8_t owner; /* atomic; of a crowd that has one */
	uint16_t counted; /* the crowd that it is queued in, or was last */
	uint64_t ready_since; /* ns; while queued; no later than it began to wait */
	uint64_t charged_until; /* ns; a CPU that was kept waiting does not charge it again */
	uint64_t run_ns; /* ever */
	uint64_t system_ns; /* of these */
	uint64_t system_mask; /* all ones: what it runs counts among them; else 0 */
};

struct fair_queue {
	struct ordered_tree ready; /* struct fair_entity, without the current one */
	struct list by_age; /* the same, longest waiting first: by ready_since */
	struct fair_crowds *crowds; /* of all CPUs; lives longer */
	struct fair_entity *current; /* who is charged; NULL: idle, or nobody so far */
	uint64_t min_vruntime; /* never falls */
	uint64_t weight; /* of all, with the current one */
	uint64_t picked_at; /* ns; start of the running slice */
	uint64_t slice_end; /* ns; UINT64_MAX: a tick ends it */
	uint64_t accounted_at; /* ns; until then the current one is charged */
	uint64_t run_ns; /* charged here, ever; atomic for readers */
	uint64_t system_ns; /* of these; the same */
	bool forced; /* the current one was picked because it had waited too long */
	bool pressed; /* others will have, before long */
};

/* Weight of a budget as in spawn_exec; 0 is the default budget. */
uint32_t fair_weight(uint64_t weight_micros);
/* ns of an entity's own time as vruntime, were it alone. */
uint64_t fair_scaled(const struct fair_entity *entity, uint64_t ns);
/* How far behind the current one, as vruntime, one elsewhere must be for this CPU to take it. */
uint64_t fair_balance_lag(const struct fair_queue *queue, const struct fair_entity *current);

/* The share of one that is nice: 1.25 times less for each step from -20 to 19. */
uint32_t fair_nice_weight(uint32_t weight, int32_t nice);

void fair_entity_init(struct fair_entity *entity, uint32_t weight);
void fair_queue_init(struct fair_queue *queue, struct fair_crowds *crowds);
/* From when it is queued next; crowd, owner: any numbers that all of it have. 0: none. */
void fair_entity_join(struct fair_entity *entity, uint64_t crowd, uint64_t owner);

/* How an entity comes to be ready. */
enum fair_arrival {
	FAIR_NEW, /* never ran: starts one slice behind */
	FAIR_WOKEN, /* slept: with at most the sleeper's credit */
	FAIR_WOKEN_MOVED, /* the same, and ran on another CPU before: not ahead of those here */
	FAIR_PREEMPTED, /* keeps its place */
	FAIR_YIELDED, /* behind the next one */
	FAIR_MOVED, /* comes from another CPU */
};

/* Puts an entity that is in no queue and not current. */
void fair_put(struct fair_queue *queue, struct fair_entity *entity, enum fair_arrival how,
              uint64_t now);
/* Removes one that is queued. */
void fair_take(struct fair_queue *queue, struct fair_entity *entity);
/* Takes the next one and makes it current; NULL, and idle, when there is none. */
struct fair_entity *fair_pick(struct fair_queue *queue, uint64_t now);
/* Charges the current one and makes nobody current. */
void fair_leave(struct fair_queue *queue, uint64_t now);
/* Instead of leave and pick: entity, in no queue, goes on in the running slice. */
void fair_hand_over(struct fair_queue *queue, struct fair_entity *entity, uint64_t now);

/* Of one that is queued, current or neither. */
void fair_set_weight(struct fair_queue *queue, struct fair_entity *entity, uint32_t weight,
                     uint64_t now);

/* Charges the current one up to now. */
void fair_account(struct fair_queue *queue, uint64_t now);
/* The same at a tick; true when another should run. reference: how far the other CPUs are. */
bool fair_tick(struct fair_queue *queue, uint64_t now, uint64_t reference);
/* The same at slice_end. */
bool fair_end_slice(struct fair_queue *queue, uint64_t now);
/* Has somebody waited so long that the next one should run at once? */
bool fair_is_late(const struct fair_queue *queue, uint64_t now);
/* Should a queued entity that has just woken take the CPU at once? */
bool fair_preempts(const struct fair_queue *queue, const struct fair_entity *woken);
/* Where an entity that comes from another CPU stands here. */
uint64_t fair_moved(const struct fair_queue *queue, const struct fair_entity *entity);
/* An idle CPU has not fallen behind the others. */
void fair_catch_up(struct fair_queue *queue, uint64_t reference);

/* entity becomes ready: if it is charged for what somebody else runs, it is no longer. */
void fair_give_back(struct fair_queue *queue, const struct fair_entity *entity, uint64_t now);
