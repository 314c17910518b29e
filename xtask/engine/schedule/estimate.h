/* How long actions take, from the journal and from what this run has seen. */
#pragma once

#include "engine/run.h"

struct pace {
	const struct action_kind *kind;
	uint64_t sum_us;
	uint64_t count;
	struct pace *next;
};

struct paces {
	struct arena *arena;
	struct pace *first;
};

/* With what the steps' traces say. */
void paces_init(struct paces *p, struct run *r);
void paces_add(struct paces *p, const struct action_kind *kind, uint64_t duration_us);
/* The average of the kind, or a guess. */
uint64_t paces_estimate(struct paces *p, const struct action_kind *kind);

/* Fills dependents, unmet, estimate_us and priority_us of every step. */
void run_prepare_steps(struct run *r, struct paces *p);
