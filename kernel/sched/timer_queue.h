/*
 * Timers of one CPU in order of their deadlines. No hardware, no locks.
 * Inside kernel/sched.
 */
#pragma once

#include "sched/ordered_tree.h"

struct timer;

struct timer_queue {
	struct ordered_tree pending;
	struct timer *firing; /* taken by timer_queue_take, and its function not over yet */
};

void timer_queue_init(struct timer_queue *queue);
void timer_queue_add(struct timer_queue *queue, struct timer *timer);
/* The first timer whose deadline is not after now, removed; NULL when there is none. */
struct timer *timer_queue_take(struct timer_queue *queue, uint64_t now);
/* False when it is not pending any more. */
bool timer_queue_remove(struct timer_queue *queue, struct timer *timer);
/* UINT64_MAX when there is none. */
uint64_t timer_queue_next(const struct timer_queue *queue);
