#include "watch/watch.h"
#include "cmd/cmd.h"
#include <stdio.h>
#include <unistd.h>

static const struct option options_watch[] = {
        {"--rounds", "N", "end after so many rounds (default: when it is stopped)"},
        {},
};

static const struct option *const options[] = {options_system, options_watch, NULL};

/* The options that choose the system, for the build. */
static struct strs system_options(struct invocation *in)
{
	struct strs words = {};
	for (size_t i = 0; i < in->given_count; i++)
		for (const struct option *o = options_system; o->name; o++)
			if (o->name == in->given[i].name)
				strs_add(&words, in->arena,
				         str_format(in->arena, "%s=%.*s", o->name,
				                    STR_ARG(in->given[i].value)));
	if (in->quiet)
		strs_add(&words, in->arena, STR("--quiet"));
	return words;
}

static int run_watch(struct invocation *in)
{
	char tool[4096];
	ssize_t len = readlink("/proc/self/exe", tool, sizeof tool);
	int64_t rounds;
	if (!option_number(in, "--rounds", 1, INT32_MAX, &rounds))
		return EXIT_USAGE;
	struct watch_request request = {
	        .tool = {tool, len > 0 ? (size_t)len : 0},
	        .build = system_options(in),
	        .command = in->rest,
	        .rounds = (uint64_t)rounds,
	        .quiet = in->quiet,
	};
	int status;
	return watch_run(in->arena, &request, stdout, &status, in->diag) ? status : EXIT_USAGE;
}

const struct command command_watch = {
        .name = "watch",
        .summary = "build at every save, then run a command of xtask: test, or boot again",
        .usage = "[OPTIONS] [-- COMMAND]",
        .details = "Each round builds what is stale; when that succeeds, COMMAND runs. A save "
                   "while it runs\nstops it and begins the next round, so that `qemu` boots "
                   "again.\n",
        .example = "  xtask watch\n  xtask watch -- test boot_direct\n"
                   "  xtask watch -- qemu --boot direct\n",
        .options = options,
        .takes_rest = true,
        .run = run_watch,
};
