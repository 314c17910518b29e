/* What the tests of pseudo-terminals share. Numbers are those of Linux, x86-64. */
#pragma once

#include <linux_calls/api.h>
#include <tap/api.h>

enum { /* tty_ioctl(4), pts(4) */
       GET_SETTINGS = 0x5401,
       SET_SETTINGS = 0x5402,
       FLOW = 0x540a,
       GET_GROUP = 0x540f,
       GET_SIZE = 0x5413,
       SET_SIZE = 0x5414,
       READABLE = 0x541b,
       GET_SESSION = 0x5429,
       SET_LOCK = 0x40045431,
       GET_NUMBER = 0x80045430,
};

enum {
	READ_WRITE = 2,
	NOT_TAKING = 0400, /* O_NOCTTY */
	NONBLOCK = 04000,
	IN = 1, /* poll */
	OUT = 4,
	HANGUP = 16,
	CANONICAL = 2,
	ECHO = 010,
	TIME = 5,
	MINIMUM = 6,
};

struct settings {
	uint32_t input, output, control, local;
	uint8_t line, characters[19];
};

/* A terminal and its other side. */
struct pair {
	int32_t other, terminal;
	uint32_t number;
};

/* The program ends when there is none. flags: of the terminal's open. */
struct pair pair_make(uint32_t flags);
void pair_close(const struct pair *pair);
/* "/dev/pts/N" of a number below 100. */
void name_make(char out[16], uint32_t number);
int64_t name_open(uint32_t number, uint32_t flags);
int64_t type(int32_t descriptor, const char *text);
/* Whether one read gives exactly this. */
bool gives(int32_t descriptor, const char *expected);
/* poll's events of one descriptor, now. */
uint32_t ready(int32_t descriptor);
/* Raw, with these two of termios. */
void make_raw(int32_t descriptor, uint8_t minimum, uint8_t time);
/* The wait status of a child. */
int64_t wait_for(int64_t pid);

void check_sides(struct tap *tap);
void check_lines(struct tap *tap);
void check_waits(struct tap *tap);
void check_sessions(struct tap *tap);
