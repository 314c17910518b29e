/* Terminals as Linux programs see them: tty_ioctl(4). */
#pragma once

#include <stdint.h>

enum {
	GET_SETTINGS = 0x5401,
	SET_SETTINGS = 0x5402,
	FLUSH = 0x540b,
	TAKE = 0x540e,
	GET_GROUP = 0x540f,
	SET_GROUP = 0x5410,
	TYPE = 0x5412,
	GET_SIZE = 0x5413,
	SET_SIZE = 0x5414,
	READABLE = 0x541b,
	LEAVE = 0x5422,
	GET_SESSION = 0x5429,
};

struct settings {
	uint32_t input, output, control, local;
	uint8_t line, characters[19];
};

/* As if at the keyboard. */
void terminal_type(const char *bytes);

struct tap;
/* The program takes the terminal; all that follows has it. */
void check_jobs_begin(struct tap *tap);
void check_jobs(struct tap *tap);
