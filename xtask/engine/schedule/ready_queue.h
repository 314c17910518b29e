/* Steps that can start, the one that begins the longest chain of work first. */
#pragma once

#include "engine/run.h"

struct ready_queue {
	const struct step *steps;
	uint32_t *heap; /* room for every step */
	size_t count;
};

void ready_queue_push(struct ready_queue *q, uint32_t step);
/* The first; the queue must not be empty. */
uint32_t ready_queue_pop(struct ready_queue *q);
