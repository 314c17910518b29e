/* A project of its own in a temporary folder, where the process works; files as a test needs. */
#pragma once

#include "../../test.h"
#include "../place.h"
#include "check/check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_fixture {
	struct arena arena;
	struct diag diag;
	struct test_place place;
};

struct fixture_file {
	const char *path;
	const char *text;
};

static inline int fixture_create(void **state)
{
	struct check_fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	place_enter(&f->place);
	host_arena_init(&f->arena);
	diag_init(&f->diag, &f->arena);
	*state = f;
	return 0;
}

static inline int fixture_destroy(void **state)
{
	struct check_fixture *f = *state;
	place_leave(&f->place);
	arena_release(&f->arena);
	free(f);
	return 0;
}

/* Empties the project and fills it with these files; the list ends with a NULL path. */
static inline void fixture_fill(struct check_fixture *f, const struct fixture_file *files)
{
	static const char *const folders[] = {"xtask",    "kernel", "libs",
	                                      "services", "apps",   "config"};
	for (size_t i = 0; i < COUNT(folders); i++)
		assert_int_equal(tree_remove(folders[i]), 0);
	for (; files->path; files++)
		assert_int_equal(file_write(files->path, str_from_c(files->text), 0644), 0);
	diag_init(&f->diag, &f->arena);
}

static inline struct check_tree fixture_tree(struct check_fixture *f)
{
	struct check_tree tree;
	assert_true(check_tree_read(&f->arena, &tree, &f->diag));
	return tree;
}

/* "path:line:col: severity: message (hint)", a line each, in order of reporting. */
static inline struct str fixture_said(struct check_fixture *f)
{
	struct text t = {.arena = &f->arena};
	for (const struct diag_record *r = f->diag.first; r; r = r->next) {
		if (r->span.source) {
			struct position p = source_position(r->span.source, r->span.start);
			text_addf(&t, "%.*s:%u:%u: ", STR_ARG(r->span.source->path), p.line,
			          p.column);
		}
		text_addf(&t, "%s: %.*s", r->severity == SEVERITY_ERROR ? "error" : "warning",
		          STR_ARG(r->message));
		if (r->hint.len)
			text_addf(&t, " (%.*s)", STR_ARG(r->hint));
		text_add_byte(&t, '\n');
	}
	return text_str(&t);
}

/* Whether a check reported this and no more, and was content if that is nothing. */
static inline bool fixture_said_just(struct check_fixture *f, bool ok, const char *wanted)
{
	struct str said = fixture_said(f);
	if (ok == !*wanted && str_equal(said, str_from_c(wanted)))
		return true;
	print_error("got  %.*swant %s", STR_ARG(said), wanted);
	return false;
}
