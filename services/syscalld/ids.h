/*
 * Changing the ids of a process by the rules of Linux (setuid(2), setreuid(2), setresuid(2),
 * setfsuid(2)); users and groups are alike.
 */
#pragma once

#include <abi/status.h>
#include <abi/syscalls.h>
#include <stdbool.h>

#define ID_NONE UINT32_MAX /* leaves one as it is */

struct ids {
	uint32_t real, effective, saved, file;
};

/* ERR_NOT_PERMITTED: nothing has changed; ERR_INVALID_ARGS: no such id. */
enum status ids_set(struct ids *ids, uint32_t id, bool is_privileged);
enum status ids_set_two(struct ids *ids, uint32_t real, uint32_t effective, bool is_privileged);
enum status ids_set_three(struct ids *ids, const uint32_t wanted[3], bool is_privileged);
/* The old one comes out, also when nothing changes: there is no error. */
uint32_t ids_set_file(struct ids *ids, uint32_t id, bool is_privileged);

struct ids ids_of_user(const struct credentials_slot *slot);
struct ids ids_of_group(const struct credentials_slot *slot);
void ids_put_user(struct credentials_slot *slot, const struct ids *ids);
void ids_put_group(struct credentials_slot *slot, const struct ids *ids);
