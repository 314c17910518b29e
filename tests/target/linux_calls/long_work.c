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
}
