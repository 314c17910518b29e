#include "spawn.h"
#include <base/cleanup.h>
#include <string.h>

static enum status spawn_split(struct spawn_strings strings, const char **list)
{
	for (size_t i = 0; i < strings.count; i++) {
		const char *end = strings.len ? memchr(strings.bytes, 0, strings.len) : NULL;
		if (!end)
			return ERR_INVALID_ARGS;
		list[i] = strings.bytes;
		strings.len -= (size_t)(end + 1 - strings.bytes);
		strings.bytes = end + 1;
	}
	list[strings.count] = NULL;
	return strings.len ? ERR_INVALID_ARGS : OK;
}

enum status spawn_vectors_take(struct spawn_vectors *vectors, struct spawn_strings argv,
                               struct spawn_strings envp)
{
	if (argv.count > SPAWN_EXEC_ARGS_MAX || argv.len > SPAWN_EXEC_ARGS_BYTES_MAX ||
	    envp.count > SPAWN_EXEC_ENVS_MAX || envp.len > SPAWN_EXEC_ENVS_BYTES_MAX)
		return ERR_TOO_BIG;
	TRY(spawn_split(argv, vectors->argv));
	vectors->argument_count = argv.count;
	return spawn_split(envp, vectors->envp);
}

bool spawn_vectors_put_leading(struct spawn_vectors *vectors, const char *const *leading,
                               size_t count)
{
	size_t dropped = vectors->argument_count && count ? 1 : 0;
	size_t kept = vectors->argument_count - dropped;
	if (kept + count > SPAWN_EXEC_ARGS_MAX)
		return false;
	if (!count)
		return true;
	memmove(vectors->argv + count, vectors->argv + dropped, kept * sizeof *leading);
	memcpy(vectors->argv, leading, count * sizeof *leading);
	vectors->argument_count = kept + count;
	vectors->argv[vectors->argument_count] = NULL;
	return true;
}
