#include "os/terminal.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool terminal_is_at(int fd)
{
	const char *name = getenv("TERM");
	return isatty(fd) && !(name && strcmp(name, "dumb") == 0);
}
