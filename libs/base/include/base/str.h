/*
 * Read-only view of bytes owned by someone else.
 *
 * Two words, passed by value. Not NUL-terminated, never freed, valid only as
 * long as the memory it points into. Freestanding: needs only memchr, memcmp.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *ptr;
	size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
/* The same as a constant initialiser, for tables. */
#define STR_INIT(literal)                                                                          \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).len, (s).ptr

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct str_split {
	struct str head; /* before the separator */
	struct str rest; /* after it; empty when there is none */
};

struct str str_from_c(const char *text);
bool str_equal(struct str a, struct str b);
bool str_equal_no_case(struct str a, struct str b); /* ASCII only */
/* Byte order, as memcmp; a prefix sorts before what it begins. */
int str_compare(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);
bool str_contains(struct str s, char byte);
/* At the first separator; at the last one for str_cut_last (head is empty when there is none). */
struct str_split str_cut(struct str s, char separator);
struct str_split str_cut_last(struct str s, char separator);
/* Without spaces, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);
/* Bytes [start, end), clamped to s. */
struct str str_slice(struct str s, size_t start, size_t end);
/* Decimal digits only, no sign, no blanks; false on overflow too. */
bool str_to_u64(struct str s, uint64_t *out_value);
