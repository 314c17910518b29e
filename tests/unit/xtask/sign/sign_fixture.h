/* A folder of its own for each test, with one key for all of them (making one takes long). */
#pragma once

#include "../../test.h"
#include "../place.h"
#include "sign/openpgp.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

struct world {
	struct test_place place;
	struct arena arena;
	struct text why;
};

static inline int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	place_enter(&w->place);
	host_arena_init(&w->arena);
	w->why.arena = &w->arena;
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;
	place_leave(&w->place);
	arena_release(&w->arena);
	free(w);
	return 0;
}

static inline struct str world_read(struct world *w, const char *path)
{
	struct str content;
	if (file_read(&w->arena, path, &content))
		fail_msg("cannot read %s", path);
	return content;
}

static inline void world_write(const char *path, struct str content)
{
	assert_int_equal(file_write(path, content, 0600), 0);
}

/* Exit status of a command line, its output in said.txt. */
static inline int world_status(const char *line)
{
	char shell[1200];
	snprintf(shell, sizeof shell,
	         "export LC_ALL=C GNUPGHOME=$PWD PATH=/usr/bin:/bin; { %s; } >said.txt 2>&1", line);
	int status = system(shell);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void world_run(struct world *w, const char *line)
{
	if (world_status(line) != 0)
		fail_msg("%s: %.*s", line, STR_ARG(world_read(w, "said.txt")));
}

/* The key "k" and its public half "k.gpg". */
static inline void world_key(struct world *w, const char *path)
{
	if (signing_key_ensure(path, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
	struct str public = str_format(&w->arena, "%s.gpg", path);
	assert_int_equal(openpgp_export_file(path, public.ptr, &w->why), 0);
}
