/* <driver/kernel.h>: log, locks, entropy. */
#include "device/module/module.h"
#include <driver/kernel.h>
#include <format/api.h>

enum { DRIVER_LINE_MAX = 256 };

void driver_log(uint32_t level, const char *text, size_t len)
{
	struct str line = {text, len};
	switch (level) {
	case DRIVER_LOG_DEBUG:
		LOG_DEBUG(LOG_DRIVER, "%.*s", STR_ARG(line));
		return;
	case DRIVER_LOG_INFO:
		LOG_INFO(LOG_DRIVER, "%.*s", STR_ARG(line));
		return;
	case DRIVER_LOG_WARN:
		LOG_WARN(LOG_DRIVER, "%.*s", STR_ARG(line));
		return;
	default:
		LOG_ERROR(LOG_DRIVER, "%.*s", STR_ARG(line));
	}
}

void driver_print(uint32_t level, const char *format, ...)
{
	char bytes[DRIVER_LINE_MAX];
	struct format_buffer line = {.ptr = bytes, .size = sizeof bytes};
	va_list arguments;
	va_start(arguments, format);
	format_append_list(&line, format, arguments);
	va_end(arguments);
	driver_log(level, line.ptr, line.len);
}

_Static_assert(sizeof(struct driver_lock) == sizeof(struct spinlock));

static struct spinlock *driver_spinlock(struct driver_lock *lock)
{
	struct spinlock *spinlock = (struct spinlock *)(void *)lock;
	spinlock_set_rank(spinlock, LOCK_DRIVER);
	return spinlock;
}

void driver_lock_acquire(struct driver_lock *lock)
{
	spinlock_acquire(driver_spinlock(lock));
}

void driver_lock_release(struct driver_lock *lock)
{
	spinlock_release(driver_spinlock(lock));
}

void driver_entropy_add(const void *bytes, size_t len)
{
	bool first = random_heard() == 0 && len;
	random_add(bytes, len);
	if (first)
		LOG_INFO(LOG_DRIVER, "random bytes of a device are mixed in from now on");
}

static void driver_entropy_release(struct module_resource *resource)
{
	random_set_source(NULL, NULL);
	heap_free(resource, sizeof *resource);
}

int32_t driver_entropy_register(void (*ask)(void *context), void *context)
{
	if (!module_in_init())
		return ERR_NOT_PERMITTED;
	struct module_resource *resource = HEAP_NEW(struct module_resource);
	if (!resource)
		return ERR_NO_MEMORY;
	random_set_source(ask, context);
	module_take_resource(resource, driver_entropy_release);
	return OK;
}
