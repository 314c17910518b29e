#include "cmd/cmd.h"
#include "os/terminal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void report_print(struct invocation *in)
{
	bool color = terminal_is_at(STDERR_FILENO) && !getenv("NO_COLOR");
	fflush(stdout);
	diag_print(in->diag, stderr, in->json ? DIAG_JSON : color ? DIAG_TEXT_COLOR : DIAG_TEXT);
	in->diag->first = in->diag->last = NULL;
}

static void close_line(const struct invocation *in)
{
	const char *name = in->command ? in->command->name : "xtask";
	if (!in->diag->errors || in->closed)
		return;
	if (in->json)
		printf("{\"command\":\"%s\",\"errors\":%zu}\n", name, in->diag->errors);
	else
		fprintf(stderr, "%s: %zu error%s, nothing done\n", name, in->diag->errors,
		        in->diag->errors == 1 ? "" : "s");
}

int report_close(struct invocation *in, int status)
{
	bool lost = ferror(stdout);
	errno = 0;
	lost |= fflush(stdout) != 0;
	int error = errno;
	report_print(in);
	close_line(in);
	if (!lost)
		return status;
	diag_error(in->diag, (struct span){}, (struct str){}, "cannot write the output: %s",
	           error ? strerror(error) : "part of it is lost");
	report_print(in);
	return status == EXIT_DONE ? EXIT_FAILED : status;
}
