#include "engine/schedule/estimate.h"

enum {
	GUESS_CHILD_US = 50000,
	GUESS_IN_PROCESS_US = 5000, /* long enough for a forked copy */
};

static struct pace *pace_of(struct paces *p, const struct action_kind *kind)
{
	struct pace *pace = p->first;
	while (pace && pace->kind != kind)
		pace = pace->next;
	if (pace)
		return pace;
	pace = ARENA_NEW(p->arena, struct pace);
	*pace = (struct pace){.kind = kind, .next = p->first};
	p->first = pace;
	return pace;
}

void paces_add(struct paces *p, const struct action_kind *kind, uint64_t duration_us)
{
	struct pace *pace = pace_of(p, kind);
	pace->sum_us += duration_us;
	pace->count++;
}

void paces_init(struct paces *p, struct run *r)
{
	*p = (struct paces){.arena = &r->arena};
	for (size_t i = 0; i < r->request->graph->count; i++)
		if (r->steps[i].trace)
			paces_add(p, r->steps[i].action->kind, r->steps[i].trace->duration_us);
}

uint64_t paces_estimate(struct paces *p, const struct action_kind *kind)
{
	const struct pace *pace = pace_of(p, kind);
	if (pace->count)
		return pace->sum_us / pace->count;
	return kind->run ? GUESS_IN_PROCESS_US : GUESS_CHILD_US;
}

static void link_dependents(struct run *r)
{
	size_t count = r->request->graph->count, total = 0;
	for (size_t i = 0; i < count; i++) {
		struct step *s = &r->steps[i];
		s->unmet = s->need_count;
		total += s->need_count;
		for (uint32_t k = 0; k < s->need_count; k++)
			r->steps[s->needs[k]].dependent_count++;
	}
	uint32_t *all = ARENA_ARRAY(&r->arena, uint32_t, total);
	for (size_t i = 0; i < count; i++) {
		r->steps[i].dependents = all;
		all += r->steps[i].dependent_count;
		r->steps[i].dependent_count = 0;
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct step *s = &r->steps[i];
		for (uint32_t k = 0; k < s->need_count; k++) {
			struct step *need = &r->steps[s->needs[k]];
			need->dependents[need->dependent_count++] = i;
		}
	}
}

/* Any order that the graph allows; the same for the same seed. */
static uint64_t shuffled(uint64_t seed, uint64_t index)
{
	uint64_t mixed = (seed ^ index * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	mixed = (mixed ^ mixed >> 33) * 0xc4ceb9fe1a85ec53u;
	return mixed ^ mixed >> 33;
}

void run_prepare_steps(struct run *r, struct paces *p)
{
	link_dependents(r);
	for (size_t i = r->request->graph->count; i > 0; i--) {
		struct step *s = &r->steps[r->order[i - 1]];
		s->estimate_us =
		        s->trace ? s->trace->duration_us : paces_estimate(p, s->action->kind);
		uint64_t above_us = 0;
		for (uint32_t k = 0; k < s->dependent_count; k++) {
			uint64_t priority_us = r->steps[s->dependents[k]].priority_us;
			above_us = priority_us > above_us ? priority_us : above_us;
		}
		s->priority_us = s->estimate_us + above_us;
		if (r->request->shuffle)
			s->priority_us = shuffled(r->request->shuffle, r->order[i - 1]);
	}
}
