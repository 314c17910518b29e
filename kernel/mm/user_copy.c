/*
 * The only door to user memory: checks the range, survives faults.
 */
#include "mm/api.h"
#include <string.h>

enum status user_copy_in(void *dst, struct user_in src)
{
	if (!user_range_holds(src.addr, src.len))
		return ERR_BAD_ADDRESS;
	return user_copy_raw(dst, (const void *)src.addr, src.len) ? ERR_BAD_ADDRESS : OK;
}

enum status user_copy_out(struct user_out dst, const void *src)
{
	if (!user_range_holds(dst.addr, dst.len))
		return ERR_BAD_ADDRESS;
	return user_copy_raw((void *)dst.addr, src, dst.len) ? ERR_BAD_ADDRESS : OK;
}

enum status user_copy_out_words(uintptr_t dst, const uint64_t words[4])
{
	const struct user_out whole = {dst, 4 * sizeof words[0]};
	/* user_range_holds, of a length that is known */
	bool holds = dst - USER_BASE <= USER_END - USER_BASE - sizeof words[0] * 4;
	bool done = __builtin_expect(holds, 1) && user_put_words(dst, words);
	/* it may only not be there yet */
	return __builtin_expect(done, 1) ? OK : user_copy_out(whole, words);
}

[[gnu::noinline]] enum status user_copy_out_pair_slowly(uintptr_t dst, uint64_t first,
                                                        uint64_t second)
{
	const uint64_t words[] = {first, second};
	return user_copy_out((struct user_out){dst, sizeof words}, words);
}

enum status user_exchange(uintptr_t address, uint32_t expected, uint32_t word, uint32_t *out_old)
{
	if (address % sizeof word || !user_range_holds(address, sizeof word))
		return ERR_BAD_ADDRESS;
	return user_exchange_word(address, expected, word, out_old) ? OK : ERR_BAD_ADDRESS;
}

/*
 * Piece by piece, none across pages: a string may end right before memory that is not mapped. Most
 * are short, so pieces begin small.
 */
enum status user_copy_string(char *dst, size_t capacity, uintptr_t address, size_t *out_len)
{
	size_t len = 0, most = 128;
	while (len < capacity) {
		size_t part = PAGE_SIZE - (address + len) % PAGE_SIZE;
		if (part > most)
			part = most;
		most *= 2;
		if (part > capacity - len)
			part = capacity - len;
		struct user_in src = {address + len, part};
		enum status status = user_copy_in(dst + len, src);
		if (status != OK)
			return status;
		const char *end = memchr(dst + len, '\0', part);
		if (end) {
			*out_len = (size_t)(end - dst);
			return OK;
		}
		len += part;
	}
	return ERR_NAME_TOO_LONG;
}
