/* Objects that a service leaves with the kernel, for who is that service after it. */
#include "core/api.h"
#include "ipc/call.h"

struct kept_object {
	struct object *object; /* owned reference; NULL: none */
	uint32_t rights;
};

/* Of one service; made with the first one that it leaves. */
struct kept_row {
	struct kept_object kept[SERVICE_KEPT_MAX];
};

struct kept_objects {
	struct spinlock lock;
	/* guarded by lock */
	struct kept_row *rows[IPC_SERVICE_ID_MAX + 1]; /* owned; what they hold, too */
};

static struct kept_objects kept_objects = {.lock = SPINLOCK_INIT(LOCK_SERVICES)};

/* Whose the caller's are: the service that it may register. NULL: it is none. */
static struct kept_row **kept_row_place(const struct ipc_process *self)
{
	uint64_t services = self->may_register;
	return services ? &kept_objects.rows[__builtin_ctzll(services)] : NULL;
}

static enum status kept_refuse(const struct ipc_process *self)
{
	audit_append(AUDIT_REGISTER_REFUSED, self->pid, 0, ERR_ACCESS_DENIED);
	return ERR_ACCESS_DENIED;
}

static enum status kept_row_make(struct kept_row **place)
{
	spinlock_acquire(&kept_objects.lock);
	bool exists = *place;
	spinlock_release(&kept_objects.lock);
	if (exists)
		return OK;
	struct kept_row *row = HEAP_NEW(struct kept_row);
	if (!row)
		return ERR_NO_MEMORY;
	spinlock_acquire(&kept_objects.lock);
	if (!*place) {
		*place = row;
		row = NULL;
	}
	spinlock_release(&kept_objects.lock);
	if (row) /* another thread was first */
		heap_free(row, sizeof *row);
	return OK;
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
	if (key >= SERVICE_KEPT_MAX)
		return ERR_INVALID_ARGS;
	struct kept_row **row = kept_row_place(self);
	struct kept_object given = {};
	if (!row)
		return kept_refuse(self);
	TRY(kept_row_make(row));
	/* to keep a handle and take it back is to duplicate it */
	if (handle)
		TRY(handle_table_get_all(&self->handles, handle, RIGHT_DUPLICATE, &given.object,
		                         &given.rights));
	object_unref(kept_replace(&(*row)->kept[key], given).object);
	return OK;
}

enum status ipc_service_kept(struct ipc_process *self, uint64_t key, uint64_t *out_handle)
{
	if (key >= SERVICE_KEPT_MAX)
		return ERR_INVALID_ARGS;
	struct kept_row **row = kept_row_place(self);
	struct kept_object kept = {};
	if (!row)
		return kept_refuse(self);
	spinlock_acquire(&kept_objects.lock);
	if (*row)
		kept = (*row)->kept[key];
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
	for (size_t i = 0; i < sizeof kept_objects.rows / sizeof kept_objects.rows[0]; i++) {
		struct kept_row *row = kept_objects.rows[i];
		for (size_t key = 0; row && key < SERVICE_KEPT_MAX; key++)
			object_unref(kept_replace(&row->kept[key], (struct kept_object){}).object);
		kept_objects.rows[i] = NULL;
		if (row)
			heap_free(row, sizeof *row);
	}
}
