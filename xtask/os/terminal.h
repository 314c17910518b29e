/* Whether what is written to a descriptor is looked at on a screen that knows more than lines. */
#pragma once

#include <stdbool.h>

/* False for a file, a pipe, and where TERM is "dumb": an editor's window, say. */
bool terminal_is_at(int fd);
