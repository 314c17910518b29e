/* Weights: of budgets as in spawn_exec, and of the nice. */
#include "sched/fair/fair_queue.h"

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
