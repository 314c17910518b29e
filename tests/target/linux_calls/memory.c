/* brk, mmap, mprotect, munmap. */
#include "linux_calls.h"
#include <string.h>

enum {
	READ = 1,
	WRITE = 2,
	EXEC = 4,
	SHARED = 1,
	PRIVATE = 2,
	FIXED = 0x10,
	ANONYMOUS = 0x20,
	NO_REPLACE = 0x100000,
};

static int64_t map(uint64_t at, uint64_t len, uint32_t rights, uint32_t flags)
{
	return CALL(LINUX_MMAP, at, len, rights, flags, -1, 0);
}

static void check_break(struct tap *tap)
{
	char *start = (char *)CALL(LINUX_BRK, 0);
	tap_check_equal(tap, CALL(LINUX_BRK, start + 3 * PAGE + 5), (int64_t)(start + 3 * PAGE + 5),
	                "brk moves the end of the heap to the byte");
	memset(start, 7, 3 * PAGE + 5);
	tap_check(tap, start[3 * PAGE + 4] == 7, "the heap can be written up to its end");
	tap_check_equal(tap, CALL(LINUX_BRK, BAD_ADDRESS), (int64_t)(start + 3 * PAGE + 5),
	                "brk below its start changes nothing");
	tap_check_equal(tap, CALL(LINUX_BRK, start), (int64_t)start, "the heap can shrink");
	CALL(LINUX_BRK, start + PAGE);
	tap_check(tap, start[0] == 0, "and is zero when it grows again");
}

static void check_maps(struct tap *tap)
{
	char *at = (char *)map(0, 3 * PAGE, READ | WRITE, PRIVATE | ANONYMOUS);
	tap_check(tap, (uintptr_t)at % PAGE == 0 && at[0] == 0 && at[3 * PAGE - 1] == 0,
	          "mmap gives zeroed pages");
	at[PAGE] = 5;
	tap_check_equal(tap, CALL(LINUX_MUNMAP, at + PAGE, PAGE), OK,
	                "a page in the middle can go");
	tap_check_equal(tap, CALL(LINUX_WRITE, 1, at + PAGE, 1), ERR_BAD_ADDRESS,
	                "and is not there any more");
	tap_check_equal(tap, map((uintptr_t)at, PAGE, READ, PRIVATE | ANONYMOUS | NO_REPLACE),
	                ERR_EXISTS, "what is there is not replaced when that is not wanted");
	tap_check_equal(tap, map((uintptr_t)at, PAGE, READ | WRITE, PRIVATE | ANONYMOUS | FIXED),
	                (int64_t)at, "a fixed place is taken");
	tap_check_equal(tap, map((uintptr_t)at, 2 * PAGE, READ, PRIVATE | ANONYMOUS | NO_REPLACE),
	                (int64_t)0 + ERR_EXISTS, "also when only a part is taken");
	tap_check_equal(tap, CALL(LINUX_MUNMAP, at, 3 * PAGE), OK, "holes do not disturb munmap");
}

static void check_map_refusals(struct tap *tap)
{
	static const struct {
		const char *name;
		uint64_t at, len;
		uint32_t rights, flags;
		int64_t answer;
	} bad[] = {
	        {"no length", 0, 0, READ, PRIVATE | ANONYMOUS, ERR_INVALID_ARGS},
	        {"neither private nor shared", 0, PAGE, READ, ANONYMOUS, ERR_INVALID_ARGS},
	        {"unknown rights", 0, PAGE, 0x80, PRIVATE | ANONYMOUS, ERR_INVALID_ARGS},
	        {"writable and executable", 0, PAGE, READ | WRITE | EXEC, PRIVATE | ANONYMOUS,
	         ERR_ACCESS_DENIED},
	        {"an odd fixed place", 0x20000001, PAGE, READ, PRIVATE | ANONYMOUS | FIXED,
	         ERR_INVALID_ARGS},
	        {"the kernel's half", 0xffff800000000000, PAGE, READ, PRIVATE | ANONYMOUS | FIXED,
	         ERR_NO_MEMORY},
	        {"the zero page", 0, PAGE, READ, PRIVATE | ANONYMOUS | FIXED, ERR_NOT_PERMITTED},
	        {"more than the address space", 0, 1ULL << 48, READ, PRIVATE | ANONYMOUS,
	         ERR_INVALID_ARGS},
	        {"a descriptor that is none", 0, PAGE, READ, PRIVATE, ERR_BAD_HANDLE},
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, map(bad[i].at, bad[i].len, bad[i].rights, bad[i].flags),
		                bad[i].answer, bad[i].name);
}

static void check_rights(struct tap *tap)
{
	char *at = pages(2 * PAGE);
	tap_check_equal(tap, CALL(LINUX_MPROTECT, at, PAGE, READ), OK, "a page can be read-only");
	tap_check_equal(tap, CALL(LINUX_GETRANDOM, at, 1, 0), ERR_BAD_ADDRESS,
	                "then the kernel does not write there either");
	tap_check_equal(tap, CALL(LINUX_MPROTECT, at, PAGE, 0), OK, "a page can be a guard");
	tap_check_equal(tap, CALL(LINUX_WRITE, 1, at, 1), ERR_BAD_ADDRESS, "which nobody can read");
	tap_check_equal(tap, CALL(LINUX_MPROTECT, at, PAGE, READ | WRITE | EXEC), ERR_ACCESS_DENIED,
	                "nothing becomes writable and executable");
	tap_check_equal(tap, CALL(LINUX_MPROTECT, at + 1, PAGE, READ), ERR_INVALID_ARGS,
	                "mprotect wants whole pages");
	CALL(LINUX_MUNMAP, at, 2 * PAGE);
	tap_check_equal(tap, CALL(LINUX_MPROTECT, at, PAGE, READ), ERR_NO_MEMORY,
	                "and pages that are there");
}

void check_memory(struct tap *tap)
{
	check_break(tap);
	check_maps(tap);
	check_map_refusals(tap);
	check_rights(tap);
}
