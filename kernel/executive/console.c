/*
 * Where text goes: debugcon always when there is one, COM1 for the terminal and when the log is
 * mirrored there, both for a panic. COM1 gets CR LF, but of the terminal what it says.
 */
#include "executive/console.h"
#include "core/api.h"
#include "device/api.h"
#include "hal/api.h"
#include <string.h>

struct console {
	bool has_debugcon;
	bool has_serial;
};

static struct console kernel_console;

void console_init(void)
{
	kernel_console = (struct console){
	        .has_debugcon = debugcon_present(),
	        .has_serial = serial_init(),
	};
}

bool console_has_serial(void)
{
	return kernel_console.has_serial;
}

static void console_write_serial(struct str text)
{
	while (text.len) {
		const char *newline = memchr(text.ptr, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.ptr) : text.len;
		serial_write(text.ptr, len);
		if (newline) {
			serial_write("\r\n", 2);
			len++;
		}
		text = str_slice(text, len, text.len);
	}
}

void console_write(struct str text, unsigned sinks)
{
	if (kernel_console.has_debugcon && (sinks & CORE_SINK_DEBUG))
		debugcon_write(text.ptr, text.len);
	if (!kernel_console.has_serial)
		return;
	if (sinks & CORE_SINK_TERMINAL)
		serial_write(text.ptr, text.len);
	else if (CONFIG_LOG_SERIAL_MIRROR && (sinks & CORE_SINK_MIRROR))
		console_write_serial(text);
}

void console_write_emergency(struct str text)
{
	if (kernel_console.has_debugcon)
		debugcon_write(text.ptr, text.len);
	if (kernel_console.has_serial)
		console_write_serial(text);
	display_write_emergency(text);
}
