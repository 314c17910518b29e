#include "os/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_reserve(struct text *t, size_t more)
{
	size_t needed = t->len + more + 1;
	if (needed <= t->capacity)
		return;
	size_t capacity = t->capacity ? t->capacity : 64;
	while (capacity < needed)
		capacity *= 2;
	char *bytes = arena_alloc(t->arena, capacity);
	if (t->len)
		memcpy(bytes, t->bytes, t->len);
	t->bytes = bytes;
	t->capacity = capacity;
}

void text_add(struct text *t, struct str s)
{
	text_reserve(t, s.len);
	if (s.len)
		memcpy(t->bytes + t->len, s.ptr, s.len);
	t->len += s.len;
	t->bytes[t->len] = '\0';
}

void text_add_byte(struct text *t, char byte)
{
	text_add(t, (struct str){&byte, 1});
}

[[gnu::format(printf, 2, 0)]] static void text_addv(struct text *t, const char *format,
                                                    va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	int len = vsnprintf(NULL, 0, format, arguments);
	if (len > 0) {
		text_reserve(t, (size_t)len);
		vsnprintf(t->bytes + t->len, (size_t)len + 1, format, again);
		t->len += (size_t)len;
	}
	va_end(again);
}

void text_addf(struct text *t, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	text_addv(t, format, arguments);
	va_end(arguments);
}

struct str text_str(const struct text *t)
{
	return (struct str){t->len ? t->bytes : "", t->len};
}

struct str str_formatv(struct arena *a, const char *format, va_list arguments)
{
	struct text t = {.arena = a};
	text_addv(&t, format, arguments);
	return text_str(&t);
}

struct str str_format(struct arena *a, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct str s = str_formatv(a, format, arguments);
	va_end(arguments);
	return s;
}

void strs_add(struct strs *list, struct arena *a, struct str s)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 8;
		struct str *items = ARENA_ARRAY(a, struct str, capacity);
		if (list->count)
			memcpy(items, list->items, list->count * sizeof *items);
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = s;
}

bool strs_contain(const struct strs *list, struct str s)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_equal(list->items[i], s))
			return true;
	return false;
}

static int compare_strs(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

void strs_sort(struct strs *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof *list->items, compare_strs);
}
