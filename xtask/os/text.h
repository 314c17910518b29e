/* Growable text in an arena; for everything the tool prints or writes. */
#pragma once

#include <base/api.h>
#include <stdarg.h>

struct text {
	struct arena *arena;
	char *bytes; /* NUL-terminated once anything was added */
	size_t len;
	size_t capacity;
};

/* Room for so many bytes more at once. */
void text_reserve(struct text *t, size_t more);
void text_add(struct text *t, struct str s);
void text_add_byte(struct text *t, char byte);
[[gnu::format(printf, 2, 3)]] void text_addf(struct text *t, const char *format, ...);
/* What stands so far; valid until the next addition. */
struct str text_str(const struct text *t);
/* One formatted string; lives as long as a. */
[[gnu::format(printf, 2, 3)]] struct str str_format(struct arena *a, const char *format, ...);
[[gnu::format(printf, 2, 0)]] struct str str_formatv(struct arena *a, const char *format,
                                                     va_list arguments);

/* A growing list of strings in an arena. */
struct strs {
	struct str *items;
	size_t count;
	size_t capacity;
};

void strs_add(struct strs *list, struct arena *a, struct str s);
bool strs_contain(const struct strs *list, struct str s);
/* Byte order. */
void strs_sort(struct strs *list);
