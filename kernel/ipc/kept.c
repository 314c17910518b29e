/* Objects that a service leaves with the kernel, for who is that service after it. */
#include "core/api.h"
#include "ipc/call.h"

struct kept_object {
	struct object *object; /* owned reference; NULL: none */
	uint32_t rights;
};

struct kept_objects {
	struct spinlock lock;
	/* guarded by lock */
	struct kept_object kept[IPC_SERVICE_ID_MAX + 1][SERVICE_KEEP_MAX];
};

static struct kept_objects kept_objects = {.lock = SPINLOCK_INIT(LOCK_SERVICES)};

/* Whose the caller's are: the service that it may register. NULL: it is none. */
static struct kept_object *kept_place(const struct ipc_process *self, uint64_t key)
{
	uint64_t services = self->may_register;
	return services ? &kept_objects.kept[__builtin_ctzll(services)][key] : NULL;
}

static struct kept_object kept_replace(struct kept_object *place, struct kept_object by)
{
	spinlock_acquire(&kept_objects.lock);
	struct kept_object old = *place;
	*place = by;
	spinlock_release(&kept_objects.lock);
	return old;
}

enum status ipc_service_keep(struct ipc_process *self, uint64_t key, uint64_t handle)
{
	if (key >= SERVICE_KEEP_MAX)
		return ERR_INVALID_ARGS;
	struct kept_object *place = kept_place(self, key), given = {};
	struct handle_facts facts;
	if (!place)
		return ERR_ACCESS_DENIED;
	if (handle) {
		TRY(handle_table_look(&self->handles, handle, &facts));
		TRY(handle_table_get(&self->handles, handle, NULL, 0, &given.object));
		given.rights = facts.rights;
	}
	object_unref(kept_replace(place, given).object);
	return OK;
}

enum status ipc_service_kept(struct ipc_process *self, uint64_t key, uint64_t *out_handle)
{
	if (key >= SERVICE_KEEP_MAX)
		return ERR_INVALID_ARGS;
	struct kept_object *place = kept_place(self, key);
	if (!place)
		return ERR_ACCESS_DENIED;
	spinlock_acquire(&kept_objects.lock);
	struct kept_object kept = *place;
	if (kept.object)
		object_ref(kept.object);
	spinlock_release(&kept_objects.lock);
	if (!kept.object)
		return ERR_NOT_FOUND;
	const struct handle_request request = {
	        .object = kept.object,
	        .rights = kept.rights,
	        .first = HANDLE_FIRST_NATIVE,
	};
	int32_t handle = 0;
	enum status status = handle_table_add(&self->handles, &request, &handle);
	object_unref(kept.object);
	*out_handle = (uint64_t)handle;
	return status;
}

void ipc_drop_kept(void)
{
	struct kept_object *place = &kept_objects.kept[0][0];
	for (size_t i = 0; i < sizeof kept_objects.kept / sizeof *place; i++)
		object_unref(kept_replace(place + i, (struct kept_object){}).object);
}
