/* Work on much memory, which goes in pieces, while another thread uses that memory. */
#include "linux_calls.h"

enum {
	READ = 1,
	WRITE = 2,
	PRIVATE = 2,
	FIXED = 0x10,
	ANONYMOUS = 0x20,
	MAY_MOVE = 1,
	TO_PLACE = 2,
	POPULATE = 0x8000,
	HUGETLB = 0x40000,
	LARGE = 0x200000,
	LONG_PAGES = 3000, /* three pieces */
	COPIES = 8,
	MOVES = 4,
};

/* In the first and in the last page of it. */
struct long_race {
	uint64_t *first, *last;
	bool ends; /* atomic */
};

static char *long_map(void)
{
	char *at = pages((size_t)LONG_PAGES * PAGE);
	for (size_t i = 0; i < LONG_PAGES; i++)
		at[i * PAGE + 8] = (char)(i % 100 + 1);
	return at;
}

static size_t long_wrong(const char *at)
{
	size_t wrong = 0;
	for (size_t i = 0; i < LONG_PAGES; i++)
		wrong += at[i * PAGE + 8] != (char)(i % 100 + 1);
	return wrong;
}

/* First one, then the other: whoever sees how it was at one moment sees last <= first. */
static void long_count(void *argument)
{
	struct long_race *race = argument;
	for (uint64_t n = 1; !__atomic_load_n(&race->ends, __ATOMIC_ACQUIRE); n++) {
		__atomic_store_n(race->first, n, __ATOMIC_RELEASE);
		__atomic_store_n(race->last, n, __ATOMIC_RELEASE);
	}
}

/* The wait status of a copy that looks at what it was given. */
static int64_t long_copy(const struct long_race *race, const char *at)
{
	int64_t pid = CALL(LINUX_FORK);
	if (pid != 0)
		return wait_for(pid);
	bool whole = long_wrong(at) == 0;
	uint64_t first = *race->first, last = *race->last;
	CALL(LINUX_EXIT_GROUP, whole && (first == last || first == last + 1) ? 0 : 1);
	return 0;
}

static void check_copies(struct tap *tap, char *at)
{
	struct long_race race = {(uint64_t *)at, (uint64_t *)(at + (LONG_PAGES - 1) * PAGE), false};
	int32_t tid = 0;
	thread_begin(long_count, &race, &tid);
	int64_t status = 0;
	for (int i = 0; i < COPIES && status == 0; i++)
		status = long_copy(&race, at);
	__atomic_store_n(&race.ends, true, __ATOMIC_RELEASE);
	linux_thread_join(&tid);
	tap_check_equal(tap, status, 0, "a long copy is how things were at one moment");
	tap_check_equal(tap, *race.first, *race.last, "whoever wrote meanwhile has lost nothing");
	*race.first = *race.last = 0;
}

/* From one place to another, where other memory was. */
static void check_moves_of_much(struct tap *tap, char *at)
{
	char *other = pages((size_t)LONG_PAGES * PAGE);
	bool moved = true;
	for (int i = 0; i < MOVES && moved; i++) {
		char *to = i % 2 ? at : other, *from = i % 2 ? other : at;
		moved = CALL(LINUX_MREMAP, from, LONG_PAGES * PAGE, LONG_PAGES * PAGE,
		             MAY_MOVE | TO_PLACE, to) == (int64_t)to;
		moved = moved && long_wrong(to) == 0;
	}
	tap_check(tap, moved, "much memory moves to where other memory was, and back");
	tap_check_equal(tap, CALL(LINUX_MPROTECT, at, LONG_PAGES * PAGE, READ), 0,
	                "rights of much memory change");
	tap_check_equal(tap, CALL(LINUX_MPROTECT, at, LONG_PAGES * PAGE, READ | WRITE), 0,
	                "and back");
	at[8]++;
	at[8]--;
	tap_check_equal(tap, long_wrong(at), 0, "and nothing of it is lost");
}

/* How many of page_count pages are there, or why that is not told. */
static int64_t present_count(const char *at, size_t page_count)
{
	static uint8_t present[LONG_PAGES];
	int64_t status = CALL(LINUX_MINCORE, at, page_count * PAGE, present), count = 0;
	for (size_t i = 0; i < page_count; i++)
		count += present[i];
	return status < 0 ? status : count;
}

static char *map_anonymous(size_t bytes, uint32_t flags)
{
	return (char *)CALL(LINUX_MMAP, 0, bytes, READ | WRITE, PRIVATE | ANONYMOUS | flags, -1, 0);
}

static void check_present(struct tap *tap)
{
	char *at = map_anonymous((size_t)LONG_PAGES * PAGE, 0);
	tap_check_equal(tap, present_count(at, LONG_PAGES), 0, "nothing is there before a touch");
	at[5 * PAGE] = at[2000 * PAGE] = 1;
	tap_check_equal(tap, present_count(at, LONG_PAGES), 2, "and then what was touched");
	CALL(LINUX_MUNMAP, at + PAGE, PAGE);
	tap_check_equal(tap, present_count(at, 2), ERR_NO_MEMORY, "a hole is told of");
	tap_check_equal(tap, present_count(at + 1, 1), ERR_INVALID_ARGS, "and half a page");
	tap_check_equal(tap, CALL(LINUX_MINCORE, at, PAGE, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "a bad place for the answer, too");
	tap_check_equal(tap, CALL(LINUX_MINCORE, at, PAGE, KERNEL_ADDRESS), ERR_BAD_ADDRESS,
	                "and the kernel's");
	CALL(LINUX_MUNMAP, at, LONG_PAGES * PAGE);
	at = map_anonymous((size_t)LONG_PAGES * PAGE, POPULATE);
	tap_check_equal(tap, present_count(at, LONG_PAGES), LONG_PAGES,
	                "memory can be there from the start");
	CALL(LINUX_MUNMAP, at, LONG_PAGES * PAGE);
}

static void check_large(struct tap *tap)
{
	char *at = map_anonymous(PAGE, HUGETLB);
	tap_check(tap, (int64_t)at > 0 && (uint64_t)at % LARGE == 0, "a large page is aligned");
	at[LARGE - 1] = 1;
	tap_check_equal(tap, at[0], 0, "and zero, all of it");
	tap_check_equal(tap, CALL(LINUX_MUNMAP, at, LARGE), 0, "and goes");
	tap_check_equal(tap, (int64_t)map_anonymous(PAGE, HUGETLB | 30u << 26), ERR_NO_MEMORY,
	                "there are none of 1 GiB");
	tap_check_equal(tap, (int64_t)map_anonymous(PAGE, HUGETLB | 5u << 26), ERR_INVALID_ARGS,
	                "nor of an odd size");
	tap_check_equal(tap,
	                CALL(LINUX_MMAP, 0x10001000, PAGE, READ,
	                     PRIVATE | ANONYMOUS | FIXED | HUGETLB, -1, 0),
	                ERR_INVALID_ARGS, "nor in an odd place");
}

void check_long_work(struct tap *tap)
{
	char *at = long_map();
	check_copies(tap, at);
	check_moves_of_much(tap, at);
	char *again = (char *)CALL(LINUX_MMAP, at, LONG_PAGES * PAGE, READ | WRITE,
	                           PRIVATE | ANONYMOUS | FIXED, -1, 0);
	tap_check(tap, again == at, "much memory is replaced");
	tap_check_equal(tap, long_wrong(at), LONG_PAGES, "by what is zero");
	tap_check_equal(tap, CALL(LINUX_MUNMAP, at, LONG_PAGES * PAGE), 0, "and goes");
	check_present(tap);
	check_large(tap);
}
