/* debug_print: its limits, and every kind of address that is not ours to read. */
#include "first_light.h"
#include <string.h>

enum { DEBUG_PRINT_PAGE = 4096 };

static enum status print_range(uint64_t address, uint64_t len)
{
	return rustos_debug_print((const void *)address, len);
}

/* A comment line of TAP, exactly as long as asked. */
static enum status print_filled(uint64_t heap, size_t len)
{
	char *text = (char *)heap;
	memset(text, '.', len);
	text[0] = '#';
	text[len - 1] = '\n';
	return print_range(heap, len);
}

void check_debug_print(struct tap *tap)
{
	static const struct {
		const char *name;
		uint64_t address;
		uint64_t len;
	} bad[] = {
	        {"address 0 is refused", 0, 1},
	        {"an unmapped address is refused", 0x10000, 16},
	        {"the kernel's text is refused", 0xffffffff80200000, 16},
	        {"the kernel's map of memory is refused", 0xffff800000100000, 16},
	        {"a non-canonical address is refused", 0x0000800000000000, 16},
	        {"a range that wraps around is refused", 0xfffffffffffffff8, 16},
	        {"a range that runs out of the user range is refused", 0x00007ffffffffff8, 16},
	};
	uint64_t heap = 0, heap_len = 2 * DEBUG_PRINT_PAGE;
	tap_check_equal(tap, rustos_memory_map(0, heap_len, MEMORY_READ | MEMORY_WRITE, 0, &heap),
	                OK, "there is memory to print from");
	if (!heap)
		return;

	tap_check_equal(tap, print_filled(heap, DEBUG_PRINT_MAX), OK, "2048 bytes are printed");
	tap_check_equal(tap, print_filled(heap, DEBUG_PRINT_MAX + 1), ERR_INVALID_ARGS,
	                "2049 bytes are refused");
	tap_check_equal(tap, print_range(heap, 0), OK, "no bytes are fine");
	tap_check_equal(tap, print_range(heap + heap_len - 8, 16), ERR_BAD_ADDRESS,
	                "a range that crosses into an unmapped page is refused");
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, print_range(bad[i].address, bad[i].len), ERR_BAD_ADDRESS,
		                bad[i].name);
}
