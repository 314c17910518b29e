/*
 * Text formatting without a C library or memory allocation, for the kernel and
 * for programs on libs/rt. A subset of C11 7.21.6.1:
 *
 * %d %i %u %x %X %o %c %s %p %%, flags 0 - # + and blank, width, precision (also as
 * '*'), lengths hh h l ll z t j. A `struct str` is printed with "%.*s" and STR_ARG.
 */
#pragma once

#include <base/str.h>
#include <stdarg.h>

/*
 * Bytes collected in a caller's array. What does not fit is dropped and noted;
 * no NUL is written.
 */
struct format_buffer {
	char *ptr;
	size_t size;
	size_t len; /* at most size */
	bool cut; /* something was dropped */
};

void format_append_byte(struct format_buffer *buffer, char byte);
void format_append_str(struct format_buffer *buffer, struct str text);
[[gnu::format(printf, 2, 3)]] void format_append(struct format_buffer *buffer, const char *format,
                                                 ...);
[[gnu::format(printf, 2, 0)]] void format_append_list(struct format_buffer *buffer,
                                                      const char *format, va_list arguments);

static inline struct str format_buffer_text(const struct format_buffer *buffer)
{
	return (struct str){buffer->ptr, buffer->len};
}
