#include <format/api.h>
#include <rt/api.h>

void print(const char *format, ...)
{
	char bytes[PRINT_MAX];
	struct format_buffer text = {.ptr = bytes, .size = sizeof bytes};
	va_list arguments;
	va_start(arguments, format);
	format_append_list(&text, format, arguments);
	va_end(arguments);
	/* a console that takes no text can't be told about */
	(void)!rustos_debug_print(text.ptr, text.len);
}
