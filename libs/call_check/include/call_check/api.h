/*
 * Tries the system calls of the registry (rt/call_table.h), as TAP: one check a call.
 */
#pragma once

#include <tap/api.h>

/* For a process without capabilities: every call that needs one is refused, whatever its arguments;
 * what is not live is not implemented. */
void call_check_refusals(struct tap *tap);

/* The same for calls that look themselves at what the caller is, for one that may be no service. */
void call_check_guarded(struct tap *tap);

/*
 * For one that has this capability (IPC_SERVICE_CAP_BIT_*; -1: for everyone): every live call that
 * needs it, with an address that is not its own to use in each position, each length beyond its
 * limit, numbers that do not fit, structures of ones, and structures cut by the end of memory. Each
 * must end in an error that the registry names. Then each field of each structure: addresses,
 * lengths, versions, what has to be 0.
 */
void call_check_hostile(struct tap *tap, int capability);
