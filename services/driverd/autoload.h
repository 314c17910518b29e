/*
 * Which driver modules are loaded, in which order. No system calls: the machine is behind
 * operations, so that it is tested on the host.
 *
 * Order: those without soft dependencies first, then those that are no mere fallback, then by
 * priority, then by name. A driver waits for the drivers it depends on; it is skipped when one of
 * them was, when its provider group has its driver, or when none of its devices is there.
 */
#pragma once

#include <abi/driver.h>
#include <registry/api.h>

enum { AUTOLOAD_DRIVERS_MAX = 64 };

struct driver {
	struct loadable_driver row;
	uint32_t state; /* DRIVER_STATE_* */
	uint64_t module; /* of a loaded one */
	bool soft_missing_said;
};

struct autoload_ops {
	bool (*alias_is_present)(void *context, struct str alias);
	bool (*group_is_active)(void *context, struct str group);
	/* By a driverd before this one. */
	bool (*is_loaded)(void *context, const struct driver *driver, uint64_t *out_module);
	enum status (*load)(void *context, const struct driver *driver, uint64_t *out_module);
	/* What is decided about each driver: "loaded", "runs already", "skipped", "deferred";
	 * reason may be NULL. */
	void (*say)(void *context, const struct driver *driver, const char *what,
	            const char *reason);
	void *context;
};

struct autoload {
	struct driver drivers[AUTOLOAD_DRIVERS_MAX];
	size_t count;
	size_t dropped; /* beyond the table */
	size_t malformed; /* lines */
	size_t loaded;
	size_t skipped;
	size_t deferred;
};

/* Reads the registry and sorts. */
void autoload_read(struct autoload *self, struct str registry);
/* Takes over what is loaded already, and loads what can be loaded, in passes, until nothing changes any more. */
void autoload_run(struct autoload *self, const struct autoload_ops *ops);
/* Tries one that is not loaded, by the same rules. False: it is not loaded now either. */
bool autoload_try(struct autoload *self, struct driver *driver, const struct autoload_ops *ops);
