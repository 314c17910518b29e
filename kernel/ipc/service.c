/*
 * Which endpoint stands for which service. Who may register what, and who may look what up, was
 * decided when the process was started; a registration gives its process the service's capability.
 */
#include "core/api.h"
#include "ipc/call.h"

struct service {
	struct ipc_process *owner; /* NULL: not registered */
	struct endpoint *endpoint; /* owned reference */
	struct endpoint *held; /* owned reference: of the dead predecessor, with its queue */
	uint64_t held_until_ns;
	bool was_registered; /* atomic; stays */
};

struct service_registry {
	struct spinlock lock;
	/* guarded by lock */
	bool timer_set; /* until it fires */
	struct timer timer;
	struct service services[IPC_SERVICE_ID_MAX + 1];
};

static struct service_registry service_registry = {.lock = SPINLOCK_INIT(LOCK_SERVICES)};
static const struct ipc_ops *ipc_ops;

void ipc_install(const struct ipc_ops *ops)
{
	ipc_ops = ops;
}

/* Bits of abi/services.h per id; ids without a row have none. */
static const uint32_t service_capabilities[IPC_SERVICE_ID_MAX + 1] = IPC_SERVICE_CAPABILITIES;

struct spinlock *services_lock(void)
{
	return &service_registry.lock;
}

const struct ipc_ops *ipc_operations(void)
{
	return ipc_ops;
}

static bool service_exists(uint64_t service_id)
{
	return service_id <= IPC_SERVICE_ID_MAX && service_capabilities[service_id];
}

static uint64_t service_capability(uint64_t service_id)
{
	return service_capabilities[service_id];
}

/* The lock is held. */
static void service_set_owner(struct service *service, struct ipc_process *owner,
                              struct endpoint *endpoint)
{
	if (service->endpoint) {
		struct endpoint *old = service->endpoint;
		spinlock_acquire(&old->lock);
		old->service_pid = 0;
		spinlock_release(&old->lock);
		object_unref(&old->object);
	}
	service->owner = owner;
	service->endpoint = endpoint;
	if (!endpoint)
		return;
	object_ref(&endpoint->object);
	spinlock_acquire(&endpoint->lock);
	endpoint->service_pid = owner->pid;
	spinlock_release(&endpoint->lock);
	/* to its own threads it is another endpoint now: see known_endpoint */
	handle_table_renew(&owner->handles);
}

static void service_revoke(uint64_t service_id)
{
	struct service *service = &service_registry.services[service_id];
	struct ipc_process *owner = service->owner;
	__atomic_fetch_and(&owner->capabilities, ~service_capability(service_id), __ATOMIC_RELAXED);
	service_set_owner(service, NULL, NULL);
	audit_append(AUDIT_REVOKE, owner->pid, service_id, OK);
}

static void service_grant(uint64_t service_id, struct ipc_process *owner, struct endpoint *endpoint)
{
	struct service *service = &service_registry.services[service_id];
	service_set_owner(service, owner, endpoint);
	__atomic_store_n(&service->was_registered, true, __ATOMIC_RELEASE);
	__atomic_fetch_or(&owner->capabilities, service_capability(service_id), __ATOMIC_RELAXED);
	audit_append(AUDIT_GRANT, owner->pid, service_id, OK);
	if (!service->held)
		return;
	endpoint_move_pending(service->held, endpoint);
	object_unref(&TAKE(service->held)->object);
}

static enum status service_refuse(const struct ipc_process *self, uint32_t event,
                                  uint64_t service_id)
{
	audit_append(event, self->pid, service_id, ERR_ACCESS_DENIED);
	return ERR_ACCESS_DENIED;
}

/* The lock is held. endpoint is NULL to revoke. */
static enum status service_change(struct ipc_process *self, uint64_t service_id,
                                  struct endpoint *endpoint)
{
	struct ipc_process *owner = service_registry.services[service_id].owner;
	if (owner && owner != self)
		return ERR_EXISTS;
	if (!endpoint && !owner)
		return ERR_NOT_FOUND;
	if (owner)
		service_revoke(service_id);
	if (endpoint)
		service_grant(service_id, self, endpoint);
	return OK;
}

