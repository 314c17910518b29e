#include <format/api.h>
#include <string.h>

enum { FORMAT_DIGITS_MAX = 24 };

enum format_length {
	FORMAT_INT,
	FORMAT_CHAR,
	FORMAT_SHORT,
	FORMAT_LONG, /* also ll, z, t and j: all 64 bits here */
};

struct format_spec {
	bool left, plus, blank, zero, alternate;
	size_t width;
	bool has_precision;
	size_t precision;
	enum format_length length;
};

/* One variadic list by reference, so that helpers can take from it. */
struct format_arguments {
	va_list list;
};

void format_append_byte(struct format_buffer *buffer, char byte)
{
	if (buffer->len == buffer->size) {
		buffer->cut = true;
		return;
	}
	buffer->ptr[buffer->len++] = byte;
}

void format_append_str(struct format_buffer *buffer, struct str text)
{
	size_t room = buffer->size - buffer->len;
	size_t len = text.len < room ? text.len : room;
	if (len)
		memcpy(buffer->ptr + buffer->len, text.ptr, len);
	buffer->len += len;
	if (len < text.len)
		buffer->cut = true;
}

static void format_fill(struct format_buffer *buffer, char byte, size_t count)
{
	while (count-- && !buffer->cut)
		format_append_byte(buffer, byte);
}

static void format_text(struct format_buffer *buffer, const struct format_spec *spec,
                        struct str text)
{
	size_t padding = spec->width > text.len ? spec->width - text.len : 0;
	if (!spec->left)
		format_fill(buffer, ' ', padding);
	format_append_str(buffer, text);
	if (spec->left)
		format_fill(buffer, ' ', padding);
}

/* The prefix ("-", "0x"), then zeros up to width or precision, then the digits. */
static void format_number(struct format_buffer *buffer, const struct format_spec *spec,
                          struct str prefix, struct str digits)
{
	size_t zeros = 0;
	if (spec->has_precision)
		zeros = spec->precision > digits.len ? spec->precision - digits.len : 0;
	else if (spec->zero && !spec->left && spec->width > prefix.len + digits.len)
		zeros = spec->width - prefix.len - digits.len;

	size_t len = prefix.len + zeros + digits.len;
	size_t padding = spec->width > len ? spec->width - len : 0;
	if (!spec->left)
		format_fill(buffer, ' ', padding);
	format_append_str(buffer, prefix);
	format_fill(buffer, '0', zeros);
	format_append_str(buffer, digits);
	if (spec->left)
		format_fill(buffer, ' ', padding);
}

static void format_unsigned(struct format_buffer *buffer, const struct format_spec *spec,
                            struct str prefix, uint64_t value, char conversion)
{
	char digits[FORMAT_DIGITS_MAX];
	size_t at = sizeof digits;
	const char *alphabet = conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned base = conversion == 'o' ? 8 : conversion == 'x' || conversion == 'X' ? 16 : 10;

	for (uint64_t rest = value; rest; rest /= base)
		digits[--at] = alphabet[rest % base];
	if (value == 0 && !(spec->has_precision && spec->precision == 0))
		digits[--at] = '0';
	if (spec->alternate && value && base == 16)
		prefix = conversion == 'X' ? STR("0X") : STR("0x");
	format_number(buffer, spec, prefix, (struct str){digits + at, sizeof digits - at});
}

static void format_signed(struct format_buffer *buffer, const struct format_spec *spec,
                          int64_t value)
{
	struct str prefix = spec->plus ? STR("+") : spec->blank ? STR(" ") : STR("");
	uint64_t magnitude = (uint64_t)value;
	if (value < 0) {
		prefix = STR("-");
		magnitude = -magnitude;
	}
	format_unsigned(buffer, spec, prefix, magnitude, 'd');
}

static int64_t format_take_signed(struct format_arguments *arguments, enum format_length length)
{
	switch (length) {
	case FORMAT_CHAR:
		return (signed char)va_arg(arguments->list, int);
	case FORMAT_SHORT:
		return (short)va_arg(arguments->list, int);
	case FORMAT_INT:
		return va_arg(arguments->list, int);
	case FORMAT_LONG:
		break;
	}
	return va_arg(arguments->list, long);
}

