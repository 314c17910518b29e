/* The loaded image: data, bss, relocations, stack guard, and registers across a system call. */
#include "first_light.h"
#include <string.h>

enum { BSS_WORDS = 3000, DATA_WORDS = 1500 };

static volatile uint64_t image_data[DATA_WORDS] = {[0] = 0x1122334455667788, [DATA_WORDS - 1] = 42};
static volatile uint64_t image_bss[BSS_WORDS];
static volatile uint64_t image_target = 7;
/* needs a relocation at load */
static volatile uint64_t *volatile image_pointer = &image_target;
static const char *const image_names[] = {"first", "second"};

extern uintptr_t __stack_chk_guard;

static bool bss_is_zero(void)
{
	for (size_t i = 0; i < BSS_WORDS; i++)
		if (image_bss[i] != 0)
			return false;
	image_bss[BSS_WORDS - 1] = 5;
	return image_bss[BSS_WORDS - 1] == 5;
}

static bool names_are_relocated(unsigned index)
{
	const char *const volatile *names = image_names;
	return str_equal(str_from_c(names[index]), STR("second"));
}

static bool guard_is_seeded(const struct start_facts *facts)
{
	uint64_t random;
	uintptr_t word;
	if (!auxv_find(facts->envp, AUXV_RANDOM, &random))
		return false;
	memcpy(&word, (const void *)random, sizeof word);
	return __stack_chk_guard != 0 && __stack_chk_guard == (word & ~(uintptr_t)0xff);
}

/* A frame with an array must carry the guard somewhere above it. */
[[gnu::noinline]] static bool frame_carries_guard(void)
{
	volatile char array[32];
	for (size_t i = 0; i < sizeof array; i++)
		array[i] = 1;
	const volatile char *end = __builtin_frame_address(0);
	for (const volatile char *at = array; at + sizeof(uintptr_t) <= end; at++) {
		uintptr_t word = 0;
		for (size_t i = 0; i < sizeof word; i++)
			word |= (uintptr_t)(uint8_t)at[i] << 8 * i;
		if (word == __stack_chk_guard)
			return true;
	}
	return false;
}

static bool sse_survives_a_call(void)
{
	uint64_t before[2] = {0x0123456789abcdef, 0xfedcba9876543210}, after[2];
	int64_t result = SYS_RUSTOS_DEBUG_PRINT;
	__asm__ volatile("movdqu %2, %%xmm7\n\t"
	                 "syscall\n\t"
	                 "movdqu %%xmm7, %1"
	                 : "+a"(result), "=m"(after)
	                 : "m"(before), "D"(0), "S"(0)
	                 : "rcx", "r11", "xmm7", "memory");
	return result == OK && memcmp(before, after, sizeof before) == 0;
}

void check_image(struct tap *tap, const struct start_facts *facts)
{
	tap_check(tap, image_data[0] == 0x1122334455667788 && image_data[DATA_WORDS - 1] == 42,
	          "initialised data is there");
	tap_check(tap, bss_is_zero(), "bss is zero and writable");
	tap_check(tap, image_pointer == &image_target && *image_pointer == 7,
	          "a pointer in data is relocated");
	tap_check(tap, names_are_relocated((unsigned)facts->argc),
	          "a table of pointers is relocated");
	tap_check(tap, guard_is_seeded(facts), "the stack guard comes from the random bytes");
	tap_check(tap, frame_carries_guard(), "a frame with an array carries the stack guard");
	tap_check_equal(tap, (uintptr_t)__builtin_frame_address(0) & 15, 0,
	                "the stack is aligned to 16 bytes");
	tap_check(tap, sse_survives_a_call(), "vector registers survive a system call");
}
