/*
 * Threads that all do the same at one endpoint, once each. One endpoint has more places than one
 * process can fill, so two processes have a crowd each.
 */
#pragma once

#include <rt/api.h>

enum { TEST_CROWD_MAX = 40, TEST_CROWD_STACK_BYTES = 8192 };

struct test_crowd {
	uint64_t endpoint;
	bool receives; /* and answers; else it calls */
	uint32_t started;
	uint32_t refused; /* atomic; how many found no place */
	uint32_t served; /* atomic; how many went well */
	int32_t tids[TEST_CROWD_MAX];
	char stacks[TEST_CROWD_MAX][TEST_CROWD_STACK_BYTES] __attribute__((aligned(16)));
};

/* Keeps crowd until the end. False: fewer than size were started. */
bool test_crowd_start(struct test_crowd *crowd, uint64_t endpoint, bool receives, uint32_t size);
uint32_t test_crowd_refused(const struct test_crowd *crowd);
/* Waits for all of them; how many went well. */
uint32_t test_crowd_end(struct test_crowd *crowd);
