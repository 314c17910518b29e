/*
 * Programs that are text: a first line `#!INTERPRETER [ARGUMENT]`. Inside kernel/ps only.
 */
#pragma once

#include "ps/program.h"
#include <abi/syscalls.h>

enum {
	SCRIPT_LEVELS_MAX = 4, /* interpreters that are scripts themselves */
	SCRIPT_LINE_MAX = 256, /* bytes of a file that are looked at */
};

struct script_line {
	struct str interpreter;
	struct str argument; /* one, with its blanks; len 0: none */
};

/* Does a program file begin like a script? */
bool script_is(struct str head);
/* head: the first SCRIPT_LINE_MAX bytes, or the whole file. ERR_NOT_EXECUTABLE: no interpreter is
 * named, or its name may go on behind head. */
enum status script_parse(struct str head, struct script_line *out_line);

/* A program as it will be loaded: the last interpreter, with the arguments that scripts put in
 * front. */
struct program_opened {
	struct process_request request; /* program is owned */
	struct str texts[PROGRAM_STRINGS_MAX];
	char lines[SCRIPT_LEVELS_MAX][SCRIPT_LINE_MAX];
	char path[SPAWN_EXEC_PATH_MAX]; /* of the program, absolute, without leading '/' */
};

/*
 * Opens a program by path, and what scripts ask for in its place; request must outlive the result.
 * The one place where the kernel looks into a program file to find out what it is.
 * ERR_TOO_MANY_SYMLINKS: too many scripts that name scripts; ERR_TOO_BIG: no room for the
 * arguments; as name_ops.open_program.
 */
enum status program_open(const struct process_request *request, struct program_opened **out_opened);
/* Accepts NULL. */
void program_close(struct program_opened *opened);
