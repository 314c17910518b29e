#include <stdint.h>
#include <string.h>

/*
 * The compiler makes calls of these itself, so link-time optimisation must keep them.
 *
 * Copies and fills use the string instructions: small, fast on every CPU since
 * 2012, and gcc can't turn them back into calls of these functions.
 */

[[gnu::used]] void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
	void *at = to;
	size_t words = len / 8;
	__asm__ volatile("rep movsq" : "+D"(at), "+S"(from), "+c"(words) : : "memory");
	size_t bytes = len % 8;
	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(bytes) : : "memory");
	return to;
}

[[gnu::used]] void *memmove(void *to, const void *from, size_t len)
{
	if ((uintptr_t)to - (uintptr_t)from >= len)
		return memcpy(to, from, len);

	/* to lies inside the source: from the end down */
	char *at = (char *)to + len;
	const char *source = (const char *)from + len;
	while (len--)
		*--at = *--source;
	return to;
}

[[gnu::used]] void *memset(void *to, int byte, size_t len)
{
	void *at = to;
	uint64_t pattern = (uint8_t)byte * 0x0101010101010101ULL;
	size_t words = len / 8;
	__asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(pattern) : "memory");
	size_t bytes = len % 8;
	__asm__ volatile("rep stosb" : "+D"(at), "+c"(bytes) : "a"(pattern) : "memory");
	return to;
}

[[gnu::used]] int memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *left = a;
	const uint8_t *right = b;
	size_t i = 0;
	for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t one, other;
		__builtin_memcpy(&one, left + i, sizeof one);
		__builtin_memcpy(&other, right + i, sizeof other);
		if (one != other)
			break;
	}
	for (; i < len; i++)
		if (left[i] != right[i])
			return left[i] - right[i];
	return 0;
}

static void *memory_pointer(const uint8_t *at)
{
	return (void *)(uintptr_t)at;
}

[[gnu::used]] void *memchr(const void *bytes, int byte, size_t len)
{
	const uint8_t *at = bytes;
	const uint64_t ones = 0x0101010101010101ULL, highs = 0x8080808080808080ULL;
	size_t i = 0;
	/* by words, up to the first that holds a byte like it */
	for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t word;
		__builtin_memcpy(&word, at + i, sizeof word);
		word ^= (uint8_t)byte * ones;
		if ((word - ones) & ~word & highs)
			break;
	}
	for (; i < len; i++)
		if (at[i] == (uint8_t)byte)
			return memory_pointer(at + i);
	return NULL;
}

[[gnu::used]] void *memrchr(const void *bytes, int byte, size_t len)
{
	const uint8_t *at = bytes;
	while (len--)
		if (at[len] == (uint8_t)byte)
			return memory_pointer(at + len);
	return NULL;
}

[[gnu::used]] size_t strlen(const char *text)
{
	/* volatile, or the compiler makes a call of this function of the loop */
	const volatile char *end = text;
	while (*end)
		end++;
	return (size_t)(end - text);
}
