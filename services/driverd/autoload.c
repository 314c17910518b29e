#include "autoload.h"
#include <string.h>

static int compare_text(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Below 0: a comes first. */
static int driver_compare(const struct loadable_driver *a, const struct loadable_driver *b)
{
	int soft = (a->softdeps.len > 0) - (b->softdeps.len > 0);
	int fallback = a->fallback_only - b->fallback_only;
	int priority = (a->priority > b->priority) - (a->priority < b->priority);
	if (soft)
		return soft;
	if (fallback)
		return fallback;
	return priority ? priority : compare_text(a->name, b->name);
}

static void autoload_insert(struct autoload *self, const struct loadable_driver *row)
{
	if (self->count == AUTOLOAD_DRIVERS_MAX) {
		self->dropped++;
		return;
	}
	size_t at = self->count++;
	for (; at && driver_compare(row, &self->drivers[at - 1].row) < 0; at--)
		self->drivers[at] = self->drivers[at - 1];
	self->drivers[at] = (struct driver){.row = *row};
}

void autoload_read(struct autoload *self, struct str registry)
{
	struct registry_reader reader = registry_begin(registry);
	struct loadable_driver row;
	enum status status;
	while ((status = loadable_driver_next(&reader, &row)) != ERR_NOT_FOUND) {
		if (status == OK)
			autoload_insert(self, &row);
		else
			self->malformed++;
	}
}

static const struct driver *autoload_find(const struct autoload *self, struct str name)
{
	for (size_t i = 0; i < self->count; i++)
		if (str_equal(self->drivers[i].row.name, name))
			return &self->drivers[i];
	return NULL;
}

enum dependency_answer { DEPENDENCIES_LOADED, DEPENDENCY_WAITS, DEPENDENCY_SKIPPED };

/* A name that no row has counts as skipped: it will never be there. */
static enum dependency_answer autoload_ask_dependencies(const struct autoload *self,
                                                        const struct driver *driver)
{
	enum dependency_answer answer = DEPENDENCIES_LOADED;
	struct str rest = driver->row.deps, name;
	while (registry_list_next(&rest, &name)) {
		const struct driver *other = autoload_find(self, name);
		if (!other || other->state == DRIVER_STATE_SKIPPED)
			return DEPENDENCY_SKIPPED;
		if (other->state != DRIVER_STATE_LOADED)
			answer = DEPENDENCY_WAITS;
	}
	return answer;
}

/* Soft dependencies change the order and are missed, no more. */
static void autoload_miss_soft(const struct autoload *self, struct driver *driver,
                               const struct autoload_ops *ops)
{
	struct str rest = driver->row.softdeps, name;
	while (!driver->soft_missing_said && registry_list_next(&rest, &name)) {
		const struct driver *other = autoload_find(self, name);
		if (other && other->state == DRIVER_STATE_LOADED)
			continue;
		driver->soft_missing_said = true;
		ops->say(ops->context, driver, "goes on", "a soft dependency is not loaded");
	}
}

static bool driver_has_device(const struct driver *driver, const struct autoload_ops *ops)
{
	struct str rest = driver->row.aliases, alias;
	bool any = false;
	while (registry_list_next(&rest, &alias)) {
		if (ops->alias_is_present(ops->context, alias))
			return true;
		any = true;
	}
	return !any;
}

static void driver_skip(struct autoload *self, struct driver *driver,
                        const struct autoload_ops *ops, const char *reason)
{
	driver->state = DRIVER_STATE_SKIPPED;
	self->skipped++;
	ops->say(ops->context, driver, "skipped", reason);
}

static void driver_take(struct autoload *self, struct driver *driver,
                        const struct autoload_ops *ops, const char *how)
{
	driver->state = DRIVER_STATE_LOADED;
	self->loaded++;
	ops->say(ops->context, driver, how, NULL);
}

static void driver_load(struct autoload *self, struct driver *driver,
                        const struct autoload_ops *ops)
{
	enum status status = ops->load(ops->context, driver, &driver->module);
	if (status == OK)
		driver_take(self, driver, ops, "loaded");
	else
		driver_skip(self, driver, ops, status_name(status));
}

/* True when its state changed. */
static bool autoload_decide(struct autoload *self, struct driver *driver,
                            const struct autoload_ops *ops)
{
	struct str group = driver->row.provider_group;
	if (driver->state != DRIVER_STATE_WAITING)
		return false;
	enum dependency_answer dependencies = autoload_ask_dependencies(self, driver);
	if (dependencies == DEPENDENCY_WAITS)
		return false;
	autoload_miss_soft(self, driver, ops);
	if (dependencies == DEPENDENCY_SKIPPED)
		driver_skip(self, driver, ops, "a dependency is not loaded");
	else if (group.len && ops->group_is_active(ops->context, group))
		driver_skip(self, driver, ops, "its provider group has a driver");
	else if (!driver_has_device(driver, ops))
		driver_skip(self, driver, ops, "no such device");
	else
		driver_load(self, driver, ops);
	return true;
}

void autoload_run(struct autoload *self, const struct autoload_ops *ops)
{
	bool changed = true;
	for (size_t i = 0; i < self->count; i++)
		if (ops->is_loaded(ops->context, &self->drivers[i], &self->drivers[i].module))
			driver_take(self, &self->drivers[i], ops, "runs already");
	while (changed) {
		changed = false;
		for (size_t i = 0; i < self->count; i++)
			changed |= autoload_decide(self, &self->drivers[i], ops);
	}
	for (size_t i = 0; i < self->count; i++) {
		struct driver *driver = &self->drivers[i];
		if (driver->state != DRIVER_STATE_WAITING)
			continue;
		driver->state = DRIVER_STATE_DEFERRED;
		self->deferred++;
		ops->say(ops->context, driver, "deferred", "dependency unavailable");
	}
}

bool autoload_try(struct autoload *self, struct driver *driver, const struct autoload_ops *ops)
{
	self->skipped -= driver->state == DRIVER_STATE_SKIPPED;
	self->deferred -= driver->state == DRIVER_STATE_DEFERRED;
	driver->state = DRIVER_STATE_WAITING;
	if (!autoload_decide(self, driver, ops)) {
		driver->state = DRIVER_STATE_DEFERRED;
		self->deferred++;
	}
	return driver->state == DRIVER_STATE_LOADED;
}
