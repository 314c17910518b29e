#include "cmd/cmd.h"
#include <stdlib.h>
#include <unistd.h>

void report_print(struct invocation *in)
{
	bool color = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
	fflush(stdout);
	diag_print(in->diag, stderr, in->json ? DIAG_JSON : color ? DIAG_TEXT_COLOR : DIAG_TEXT);
	in->diag->first = in->diag->last = NULL;
}
