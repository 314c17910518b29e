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

void report_close(struct invocation *in)
{
	const char *name = in->command ? in->command->name : "xtask";
	report_print(in);
	if (!in->diag->errors || in->closed)
		return;
	if (in->json)
		printf("{\"command\":\"%s\",\"errors\":%zu}\n", name, in->diag->errors);
	else
		fprintf(stderr, "%s: %zu error%s, nothing done\n", name, in->diag->errors,
		        in->diag->errors == 1 ? "" : "s");
}
