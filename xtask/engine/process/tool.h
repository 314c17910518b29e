/*
 * Programs that actions run, and the digests they stand for in an action's key.
 *
 * A name without a slash is looked for in /usr/bin and /bin, nowhere else. A
 * compiler driver stands for the programs behind it too (compiler proper,
 * assembler, linker), as it names them itself; the answer is kept in the journal
 * as long as the driver is the same.
 */
#pragma once

#include "engine/state/journal.h"

struct tool {
	struct str name; /* argv[0] */
	struct tracked_file *program; /* NULL: not found */
	struct tracked_file **parts;
	size_t part_count;
	struct tool *next;
};

struct tools {
	struct arena *arena;
	struct journal *journal;
	struct tool *first;
};

/* To run it: a file of the root is never looked for on the PATH. */
const char *tool_path(struct arena *a, const struct tool *tool);
/* The tool of this name, looked up once. */
struct tool *tools_get(struct tools *t, struct str name);
/*
 * Asks a compiler driver for its parts unless the journal knows them; nothing for other
 * programs. 0, or an errno value of reading the driver or writing the journal.
 */
[[nodiscard]] int tool_find_parts(struct tools *t, struct tool *tool);
