#include "diag/diag.h"

void diag_init(struct diag *d, struct arena *a)
{
	*d = (struct diag){.arena = a};
}

void diag_add(struct diag *d, enum severity severity, struct span span, struct str hint,
              struct str message)
{
	struct diag_record *record = ARENA_NEW(d->arena, struct diag_record);
	*record = (struct diag_record){
	        .severity = severity,
	        .span = span,
	        .message = message,
	        .hint = hint.len ? arena_str(d->arena, hint) : (struct str){},
	};
	if (d->last)
		d->last->next = record;
	else
		d->first = record;
	d->last = record;
	if (severity == SEVERITY_ERROR)
		d->errors++;
	else
		d->warnings++;
}

void diag_join(struct diag *d, const struct diag *from)
{
	if (!from->first)
		return;
	if (d->last)
		d->last->next = from->first;
	else
		d->first = from->first;
	d->last = from->last;
	d->errors += from->errors;
	d->warnings += from->warnings;
}

void diag_error(struct diag *d, struct span span, struct str hint, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct str message = str_formatv(d->arena, format, arguments);
	diag_add(d, SEVERITY_ERROR, span, hint, message);
	va_end(arguments);
}

void diag_warning(struct diag *d, struct span span, struct str hint, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct str message = str_formatv(d->arena, format, arguments);
	diag_add(d, SEVERITY_WARNING, span, hint, message);
	va_end(arguments);
}

struct position source_position(const struct source *s, uint32_t offset)
{
	struct position position = {1, 1};
	for (size_t i = 0; i < s->text.len && i < offset; i++) {
		unsigned char byte = (unsigned char)s->text.ptr[i];
		if (byte == '\n')
			position = (struct position){position.line + 1, 1};
		else if ((byte & 0xC0) != 0x80)
			position.column++;
	}
	return position;
}
