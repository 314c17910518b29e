/* The kernel's log for dmesg: syslog(2). Its lines are those of the log, not Linux's. */
#include "compat/linux/abi.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

/* Linux kernel/printk/printk.c, include/linux/syslog.h */
enum linux_syslog_action {
	LINUX_SYSLOG_CLOSE = 0,
	LINUX_SYSLOG_OPEN = 1,
	LINUX_SYSLOG_READ_ALL = 3,
	LINUX_SYSLOG_CONSOLE_OFF = 6,
	LINUX_SYSLOG_CONSOLE_ON = 7,
	LINUX_SYSLOG_SIZE = 10,
};

/* The newest whole lines that fit. */
static int64_t linux_syslog_read(uintptr_t buffer, int32_t length)
{
	if (!buffer || length < 0)
		return ERR_INVALID_ARGS;
	size_t capacity =
	        (size_t)length < CONFIG_LOG_RING_BYTES ? (size_t)length : CONFIG_LOG_RING_BYTES;
	if (!capacity)
		return 0;
	char *bytes = heap_alloc(capacity);
	if (!bytes)
		return ERR_NO_MEMORY;
	size_t len = log_snapshot(kernel_log(), bytes, capacity);
	enum status status = len ? user_copy_out((struct user_out){buffer, len}, bytes) : OK;
	heap_free(bytes, capacity);
	return status == OK ? (int64_t)len : status;
}

int64_t linux_syslog(int32_t action, uintptr_t buffer, int32_t length)
{
	switch (action) {
	case LINUX_SYSLOG_CLOSE:
	case LINUX_SYSLOG_OPEN:
		return OK;
	case LINUX_SYSLOG_READ_ALL:
		return linux_syslog_read(buffer, length);
	case LINUX_SYSLOG_CONSOLE_OFF:
	case LINUX_SYSLOG_CONSOLE_ON:
		log_set_quiet(kernel_log(), action == LINUX_SYSLOG_CONSOLE_OFF);
		return OK;
	case LINUX_SYSLOG_SIZE:
		return CONFIG_LOG_RING_BYTES;
	default:
		/* taking lines out of the log, or out of one reader's sight, is not there */
		return ERR_NOT_IMPLEMENTED;
	}
}
