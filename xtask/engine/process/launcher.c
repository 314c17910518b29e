#include "engine/process/launcher.h"
#include <stdlib.h>
#include <string.h>

extern char **environ;

static const struct str let_through[] = {STR_INIT("HOME="),   STR_INIT("XDG_"),
                                         STR_INIT("CCACHE_"), STR_INIT("DISTCC_"),
                                         STR_INIT("ICECC_"),  STR_INIT("TMPDIR=")};

static size_t count_of(char *const *list)
{
	size_t count = 0;
	while (list[count])
		count++;
	return count;
}

static char **environment_for(struct arena *a, char *const *given)
{
	size_t count = count_of(given);
	char **all = ARENA_ARRAY(a, char *, count + count_of(environ) + 1);
	memcpy(all, given, count * sizeof *all);
	for (char **variable = environ; *variable; variable++)
		for (size_t i = 0; i < COUNT(let_through); i++)
			if (str_starts_with(str_from_c(*variable), let_through[i]))
				all[count++] = *variable;
	return all;
}

int launcher_start(struct child *c, struct arena *a, const struct action *action,
                   const struct child_program *program)
{
	size_t count = count_of(program->argv);
	char **argv = ARENA_ARRAY(a, char *, count + 2);
	argv[0] = arena_c_str(a, action->launcher);
	memcpy(argv + 1, program->argv, count * sizeof *argv);
	const struct child_program launched = {
	        .path = str_format(a, "/usr/bin/%.*s", STR_ARG(action->launcher)).ptr,
	        .argv = argv,
	        .environment = environment_for(a, program->environment),
	};
	return child_start(c, &launched);
}
