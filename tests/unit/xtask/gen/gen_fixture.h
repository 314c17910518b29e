/*
 * A project of its own in a temporary folder, with the sample registry of tests/golden/gen,
 * in which single words can be replaced; the process works there.
 */
#pragma once

#include "../../test.h"
#include "../place.h"
#include "gen/gen.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gen_fixture {
	struct arena arena;
	struct diag diag;
	struct test_place place;
};

static inline void fixture_copy(struct gen_fixture *f, const char *name)
{
	struct str from =
	        str_format(&f->arena, "%s/tests/golden/gen/registry/%s", f->place.former, name);
	struct str content;
	assert_int_equal(file_read(&f->arena, from.ptr, &content), 0);
	assert_int_equal(file_write(str_format(&f->arena, "registry/%s", name).ptr, content, 0644),
	                 0);
}

static inline void fixture_restore(struct gen_fixture *f)
{
	static const char *const names[] = {
	        "status.toml",  "services.toml",       "faults.toml",   "log.toml",
	        "machine.toml", "linux_syscalls.toml", "syscalls.toml", "interfaces/counter.toml"};
	for (size_t i = 0; i < COUNT(names); i++)
		fixture_copy(f, names[i]);
	diag_init(&f->diag, &f->arena);
}

static inline int fixture_create(void **state)
{
	struct gen_fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	host_arena_init(&f->arena);
	place_enter(&f->place);
	fixture_restore(f);
	*state = f;
	return 0;
}

static inline int fixture_destroy(void **state)
{
	struct gen_fixture *f = *state;
	place_leave(&f->place);
	arena_release(&f->arena);
	free(f);
	return 0;
}

/* Replaces the first occurrence of `from` in registry/NAME; it must be there. */
static inline void fixture_replace(struct gen_fixture *f, const char *name, const char *from,
                                   const char *to)
{
	struct str path = str_format(&f->arena, "registry/%s", name), content;
	assert_int_equal(file_read(&f->arena, path.ptr, &content), 0);
	const char *text = arena_c_str(&f->arena, content), *at = strstr(text, from);
	if (!at)
		fail_msg("no '%s' in %s", from, name);
	struct text t = {.arena = &f->arena};
	text_add(&t, (struct str){text, (size_t)(at - text)});
	text_addf(&t, "%s%s", to, at + strlen(from));
	assert_int_equal(file_write(path.ptr, text_str(&t), 0644), 0);
}

/* "path:line:col: message (hint)" of every record, a line each, in order of reporting. */
static inline struct str fixture_said(struct gen_fixture *f)
{
	struct text t = {.arena = &f->arena};
	for (const struct diag_record *r = f->diag.first; r; r = r->next) {
		if (r->span.source) {
			struct position p = source_position(r->span.source, r->span.start);
			text_addf(&t, "%.*s:%u:%u: ", STR_ARG(r->span.source->path), p.line,
			          p.column);
		}
		text_addf(&t, "%.*s", STR_ARG(r->message));
		if (r->hint.len)
			text_addf(&t, " (%.*s)", STR_ARG(r->hint));
		text_add_byte(&t, '\n');
	}
	return text_str(&t);
}
