/* The two sides, and the names of terminals. */
#include "terminals.h"

enum { TERMINALS_MAX = 64, RDEV_AT = 40, MODE_AT = 24, STAT_BYTES = 144 };

static void check_lock(struct tap *tap)
{
	uint32_t number = 99, unlocked = 0;
	int32_t other = (int32_t)CALL(LINUX_OPEN, "/dev/ptmx", READ_WRITE);
	tap_check_equal(tap, CALL(LINUX_IOCTL, other, GET_NUMBER, &number), OK,
	                "an open of /dev/ptmx has a number");
	tap_check_equal(tap, name_open(number, READ_WRITE), ERR_IO,
	                "nobody opens the terminal before it is unlocked");
	CALL(LINUX_IOCTL, other, SET_LOCK, &unlocked);
	int32_t terminal = (int32_t)name_open(number, READ_WRITE | NOT_TAKING);
	tap_check(tap, terminal >= 0, "then it opens by its name");
	CALL(LINUX_CLOSE, other);
	tap_check_equal(tap, name_open(number, READ_WRITE), ERR_NOT_FOUND,
	                "the name goes with the other side");
	CALL(LINUX_CLOSE, terminal);
}

/* Whether a listing of /dev/pts has the name. */
static bool is_listed(char digit)
{
	uint64_t bytes[64]; /* linux_dirent64 */
	int32_t folder = (int32_t)CALL(LINUX_OPEN, "/dev/pts", 0200000);
	int64_t len = CALL(LINUX_GETDENTS64, folder, bytes, sizeof bytes);
	bool found = false;
	for (int64_t at = 0; at < len;) {
		const char *entry = (const char *)bytes + at;
		found |= entry[19] == digit && entry[20] == '\0';
		at += *(const uint16_t *)(const void *)(entry + 16);
	}
	CALL(LINUX_CLOSE, folder);
	return found;
}

static void check_names(struct tap *tap)
{
	struct pair pair = pair_make(NOT_TAKING);
	uint64_t facts[STAT_BYTES / 8];
	char name[16], link[32] = "/proc/self/fd/0", target[64] = {};
	name_make(name, pair.number);
	CALL(LINUX_STAT, name, facts);
	tap_check_equal(tap, (uint32_t)facts[MODE_AT / 8], 020620, "it is a device");
	tap_check_equal(tap, (int64_t)facts[RDEV_AT / 8], 136 << 8 | (int64_t)pair.number,
	                "with Linux's number");
	tap_check(tap, is_listed((char)('0' + pair.number)), "that /dev/pts lists");
	link[14] = (char)('0' + pair.terminal);
	int64_t len = CALL(LINUX_READLINK, link, target, sizeof target);
	tap_check(tap, len > 0 && str_equal((struct str){target, (size_t)len}, str_from_c(name)),
	          "a descriptor knows its name");
	pair_close(&pair);
	tap_check(tap, !is_listed((char)('0' + pair.number)), "both closed, it is gone");
}

static void check_ends(struct tap *tap)
{
	struct pair pair = pair_make(NOT_TAKING);
	type(pair.terminal, "last");
	CALL(LINUX_CLOSE, pair.terminal);
	tap_check(tap, ready(pair.other) & HANGUP, "who looks hears that nobody has it open");
	tap_check(tap, gives(pair.other, "last"), "reads what is left");
	char byte;
	tap_check_equal(tap, CALL(LINUX_READ, pair.other, &byte, 1), ERR_IO, "and then an error");
	pair.terminal = (int32_t)name_open(pair.number, READ_WRITE | NOT_TAKING);
	tap_check(tap, !(ready(pair.other) & HANGUP), "it can be opened again");
	CALL(LINUX_CLOSE, pair.other);
	tap_check_equal(tap, CALL(LINUX_READ, pair.terminal, &byte, 1), 0,
	                "without the other side it is at its end");
	tap_check_equal(tap, CALL(LINUX_WRITE, pair.terminal, &byte, 1), ERR_IO,
	                "and shows nothing");
	tap_check(tap, ready(pair.terminal) & HANGUP, "as poll says");
	CALL(LINUX_CLOSE, pair.terminal);
}

static void check_room(struct tap *tap)
{
	static char bytes[4096];
	struct pair pair = pair_make(NOT_TAKING | NONBLOCK);
	int64_t len, total = 0;
	while ((len = CALL(LINUX_WRITE, pair.terminal, bytes, sizeof bytes)) > 0)
		total += len;
	tap_check_equal(tap, len, ERR_TRY_AGAIN, "what nobody looks at comes to an end");
	tap_check(tap, total >= 4096 && total <= 65536, "soon enough");
	tap_check(tap, !(ready(pair.terminal) & OUT), "poll knows");
	CALL(LINUX_READ, pair.other, bytes, sizeof bytes);
	tap_check(tap, ready(pair.terminal) & OUT, "reading makes room");
	pair_close(&pair);
	int32_t others[TERMINALS_MAX + 1];
	int count = 0;
	while (count <= TERMINALS_MAX &&
	       (others[count] = (int32_t)CALL(LINUX_OPEN, "/dev/ptmx", READ_WRITE)) >= 0)
		count++;
	tap_check_equal(tap, others[count], ERR_NO_SPACE, "there are not any number of them");
	while (count)
		CALL(LINUX_CLOSE, others[--count]);
}

void check_sides(struct tap *tap)
{
	check_lock(tap);
	check_names(tap);
	check_ends(tap);
	check_room(tap);
}
