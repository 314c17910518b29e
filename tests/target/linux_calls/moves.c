/* mremap, madvise, mlock and relatives. */
#include "linux_calls.h"

enum {
	READ = 1,
	WRITE = 2,
	SHARED = 1,
	PRIVATE = 2,
	FIXED = 0x10,
	ANONYMOUS = 0x20,
	MAY_MOVE = 1,
	TO_PLACE = 2,
	ADVICE_SEQUENTIAL = 2,
	ADVICE_DONTNEED = 4,
	ADVICE_FREE = 8,
	ADVICE_POPULATE = 23,
	ADVICE_UNKNOWN = 99,
};

static char *map(uint64_t at, size_t page_count, uint32_t rights, uint32_t flags)
{
	return (char *)CALL(LINUX_MMAP, at, page_count * PAGE, rights, flags | ANONYMOUS, -1, 0);
}

/* page_count pages with room for as many right behind. */
static char *map_with_room(size_t page_count)
{
	char *at = map(0, 2 * page_count, READ | WRITE, PRIVATE);
	CALL(LINUX_MUNMAP, at + page_count * PAGE, page_count * PAGE);
	return at;
}

static int64_t remap(char *at, size_t old_pages, size_t new_pages, uint32_t flags)
{
	return CALL(LINUX_MREMAP, at, old_pages * PAGE, new_pages * PAGE, flags, 0);
}

static void check_growing(struct tap *tap)
{
	char *at = map_with_room(4);
	at[4 * PAGE - 1] = 9;
	tap_check_equal(tap, remap(at, 4, 6, 0), (int64_t)at, "a mapping grows where it lies");
	tap_check(tap, at[4 * PAGE - 1] == 9 && at[6 * PAGE - 1] == 0,
	          "what was there stays, and the rest is zero");
	tap_check_equal(tap, remap(at, 6, 2, 0), (int64_t)at, "it shrinks");
	tap_check_equal(tap, CALL(LINUX_WRITE, 1, at + 2 * PAGE, 1), ERR_BAD_ADDRESS,
	                "and what is too much has gone");
	map((uintptr_t)at + 2 * PAGE, 1, READ, PRIVATE | FIXED);
	at[0] = 4;
	tap_check_equal(tap, remap(at, 2, 3, 0), ERR_NO_MEMORY,
	                "it does not grow into another one");
	char *moved = (char *)remap(at, 2, 64, MAY_MOVE);
	tap_check(tap, moved > (char *)PAGE && moved != at, "but moves when it may");
	tap_check(tap, moved[0] == 4 && moved[64 * PAGE - 1] == 0, "with what it holds");
	tap_check_equal(tap, CALL(LINUX_WRITE, 1, at, 1), ERR_BAD_ADDRESS,
	                "and leaves nothing behind");
	CALL(LINUX_MUNMAP, moved, 64 * PAGE);
}

static void check_moving(struct tap *tap)
{
	char *from = map(0, 3, READ | WRITE, PRIVATE), *to = map(0, 3, READ, PRIVATE);
	from[PAGE] = 7;
	tap_check_equal(tap, CALL(LINUX_MREMAP, from, 3 * PAGE, 3 * PAGE, MAY_MOVE | TO_PLACE, to),
	                (int64_t)to, "a mapping moves to a place, and replaces what is there");
	to[0] = 1;
	tap_check(tap, to[PAGE] == 7, "with its rights and what it holds");
	tap_check_equal(tap,
	                CALL(LINUX_MREMAP, to, 2 * PAGE, 2 * PAGE, MAY_MOVE | TO_PLACE, to + PAGE),
	                ERR_INVALID_ARGS, "the two places must not overlap");
	char *shared = map(0, 2, READ | WRITE, SHARED);
	shared[PAGE] = 5;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		char *moved = (char *)remap(shared, 2, 32, MAY_MOVE);
		moved[PAGE]++;
		CALL(LINUX_EXIT_GROUP, 0);
	}
	wait_for(pid);
	tap_check(tap, shared[PAGE] == 6, "what is shared stays shared when it moves");
	CALL(LINUX_MUNMAP, shared, 2 * PAGE);
	CALL(LINUX_MUNMAP, to, 3 * PAGE);
}

