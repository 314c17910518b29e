/* The kernel's log for dmesg: syslog(2). Its lines are those of the log, not Linux's. */
#include "compat/linux/abi.h"
#include "core/api.h"
#include "ps/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

/* Linux kernel/printk/printk.c, include/linux/syslog.h */
enum linux_syslog_action {
	LINUX_SYSLOG_CLOSE = 0,
	LINUX_SYSLOG_OPEN = 1,
	LINUX_SYSLOG_READ_ALL = 3,
	LINUX_SYSLOG_READ_CLEAR = 4,
	LINUX_SYSLOG_CLEAR = 5,
	LINUX_SYSLOG_CONSOLE_OFF = 6,
	LINUX_SYSLOG_CONSOLE_ON = 7,
	LINUX_SYSLOG_CONSOLE_LEVEL = 8,
	LINUX_SYSLOG_SIZE = 10,
};

/* The newest whole lines that fit. */
static int64_t linux_syslog_read(uintptr_t buffer, int32_t length, bool clear)
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
	size_t len = clear ? log_take(kernel_log(), bytes, capacity)
	                   : log_snapshot(kernel_log(), bytes, capacity);
	enum status status = len ? user_copy_out((struct user_out){buffer, len}, bytes) : OK;
	heap_free(bytes, capacity);
	return status == OK ? (int64_t)len : status;
}

/* Lines more urgent than a level of Linux's, 1 to 8, go to the console. */
static enum status linux_syslog_level(int32_t level)
{
	static const uint8_t levels[] = {
	        [1] = LOG_LEVEL_FATAL, [2] = LOG_LEVEL_FATAL, [3] = LOG_LEVEL_FATAL,
	        [4] = LOG_LEVEL_ERROR, [5] = LOG_LEVEL_WARN,  [6] = LOG_LEVEL_WARN,
	        [7] = LOG_LEVEL_INFO,  [8] = LOG_LEVEL_TRACE,
	};
	if (level < 1 || level >= (int32_t)COUNT(levels))
		return ERR_INVALID_ARGS;
	log_set_console_level(kernel_log(), levels[level]);
	return OK;
}

/* As with dmesg_restrict = 0: everybody may look. */
static bool linux_syslog_may(int32_t action)
{
	return action == LINUX_SYSLOG_READ_ALL || action == LINUX_SYSLOG_SIZE ||
	       process_is_privileged();
}

int64_t linux_syslog(int32_t action, uintptr_t buffer, int32_t length)
{
	if (!linux_syslog_may(action))
		return ERR_NOT_PERMITTED;
	switch (action) {
	case LINUX_SYSLOG_CLOSE:
	case LINUX_SYSLOG_OPEN:
		return OK;
	case LINUX_SYSLOG_READ_ALL:
	case LINUX_SYSLOG_READ_CLEAR:
		return linux_syslog_read(buffer, length, action == LINUX_SYSLOG_READ_CLEAR);
	case LINUX_SYSLOG_CLEAR:
		(void)log_take(kernel_log(), NULL, 0); /* nothing fits there */
		return OK;
	case LINUX_SYSLOG_CONSOLE_OFF:
	case LINUX_SYSLOG_CONSOLE_ON:
		log_set_quiet(kernel_log(), action == LINUX_SYSLOG_CONSOLE_OFF);
		return OK;
	case LINUX_SYSLOG_CONSOLE_LEVEL:
		return linux_syslog_level(length);
	case LINUX_SYSLOG_SIZE:
		return CONFIG_LOG_RING_BYTES;
	default:
		/* reading what was not read yet, and waiting for it, is not there */
		return ERR_NOT_IMPLEMENTED;
	}
}
