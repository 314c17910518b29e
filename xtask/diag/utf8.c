#include "diag/utf8.h"

static bool is_character(uint32_t code_point)
{
	return code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
}

size_t utf8_decode(struct str s, uint32_t *out_code_point)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	if (!s.len)
		return 0;
	unsigned char first = (unsigned char)s.ptr[0];
	if (first < 0x80) {
		*out_code_point = first;
		return 1;
	}
	size_t len = first >= 0xF8   ? 0
	             : first >= 0xF0 ? 4
	             : first >= 0xE0 ? 3
	             : first >= 0xC0 ? 2
	                             : 0;
	if (!len || len > s.len)
		return 0;
	uint32_t code_point = first & (0x7Fu >> len);
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)s.ptr[i];
		if ((next & 0xC0) != 0x80)
			return 0;
		code_point = code_point << 6 | (next & 0x3F);
	}
	if (code_point < smallest[len] || !is_character(code_point))
		return 0;
	*out_code_point = code_point;
	return len;
}

size_t utf8_write(uint32_t code_point, char out_bytes[static 4])
{
	if (!is_character(code_point))
		return 0;
	if (code_point < 0x80) {
		out_bytes[0] = (char)code_point;
		return 1;
	}
	size_t len = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--) {
		out_bytes[i] = (char)(0x80 | (code_point & 0x3F));
		code_point >>= 6;
	}
	out_bytes[0] = (char)((0xF0u << (4 - len)) | code_point);
	return len;
}

struct str utf8_clip(struct str s, size_t bytes_max)
{
	if (s.len <= bytes_max)
		return s;
	size_t end = bytes_max;
	while (end > 0 && ((unsigned char)s.ptr[end] & 0xC0) == 0x80)
		end--;
	return str_slice(s, 0, end);
}