enum status ipc_service_register(struct ipc_process *self, uint64_t service_id, uint64_t endpoint)
{
	if (!service_exists(service_id))
		return ERR_INVALID_ARGS;
	if (!(self->may_register >> service_id & 1))
		return service_refuse(self, AUDIT_REGISTER_REFUSED, service_id);
	struct object *object = NULL;
	if (endpoint)
		TRY(handle_table_get(&self->handles, endpoint, &endpoint_type, RIGHT_RECEIVE,
		                     &object));
	spinlock_acquire(&service_registry.lock);
	enum status status = service_change(
	        self, service_id, object ? container_of(object, struct endpoint, object) : NULL);
	spinlock_release(&service_registry.lock);
	if (status == OK && object)
		ipc_ops->service_registered(service_id, self->pid);
	object_unref(object);
	return status;
}

enum status ipc_service_look_up(struct ipc_process *self, uint64_t service_id,
                                uint64_t *out_endpoint)
{
	if (!service_exists(service_id))
		return ERR_INVALID_ARGS;
	if (!(self->may_look_up >> service_id & 1))
		return service_refuse(self, AUDIT_LOOK_UP_REFUSED, service_id);
	spinlock_acquire(&service_registry.lock);
	struct endpoint *endpoint = service_registry.services[service_id].endpoint;
	if (endpoint)
		object_ref(&endpoint->object);
	spinlock_release(&service_registry.lock);
	if (!endpoint)
		return ERR_NOT_FOUND;
	const struct handle_request request = {
	        .object = &endpoint->object,
	        .rights = RIGHT_CALL,
	        .first = HANDLE_FIRST_NATIVE,
	};
	int32_t handle = 0;
	enum status status = handle_table_add(&self->handles, &request, &handle);
	object_unref(&endpoint->object);
	*out_endpoint = (uint64_t)handle;
	return status;
}

struct endpoint *service_endpoint(uint64_t service_id)
{
	if (!service_exists(service_id))
		return NULL;
	spinlock_acquire(&service_registry.lock);
	struct service *service = &service_registry.services[service_id];
	struct endpoint *endpoint = service->endpoint ? service->endpoint : service->held;
	if (endpoint)
		object_ref(&endpoint->object);
	spinlock_release(&service_registry.lock);
	return endpoint;
}

bool ipc_service_was_registered(uint64_t service_id)
{
	return service_exists(service_id) &&
	       __atomic_load_n(&service_registry.services[service_id].was_registered,
	                       __ATOMIC_ACQUIRE);
}

static void services_fire(struct timer *)
{
	spinlock_acquire(&service_registry.lock);
	service_registry.timer_set = false;
	spinlock_release(&service_registry.lock);
	ipc_services_expire(clock_ns());
}

/* For the next queue that may expire. The lock is held. */
static void services_set_timer(void)
{
	uint64_t first = UINT64_MAX;
	for (uint64_t id = 0; id <= IPC_SERVICE_ID_MAX; id++) {
		const struct service *service = &service_registry.services[id];
		if (service->held && service->held_until_ns < first)
			first = service->held_until_ns;
	}
	if (first == UINT64_MAX || service_registry.timer_set)
		return;
	service_registry.timer_set = true;
	service_registry.timer = (struct timer){.deadline_ns = first, .fire = services_fire};
	timer_set(&service_registry.timer);
}

/* Its queue waits for who registers next. The lock is held. */
static void service_hold(struct service *service)
{
	struct endpoint *endpoint = service->endpoint;
	if (service->held)
		return;
	spinlock_acquire(&endpoint->lock);
	endpoint->held = true;
	spinlock_release(&endpoint->lock);
	object_ref(&endpoint->object);
	service->held = endpoint;
	service->held_until_ns = clock_ns() + IPC_SERVICE_HOLD_NS;
	services_set_timer();
}

void services_process_exit(struct ipc_process *process)
{
	spinlock_acquire(&service_registry.lock);
	for (uint64_t id = 0; id <= IPC_SERVICE_ID_MAX; id++) {
		struct service *service = &service_registry.services[id];
		if (service->owner != process)
			continue;
		service_hold(service);
		service_revoke(id);
	}
	spinlock_release(&service_registry.lock);
}

void ipc_services_expire(uint64_t now_ns)
{
	spinlock_acquire(&service_registry.lock);
	for (uint64_t id = 0; id <= IPC_SERVICE_ID_MAX; id++) {
		struct service *service = &service_registry.services[id];
		if (!service->held || now_ns < service->held_until_ns)
			continue;
		endpoint_fail_pending(service->held, ERR_NOT_CONNECTED);
		object_unref(&TAKE(service->held)->object);
	}
	services_set_timer();
	spinlock_release(&service_registry.lock);
}
