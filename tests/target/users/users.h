/* Users, limits and names. */
#pragma once

#include <linux_calls/api.h>
#include <tap/api.h>

#define HOME "/tmp/users"
#define SECRET HOME "/secret" /* of the superuser, for nobody else */
#define SHARED HOME "/shared"
#define SETTABLE HOME "/settable"

enum { USER = 1000, GROUP = 100 };

/*
 * A step of a child process: what a call answered, and what it should. The child ends with the
 * number of the first step that is wrong, 0: none.
 */
struct steps {
	int32_t count, wrong;
	int64_t got;
};

void step(struct steps *steps, int64_t got, int64_t expected);
/* Checks that no step of the child is wrong. */
void check_child(struct tap *tap, void (*run)(struct steps *steps), const char *name);
/* As USER and GROUP, for ever. */
void become_user(struct steps *steps);

void check_users(struct tap *tap);
void check_priorities(struct tap *tap);
void check_limits(struct tap *tap);
void check_names(struct tap *tap);
/* The broker of services that decide about them. */
void check_slots(struct tap *tap);
/* What syscalld maps for this program; and its broker, by who has become such a service. */
void check_memory(struct tap *tap);
void check_memory_broker(struct tap *tap);
/* The same on the map of memory_target, which asks at the endpoint; then this is no service more.
 */
void check_mappings(struct tap *tap, uint64_t endpoint);
