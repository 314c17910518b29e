/* Attacks, each the body of a process that leads a group of its own; none returns. */
#pragma once

#include <stdint.h>

/* Copies itself up to a limit of its own, since there is none of the system; each copy goes on
 * trying. */
[[gnu::noreturn]] void attack_forks(void);
/* How many processes it makes; 200 unless told. */
void attack_forks_limit(unsigned copies);
/* Takes memory until there is none, and keeps it. */
[[gnu::noreturn]] void attack_memory(void);
/* Opens files, pipes and sockets in several processes until none can be had, and again. */
[[gnu::noreturn]] void attack_handles(void);
/* Several processes that ask the file service and fill sockets, as fast as they can. */
[[gnu::noreturn]] void attack_messages(void);
/* Fills pipes in ever more processes, each of which keeps what it has. */
[[gnu::noreturn]] void attack_pipes(void);
/* Threads that do nothing, in several processes, until none can be had. */
[[gnu::noreturn]] void attack_threads(void);
/* Descriptors that nobody receives, in several processes. */
[[gnu::noreturn]] void attack_flight(void);
/* A user's programs that only compute, each in a session of its own. */
[[gnu::noreturn]] void attack_sessions(void);
/* Calls with numbers and arguments from the seed; children that make them die and are replaced. */
[[gnu::noreturn]] void attack_calls(void);

/* Where attack_calls() begins; each child has a seed of its own. */
void attack_calls_seed(uint64_t seed);
/* Where they are counted: shared memory. */
void attack_calls_count(uint64_t *counter);
