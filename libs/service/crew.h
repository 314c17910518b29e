/*
 * The threads of a service that answers several requests at a time.
 *
 * Whoever takes a request while all others are at work first starts one more, as far as the service
 * allows and there is memory: what waits for something slow leaves another to wait for requests. A
 * thread that was started stays. The last one that leaves ends the process.
 */
#pragma once

#include <service/api.h>

struct crew_member;

struct service_crew {
	uint64_t endpoint;
	enum status (*run)(struct crew_member *member); /* comes back with what went wrong */
	unsigned living, working; /* atomic: threads */
};

/* One thread. */
struct crew_member {
	struct service_crew *crew;
	struct service_definition definition; /* with a state of its own */
	uint8_t *memory; /* of its loop */
	bool works; /* on a request */
};

/* It waits for a request from now on. */
void crew_rest(struct crew_member *member);
/* It has one. */
void crew_work(struct crew_member *member);
/* It ends; true: it was the last. */
bool crew_leave(struct crew_member *member);