static uint64_t format_take_unsigned(struct format_arguments *arguments, enum format_length length)
{
	switch (length) {
	case FORMAT_CHAR:
		return (unsigned char)va_arg(arguments->list, unsigned);
	case FORMAT_SHORT:
		return (unsigned short)va_arg(arguments->list, unsigned);
	case FORMAT_INT:
		return va_arg(arguments->list, unsigned);
	case FORMAT_LONG:
		break;
	}
	return va_arg(arguments->list, unsigned long);
}

static struct str format_take_text(struct format_arguments *arguments,
                                   const struct format_spec *spec)
{
	const char *text = va_arg(arguments->list, const char *);
	if (!spec->has_precision)
		return text ? str_from_c(text) : STR("(null)");
	if (!text)
		return spec->precision ? STR("(null)") : STR("");
	const char *end = spec->precision ? memchr(text, 0, spec->precision) : NULL;
	return (struct str){text, end ? (size_t)(end - text) : spec->precision};
}

static const char *format_read_flags(const char *format, struct format_spec *spec)
{
	for (;; format++) {
		switch (*format) {
		case '-':
			spec->left = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->blank = true;
			break;
		case '0':
			spec->zero = true;
			break;
		case '#':
			spec->alternate = true;
			break;
		default:
			return format;
		}
	}
}

/* A number or '*'; a negative '*' is returned in *out_negative with its magnitude. */
static const char *format_read_number(const char *format, struct format_arguments *arguments,
                                      size_t *out_number, bool *out_negative)
{
	*out_number = 0;
	*out_negative = false;
	if (*format == '*') {
		int number = va_arg(arguments->list, int);
		*out_negative = number < 0;
		*out_number = number < 0 ? -(size_t)number : (size_t)number;
		return format + 1;
	}
	for (; *format >= '0' && *format <= '9'; format++)
		*out_number = *out_number * 10 + (size_t)(*format - '0');
	return format;
}

static const char *format_read_length(const char *format, struct format_spec *spec)
{
	for (;; format++) {
		switch (*format) {
		case 'h':
			spec->length = spec->length == FORMAT_SHORT ? FORMAT_CHAR : FORMAT_SHORT;
			break;
		case 'l':
		case 'z':
		case 't':
		case 'j':
			spec->length = FORMAT_LONG;
			break;
		default:
			return format;
		}
	}
}

static const char *format_read_spec(const char *format, struct format_arguments *arguments,
                                    struct format_spec *spec)
{
	bool negative;
	format = format_read_flags(format, spec);
	format = format_read_number(format, arguments, &spec->width, &negative);
	spec->left |= negative;
	if (*format == '.') {
		format = format_read_number(format + 1, arguments, &spec->precision, &negative);
		spec->has_precision = !negative;
	}
	return format_read_length(format, spec);
}

static void format_convert(struct format_buffer *buffer, const struct format_spec *spec,
                           char conversion, struct format_arguments *arguments)
{
	switch (conversion) {
	case 'd':
	case 'i':
		format_signed(buffer, spec, format_take_signed(arguments, spec->length));
		return;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		format_unsigned(buffer, spec, STR(""),
		                format_take_unsigned(arguments, spec->length), conversion);
		return;
	case 'p': {
		struct format_spec pointer = *spec;
		uintptr_t value = (uintptr_t)va_arg(arguments->list, void *);
		format_unsigned(buffer, &pointer, STR("0x"), value, 'x');
		return;
	}
	case 'c': {
		char byte = (char)va_arg(arguments->list, int);
		format_text(buffer, spec, (struct str){&byte, 1});
		return;
	}
	case 's':
		format_text(buffer, spec, format_take_text(arguments, spec));
		return;
	default:
		/* "%%", and what is no conversion, as it is */
		format_append_byte(buffer, conversion);
	}
}

void format_append_list(struct format_buffer *buffer, const char *format, va_list arguments)
{
	struct format_arguments taken;
	va_copy(taken.list, arguments);
	while (*format) {
		if (*format != '%') {
			format_append_byte(buffer, *format++);
			continue;
		}
		struct format_spec spec = {};
		format = format_read_spec(format + 1, &taken, &spec);
		if (!*format)
			break;
		format_convert(buffer, &spec, *format++, &taken);
	}
	va_end(taken.list);
}

void format_append(struct format_buffer *buffer, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	format_append_list(buffer, format, arguments);
	va_end(arguments);
}
