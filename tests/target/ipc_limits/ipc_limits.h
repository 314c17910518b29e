/* What ends a call, and quotas: each function checks one area. */
#pragma once

#include <tap/api.h>

/* A deadline long past: the clock starts at boot. */
#define IPC_LIMITS_PAST_NS ((uint64_t)1)

/* Needs the limit of calls in flight as a process begins with it. */
void check_calls_in_flight(struct tap *tap);
void check_limit_of_memory(struct tap *tap);
void check_what_is_held(struct tap *tap);

/* The wait status of a copy of this program that ends after the check; its steps may end it before.
 */
int32_t status_of(void (*check)(void));
