#include "terminals.h"
#include <string.h>

void name_make(char out[16], uint32_t number)
{
	char *at = out;
	for (const char *prefix = "/dev/pts/"; *prefix; prefix++)
		*at++ = *prefix;
	if (number >= 10)
		*at++ = (char)('0' + number / 10);
	*at++ = (char)('0' + number % 10);
	*at = '\0';
}

int64_t name_open(uint32_t number, uint32_t flags)
{
	char name[16];
	name_make(name, number);
	return CALL(LINUX_OPEN, name, flags);
}

struct pair pair_make(uint32_t flags)
{
	struct pair pair = {};
	uint32_t unlocked = 0;
	pair.other = (int32_t)CALL(LINUX_OPEN, "/dev/ptmx", READ_WRITE | NOT_TAKING);
	CALL(LINUX_IOCTL, pair.other, GET_NUMBER, &pair.number);
	CALL(LINUX_IOCTL, pair.other, SET_LOCK, &unlocked);
	pair.terminal = (int32_t)name_open(pair.number, READ_WRITE | flags);
	if (pair.other < 0 || pair.terminal < 0)
		rustos_process_exit(2);
	return pair;
}

void pair_close(const struct pair *pair)
{
	CALL(LINUX_CLOSE, pair->terminal);
	CALL(LINUX_CLOSE, pair->other);
}

int64_t type(int32_t descriptor, const char *text)
{
	return CALL(LINUX_WRITE, descriptor, text, strlen(text));
}

bool gives(int32_t descriptor, const char *expected)
{
	char bytes[64];
	int64_t len = CALL(LINUX_READ, descriptor, bytes, sizeof bytes);
	return len >= 0 && str_equal((struct str){bytes, (size_t)len}, str_from_c(expected));
}

uint32_t ready(int32_t descriptor)
{
	struct {
		int32_t descriptor;
		uint16_t events, happened;
	} poll = {descriptor, 0xffff, 0};
	CALL(LINUX_POLL, &poll, 1, 0);
	return poll.happened;
}

void make_raw(int32_t descriptor, uint8_t minimum, uint8_t time)
{
	struct settings settings;
	CALL(LINUX_IOCTL, descriptor, GET_SETTINGS, &settings);
	settings.local &= ~(uint32_t)(CANONICAL | ECHO);
	settings.characters[MINIMUM] = minimum;
	settings.characters[TIME] = time;
	CALL(LINUX_IOCTL, descriptor, SET_SETTINGS, &settings);
}

int64_t wait_for(int64_t pid)
{
	int32_t status = 0;
	int64_t got = CALL(LINUX_WAIT4, pid, &status, 0, 0);
	return got == pid ? status : got;
}

int main(void)
{
	struct tap tap = {};
	check_sides(&tap);
	check_lines(&tap);
	check_waits(&tap);
	check_sessions(&tap);
	return tap_finish(&tap);
}
