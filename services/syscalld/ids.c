#include "ids.h"

/* Any of the three that a process without privileges may change between. */
static bool ids_hold(const struct ids *ids, uint32_t id)
{
	return id == ids->real || id == ids->effective || id == ids->saved;
}

enum status ids_set(struct ids *ids, uint32_t id, bool is_privileged)
{
	if (id == ID_NONE)
		return ERR_INVALID_ARGS;
	if (is_privileged)
		*ids = (struct ids){id, id, id, id};
	else if (id == ids->real || id == ids->saved)
		ids->effective = ids->file = id;
	else
		return ERR_NOT_PERMITTED;
	return OK;
}

enum status ids_set_two(struct ids *ids, uint32_t real, uint32_t effective, bool is_privileged)
{
	struct ids old = *ids;
	bool may_real = real == ID_NONE || real == old.real || real == old.effective;
	bool may_effective = effective == ID_NONE || ids_hold(&old, effective);
	if (!is_privileged && (!may_real || !may_effective))
		return ERR_NOT_PERMITTED;
	if (real != ID_NONE)
		ids->real = real;
	if (effective != ID_NONE)
		ids->effective = effective;
	if (real != ID_NONE || (effective != ID_NONE && effective != old.real))
		ids->saved = ids->effective;
	ids->file = ids->effective;
	return OK;
}

enum status ids_set_three(struct ids *ids, const uint32_t wanted[3], bool is_privileged)
{
	uint32_t *const fields[3] = {&ids->real, &ids->effective, &ids->saved};
	for (int i = 0; i < 3; i++)
		if (!is_privileged && wanted[i] != ID_NONE && !ids_hold(ids, wanted[i]))
			return ERR_NOT_PERMITTED;
	for (int i = 0; i < 3; i++)
		if (wanted[i] != ID_NONE)
			*fields[i] = wanted[i];
	ids->file = ids->effective;
	return OK;
}

uint32_t ids_set_file(struct ids *ids, uint32_t id, bool is_privileged)
{
	uint32_t old = ids->file;
	if (id != ID_NONE && (is_privileged || ids_hold(ids, id) || id == old))
		ids->file = id;
	return old;
}

struct ids ids_of_user(const struct credentials_slot *slot)
{
	return (struct ids){slot->uid, slot->euid, slot->suid, slot->fsuid};
}

struct ids ids_of_group(const struct credentials_slot *slot)
{
	return (struct ids){slot->gid, slot->egid, slot->sgid, slot->fsgid};
}

void ids_put_user(struct credentials_slot *slot, const struct ids *ids)
{
	slot->uid = ids->real;
	slot->euid = ids->effective;
	slot->suid = ids->saved;
	slot->fsuid = ids->file;
}

void ids_put_group(struct credentials_slot *slot, const struct ids *ids)
{
	slot->gid = ids->real;
	slot->egid = ids->effective;
	slot->sgid = ids->saved;
	slot->fsgid = ids->file;
}
