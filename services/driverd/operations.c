#include "driverd.h"
#include <string.h>

static struct driver *driver_at(struct driver_service *self, const struct driver_request *in)
{
	return in->index < self->autoload.count ? &self->autoload.drivers[in->index] : NULL;
}

enum status driver_op_status(struct driver_service *self, const struct driver_request *,
                             struct driver_reply *out, struct service_call *)
{
	out->loaded = (uint32_t)self->autoload.loaded;
	out->skipped = (uint32_t)self->autoload.skipped;
	out->deferred = (uint32_t)self->autoload.deferred;
	return OK;
}

enum status driver_op_get(struct driver_service *self, const struct driver_request *in,
                          struct driver_reply *out, struct service_call *call)
{
	const struct driver *driver = driver_at(self, in);
	if (!driver)
		return ERR_NOT_FOUND;
	uint8_t *name = service_reply_room(call, driver->row.name.len);
	if (!name)
		return ERR_MESSAGE_TOO_BIG;
	memcpy(name, driver->row.name.ptr, driver->row.name.len);
	out->state = driver->state;
	return OK;
}

enum status driver_op_unload(struct driver_service *self, const struct driver_request *in,
                             struct driver_reply *, struct service_call *)
{
	struct driver *driver = driver_at(self, in);
	if (!driver || driver->state != DRIVER_STATE_LOADED)
		return ERR_NOT_FOUND;
	TRY(rustos_driver_unload_module_broker(driver->module));
	driver->state = DRIVER_STATE_UNLOADED;
	self->autoload.loaded--;
	service_log("driverd", LOG_LEVEL_INFO, "unloaded name=%.*s", STR_ARG(driver->row.name));
	return OK;
}

enum status driver_op_load(struct driver_service *self, const struct driver_request *in,
                           struct driver_reply *out, struct service_call *)
{
	struct driver *driver = driver_at(self, in);
	if (!driver)
		return ERR_NOT_FOUND;
	if (driver->state == DRIVER_STATE_LOADED)
		return ERR_EXISTS;
	bool loaded = autoload_try(&self->autoload, driver, &driverd_machine);
	out->state = driver->state;
	return loaded ? OK : ERR_NO_DEVICE;
}
