/* UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#pragma once

#include <base/str.h>

/* Bytes of the character at the start of s and its code point; 0 when s is empty or not UTF-8. */
size_t utf8_decode(struct str s, uint32_t *out_code_point);
/* Writes at most 4 bytes and returns their number; 0 when there is no such character. */
size_t utf8_write(uint32_t code_point, char out_bytes[static 4]);
/* As much of its start as fits; never ends within a character. */
struct str utf8_clip(struct str s, size_t bytes_max);
