#include <base/str.h>
#include <string.h>

struct str str_from_c(const char *text)
{
	return (struct str){text, text ? strlen(text) : 0};
}

bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_equal_no_case(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
			return false;
	return true;
}

int str_compare(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts_with(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_equal(str_slice(s, 0, prefix.len), prefix);
}

bool str_ends_with(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_equal(str_slice(s, s.len - suffix.len, s.len), suffix);
}

bool str_contains(struct str s, char byte)
{
	return s.len && memchr(s.ptr, byte, s.len);
}

struct str_split str_cut(struct str s, char separator)
{
	const char *hit = s.len ? memchr(s.ptr, separator, s.len) : NULL;
	if (!hit)
		return (struct str_split){.head = s};

	size_t head_len = (size_t)(hit - s.ptr);
	return (struct str_split){
	        .head = str_slice(s, 0, head_len),
	        .rest = str_slice(s, head_len + 1, s.len),
	};
}

struct str_split str_cut_last(struct str s, char separator)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.ptr[i - 1] == separator)
			return (struct str_split){
			        .head = str_slice(s, 0, i - 1),
			        .rest = str_slice(s, i, s.len),
			};
	return (struct str_split){.rest = s};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	size_t start = 0, end = s.len;
	while (start < end && is_blank(s.ptr[start]))
		start++;
	while (end > start && is_blank(s.ptr[end - 1]))
		end--;
	return str_slice(s, start, end);
}

struct str str_slice(struct str s, size_t start, size_t end)
{
	if (end > s.len)
		end = s.len;
	if (start > end)
		start = end;
	return (struct str){s.ptr ? s.ptr + start : NULL, end - start};
}

bool str_to_u64(struct str s, uint64_t *out_value)
{
	uint64_t value = 0;
	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value))
			return false;
	}
	*out_value = value;
	return true;
}
