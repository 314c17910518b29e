/* The texts of golden cases: command lines, and output without what differs from run to run. */
#pragma once

#include "os/text.h"

/* Blanks separate; '...' and "..." keep them; a backslash keeps the next byte. False: open quote.
 */
bool split_words(struct arena *a, struct str line, struct strs *out_words);
/* NAME=VALUE with a name of capitals, digits and '_'. */
bool is_assignment(struct str word);
/* The tree's path becomes $TREE, and a time as in "12 ms" or "0.31 s" becomes "N ms", "N s". */
struct str normalise_output(struct arena *a, struct str output, struct str tree);
