/* Arguments and environment of a program that is started, out of a request. */
#pragma once

#include "build.h"
#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>

/* Strings back to back, each with its NUL. */
struct spawn_strings {
	const char *bytes;
	size_t len;
	size_t count;
};

/* Each ends with NULL. */
struct spawn_vectors {
	const char *argv[SPAWN_EXEC_ARGS_MAX + BUILD_LEADING_MAX + 1];
	const char *envp[SPAWN_EXEC_ENVS_MAX + 1];
	size_t argument_count;
};

/*
 * Points into the strings. ERR_TOO_BIG: more than spawn_exec takes; ERR_INVALID_ARGS: they are not
 * as many as was said.
 */
enum status spawn_vectors_take(struct spawn_vectors *vectors, struct spawn_strings argv,
                               struct spawn_strings envp);
/* In place of argument 0; nothing happens with none. False: too many then. */
bool spawn_vectors_put_leading(struct spawn_vectors *vectors, const char *const *leading,
                               size_t count);