static void check_remap_refusals(struct tap *tap)
{
	char *at = map(0, 2, READ | WRITE, PRIVATE);
	CALL(LINUX_MPROTECT, at + PAGE, PAGE, READ);
	tap_check_equal(tap, remap(at, 2, 3, MAY_MOVE), ERR_BAD_ADDRESS,
	                "two mappings do not move at once");
	tap_check_equal(tap, remap(at + 1, 1, 2, MAY_MOVE), ERR_INVALID_ARGS,
	                "mremap wants whole pages");
	tap_check_equal(tap, remap(at, 1, 0, MAY_MOVE), ERR_INVALID_ARGS, "and some of them");
	tap_check_equal(tap, remap(at, 1, 1, 1 << 7), ERR_INVALID_ARGS, "and no unknown flag");
	tap_check_equal(tap, remap(at, 1, 1, TO_PLACE), ERR_INVALID_ARGS,
	                "a place is for what may move");
	CALL(LINUX_MUNMAP, at, 2 * PAGE);
	tap_check_equal(tap, remap(at, 1, 2, MAY_MOVE), ERR_BAD_ADDRESS, "and what is there");
}

static int64_t advise(char *at, size_t page_count, uint32_t advice)
{
	return CALL(LINUX_MADVISE, at, page_count * PAGE, advice);
}

static void check_advice(struct tap *tap)
{
	char *at = map(0, 3, READ | WRITE, PRIVATE), *shared = map(0, 1, READ | WRITE, SHARED);
	at[PAGE] = 3;
	shared[0] = 8;
	tap_check_equal(tap, advise(at, 3, ADVICE_SEQUENTIAL), OK, "advice may be given");
	tap_check_equal(tap, advise(at, 3, ADVICE_POPULATE), OK, "pages may be asked for at once");
	tap_check(tap, at[PAGE] == 3, "which changes nothing in them");
	tap_check_equal(tap, advise(at, 3, ADVICE_DONTNEED), OK, "pages may be given back");
	tap_check(tap, at[PAGE] == 0, "and are zero then");
	tap_check_equal(tap, advise(shared, 1, ADVICE_DONTNEED), OK, "shared ones, too");
	tap_check(tap, shared[0] == 8, "which keep what they hold");
	tap_check_equal(tap, advise(shared, 1, ADVICE_FREE), ERR_INVALID_ARGS,
	                "but are not free at will");
	tap_check_equal(tap, advise(at, 3, ADVICE_UNKNOWN), ERR_INVALID_ARGS,
	                "unknown advice is refused");
	tap_check_equal(tap, advise(at + 1, 1, ADVICE_DONTNEED), ERR_INVALID_ARGS,
	                "and what is no page");
	CALL(LINUX_MUNMAP, at + PAGE, PAGE);
	at[2 * PAGE] = 1;
	tap_check_equal(tap, advise(at, 3, ADVICE_DONTNEED), ERR_NO_MEMORY, "a hole is told");
	tap_check(tap, at[2 * PAGE] == 0, "after all of it was done");
	CALL(LINUX_MUNMAP, at, 3 * PAGE);
	CALL(LINUX_MUNMAP, shared, PAGE);
}

static void check_locks(struct tap *tap)
{
	char *at = map(0, 3, READ | WRITE, PRIVATE);
	tap_check_equal(tap, CALL(LINUX_MLOCK, at + 5, PAGE), OK, "memory may be locked");
	tap_check_equal(tap, CALL(LINUX_MUNLOCK, at, 2 * PAGE), OK, "and unlocked");
	tap_check_equal(tap, CALL(LINUX_MLOCK2, at, PAGE, 2), ERR_INVALID_ARGS,
	                "not in an unknown way");
	CALL(LINUX_MUNMAP, at + PAGE, PAGE);
	tap_check_equal(tap, CALL(LINUX_MLOCK, at, 3 * PAGE), ERR_NO_MEMORY, "holes are not");
	tap_check_equal(tap, CALL(LINUX_MLOCKALL, 3), OK, "everything may be locked");
	tap_check_equal(tap, CALL(LINUX_MUNLOCKALL), OK, "and unlocked");
	tap_check_equal(tap, CALL(LINUX_MLOCKALL, 0), ERR_INVALID_ARGS, "but something it must be");
	CALL(LINUX_MUNMAP, at, 3 * PAGE);
}

void check_moves(struct tap *tap)
{
	check_growing(tap);
	check_moving(tap);
	check_remap_refusals(tap);
	check_advice(tap);
	check_locks(tap);
}
