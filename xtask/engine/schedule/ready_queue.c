#include "engine/schedule/ready_queue.h"

/* Ties go to the action that was declared first, so that runs are alike. */
static bool comes_first(const struct ready_queue *q, uint32_t a, uint32_t b)
{
	uint64_t left = q->steps[a].priority_us, right = q->steps[b].priority_us;
	return left != right ? left > right : a < b;
}

static void swap(struct ready_queue *q, size_t a, size_t b)
{
	uint32_t step = q->heap[a];
	q->heap[a] = q->heap[b];
	q->heap[b] = step;
}

void ready_queue_push(struct ready_queue *q, uint32_t step)
{
	size_t at = q->count++;
	q->heap[at] = step;
	for (; at > 0 && comes_first(q, q->heap[at], q->heap[(at - 1) / 2]); at = (at - 1) / 2)
		swap(q, at, (at - 1) / 2);
}

uint32_t ready_queue_pop(struct ready_queue *q)
{
	uint32_t first = q->heap[0];
	q->heap[0] = q->heap[--q->count];
	for (size_t at = 0;;) {
		size_t best = at;
		for (size_t below = 2 * at + 1; below <= 2 * at + 2 && below < q->count; below++)
			if (comes_first(q, q->heap[below], q->heap[best]))
				best = below;
		if (best == at)
			return first;
		swap(q, at, best);
		at = best;
	}
}
