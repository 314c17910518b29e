/* The kernel's one log and its ring. */
#include "core/log.h"

static char kernel_log_ring[CONFIG_LOG_RING_BYTES];
static struct log kernel_log_state;

struct log *kernel_log(void)
{
	return &kernel_log_state;
}

void log_start(void)
{
	log_init(&kernel_log_state, kernel_log_ring, sizeof kernel_log_ring);
}

void log_write(const struct log_site *site, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	log_write_list(&kernel_log_state, site, format, arguments);
	va_end(arguments);
}
