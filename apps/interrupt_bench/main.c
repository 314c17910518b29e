/*
 * The longest that the kernel keeps interrupts out while it does work that grows with memory. The
 * debug build measures it in ticks, which are instructions under -icount; each kind of work is done
 * between two readings of the figure, and has the same limit.
 */
#include <linux_calls/api.h>
#include <tap/api.h>

enum {
	PAGE = 4096,
	LARGE = 1 << 21,
	READ_WRITE = 3,
	READ_ONLY = 1,
	PRIVATE = 0x22,
	SHARED = 0x21,
	POPULATED = 0x8000,
	HUGETLB_2M = 0x40000 | 21 << 26,
	HUGETLB_1G = 0x40000 | 30 << 26,
	MAY_MOVE = 1,
	TO_THERE = 2,
	DISCARD = 4,
};

static const uint64_t much = 128 << 20, gigabyte = 1 << 30;

/* A millisecond and a half at an instruction a nanosecond, with all that the debug build checks. */
static const uint64_t limit = 1500000;

static int64_t map(uint64_t bytes, uint32_t flags)
{
	return CALL(LINUX_MMAP, 0, bytes, READ_WRITE, flags, -1, 0);
}

static void touch(int64_t memory, uint64_t bytes, uint64_t step)
{
	for (uint64_t at = 0; at < bytes; at += step)
		*(volatile char *)(memory + (int64_t)at) = 1;
}

/* Since the last reading; reading begins anew. */
static uint64_t longest(void)
{
	char text[128] = "";
	int64_t file = CALL(LINUX_OPEN, "/proc/rustos/locks", 0, 0);
	int64_t len = CALL(LINUX_READ, file, text, sizeof text - 1);
	CALL(LINUX_CLOSE, file);
	uint64_t value = 0;
	/* the last number */
	for (int64_t i = 0; i < len; i++)
		if (text[i] == ' ')
			value = 0;
		else if (text[i] >= '0' && text[i] <= '9')
			value = value * 10 + (uint64_t)(text[i] - '0');
	return value;
}

static void done(struct tap *tap, const char *name)
{
	uint64_t ticks = longest();
	print("bench: name=interrupts_off_%s value=%lu unit=ticks\n", name, ticks);
	tap_check(tap, ticks > 0 && ticks <= limit, name);
}

static void check_child(struct tap *tap)
{
	int64_t pid = CALL(LINUX_FORK);
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, 0);
	done(tap, "fork");
	CALL(LINUX_WAIT4, pid, 0, 0, 0);
	done(tap, "exit");
}

static void check_private(struct tap *tap)
{
	int64_t memory = map(much, PRIVATE | POPULATED);
	done(tap, "populate");
	check_child(tap);
	touch(memory, much, PAGE);
	done(tap, "touch");
	CALL(LINUX_MPROTECT, memory, much, READ_ONLY);
	CALL(LINUX_MPROTECT, memory, much, READ_WRITE);
	done(tap, "protect");
	int64_t to = map(much, PRIVATE);
	memory = CALL(LINUX_MREMAP, memory, much, much, MAY_MOVE | TO_THERE, to);
	done(tap, "move");
	CALL(LINUX_MADVISE, memory, much / 2, DISCARD);
	done(tap, "discard");
	CALL(LINUX_MUNMAP, memory, much);
	done(tap, "unmap");
}

static void check_shared(struct tap *tap)
{
	int64_t memory = map(much, SHARED);
	touch(memory, much, PAGE);
	done(tap, "touch_shared");
	CALL(LINUX_MUNMAP, memory, much);
	done(tap, "unmap_shared");
}

static void check_large(struct tap *tap)
{
	int64_t memory = map(much, PRIVATE | HUGETLB_2M);
	touch(memory, much, LARGE);
	done(tap, "touch_2_mib");
	int64_t pid = CALL(LINUX_FORK);
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, 0);
	CALL(LINUX_WAIT4, pid, 0, 0, 0);
	done(tap, "fork_2_mib");
	CALL(LINUX_MUNMAP, memory, much);
	done(tap, "unmap_2_mib");
}

static void check_huge(struct tap *tap)
{
	int64_t memory = map(gigabyte, PRIVATE | HUGETLB_1G);
	tap_check(tap, memory > 0, "there is a page of a gigabyte");
	if (memory < 0)
		return;
	done(tap, "map_1_gib");
	CALL(LINUX_MUNMAP, memory, gigabyte);
	done(tap, "unmap_1_gib");
}

int main(void)
{
	struct tap tap = {};
	(void)longest();
	done(&tap, "reading_this");
	check_private(&tap);
	check_shared(&tap);
	check_large(&tap);
	check_huge(&tap);
	return tap_finish(&tap);
}
