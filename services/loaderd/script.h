/*
 * Programs that are text: a first line `#!INTERPRETER [ARGUMENT]`.
 */
#pragma once

#include <abi/status.h>
#include <base/str.h>

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
/*
 * head: at least the first SCRIPT_LINE_MAX bytes, or the whole file. ERR_NOT_EXECUTABLE: no
 * interpreter is named, or its name may go on behind those bytes.
 */
enum status script_parse(struct str head, struct script_line *out_line);
