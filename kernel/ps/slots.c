#include "core/api.h"
#include "ps/process.h"
#include <string.h>

struct system_names_table {
	struct spinlock lock;
	struct names_slot names; /* guarded by lock */
};

static struct system_names_table system_names_table = {
        .lock = SPINLOCK_INIT(LOCK_PROCESS),
        .names = {.version = SLOT_VERSION, .host = "rustos", .domain = "(none)"},
};

void system_names(struct names_slot *out)
{
	spinlock_acquire(&system_names_table.lock);
	*out = system_names_table.names;
	spinlock_release(&system_names_table.lock);
}

const struct credentials_slot *process_credentials(void)
{
	return &task_current()->process->credentials;
}

bool process_is_privileged(void)
{
	const struct process *self = process_current();
	return !self || self->credentials.euid == 0;
}

uint64_t process_limit_of(enum limit limit)
{
	const struct process *self = process_current();
	return self ? __atomic_load_n(&self->limits.limits[limit].current, __ATOMIC_RELAXED)
	            : LIMIT_NONE;
}

void slots_begin(struct process *process)
{
	enum { SLOT_UMASK = 022 };
	process->credentials =
	        (struct credentials_slot){.version = SLOT_VERSION, .umask = SLOT_UMASK};
	process->limits = (struct limits_slot){.version = SLOT_VERSION};
	for (size_t i = 0; i < LIMITS_COUNT; i++)
		process->limits.limits[i] = (struct limit_pair){LIMIT_NONE, LIMIT_NONE};
	process->limits.limits[LIMIT_STACK].current = PROGRAM_LAZY_STACK_BYTES;
	process->limits.limits[LIMIT_CORE].current = 0;
	/* who is not privileged gets no nearer to the CPU than others */
	process->limits.limits[LIMIT_NICE] = process->limits.limits[LIMIT_REAL_TIME] =
	        (struct limit_pair){};
	process->limits.limits[LIMIT_DESCRIPTORS] =
	        (struct limit_pair){IPC_PROCESS_HANDLES_MAX, IPC_PROCESS_HANDLES_MAX};
}

void slots_apply_limits(struct process *process)
{
	uint64_t descriptors = process->limits.limits[LIMIT_DESCRIPTORS].current;
	uint64_t handles = process->ipc.limits.handles;
	handle_table_set_limit(&process->ipc.handles,
	                       (uint32_t)(descriptors < handles ? descriptors : handles));
}

void slots_inherit(struct process *child, struct process *self)
{
	spinlock_acquire(&self->lock);
	child->credentials = self->credentials;
	child->limits = self->limits;
	spinlock_release(&self->lock);
}

size_t slot_size(uint32_t kind)
{
	switch (kind) {
	case SLOT_CREDENTIALS:
		return sizeof(struct credentials_slot);
	case SLOT_LIMITS:
		return sizeof(struct limits_slot);
	case SLOT_NAMES:
		return sizeof(struct names_slot);
	default:
		return 0;
	}
}

static void *slot_of(struct process *process, uint32_t kind)
{
	return kind == SLOT_CREDENTIALS ? (void *)&process->credentials : (void *)&process->limits;
}

enum status slot_read(uint64_t pid, uint32_t kind, void *state)
{
	if (kind == SLOT_NAMES) {
		system_names(state);
		return OK;
	}
	spinlock_acquire(process_table_lock());
	struct process *process = process_find(pid);
	if (process) {
		spinlock_acquire(&process->lock);
		memcpy(state, slot_of(process, kind), slot_size(kind));
		spinlock_release(&process->lock);
	}
	spinlock_release(process_table_lock());
	return process ? OK : ERR_NO_PROCESS;
}

static bool slot_limits_are_sound(const struct limits_slot *slot)
{
	for (size_t i = 0; i < LIMITS_COUNT; i++)
		if (slot->limits[i].current > slot->limits[i].maximum)
			return false;
	return slot->limits[LIMIT_DESCRIPTORS].maximum <= IPC_PROCESS_HANDLES_MAX;
}

static bool slot_is_sound(uint32_t kind, const void *state)
{
	enum { SLOT_UMASK_BITS = 0777 };
	const struct credentials_slot *credentials = state;
	const struct names_slot *names = state;
	if (credentials->version != SLOT_VERSION) /* where each has it */
		return false;
	if (kind == SLOT_CREDENTIALS)
		return credentials->group_count <= CREDENTIALS_GROUPS_MAX &&
		       credentials->umask <= SLOT_UMASK_BITS && !credentials->reserved0;
	if (kind == SLOT_NAMES)
		return memchr(names->host, 0, sizeof names->host) &&
		       memchr(names->domain, 0, sizeof names->domain) && !names->reserved0;
	return slot_limits_are_sound(state) && !((const struct limits_slot *)state)->reserved0;
}

enum status slot_write(uint64_t pid, uint32_t kind, const void *state)
{
	if (!slot_is_sound(kind, state))
		return ERR_INVALID_ARGS;
	if (kind == SLOT_NAMES) {
		spinlock_acquire(&system_names_table.lock);
		system_names_table.names = *(const struct names_slot *)state;
		spinlock_release(&system_names_table.lock);
		return OK;
	}
	spinlock_acquire(process_table_lock());
	struct process *process = process_find(pid);
	if (process) {
		uint32_t umask = process->credentials.umask;
		spinlock_acquire(&process->lock);
		memcpy(slot_of(process, kind), state, slot_size(kind));
		/* the process may have changed it since it was read */
		process->credentials.umask = umask;
		spinlock_release(&process->lock);
		if (kind == SLOT_LIMITS)
			slots_apply_limits(process);
		if (kind == SLOT_CREDENTIALS)
			family_tell_group(process);
	}
	spinlock_release(process_table_lock());
	return process ? OK : ERR_NO_PROCESS;
}

uint32_t process_umask(void)
{
	return __atomic_load_n(&process_current()->credentials.umask, __ATOMIC_RELAXED);
}

uint32_t process_set_umask(uint32_t umask)
{
	return __atomic_exchange_n(&process_current()->credentials.umask, umask, __ATOMIC_RELAXED);
}
