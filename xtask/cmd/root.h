/* Where the project lies: the nearest folder upwards that holds registry/ and config/, or --root.
 */
#pragma once

#include "cmd/cmd.h"

/* Makes the project's root the current folder; reports when there is none. */
bool root_enter(struct invocation *in);
