/*
 * A folder of its own with a graph to run in it.
 *
 * Each test is run inside a fresh temporary folder; what it builds goes to "out".
 */
#pragma once

#include "../place.h"
#include "engine/engine.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

struct world {
	struct test_place place;
	struct arena arena;
	struct graph graph;
	struct engine_request request;
	struct diag diag;
	struct engine_summary summary;
};

static inline void put_file(const char *path, const char *content)
{
	assert_int_equal(file_write(path, str_from_c(content), 0644), 0);
}

/* Until somebody has made it, and written a line there when it is to be read. */
static inline void await_file(struct world *w, const char *path, bool has_line)
{
	struct str found = {};
	for (int i = 0; i < 6000; i++) {
		if (file_read(&w->arena, path, &found) == 0 &&
		    (!has_line || str_ends_with(found, STR("\n"))))
			return;
		usleep(10000);
	}
	fail_msg("nobody has written '%s'", path);
}

static inline void assert_file(struct world *w, const char *path, const char *content)
{
	struct str found;
	assert_int_equal(file_read(&w->arena, path, &found), 0);
	assert_string_equal(arena_c_str(&w->arena, found), content);
}

/* "a b c" */
static inline struct strs words(struct world *w, const char *text)
{
	struct strs list = {};
	struct str rest = str_from_c(text);
	while (rest.len) {
		struct str_split cut = str_cut(rest, ' ');
		if (cut.head.len)
			strs_add(&list, &w->arena, arena_str(&w->arena, cut.head));
		rest = cut.rest;
	}
	return list;
}

/* A new, empty graph; the old one's actions are forgotten. */
static inline void world_clear(struct world *w)
{
	w->graph = (struct graph){.arena = &w->arena};
	w->request = (struct engine_request){
	        .graph = &w->graph,
	        .out = "out",
	        .jobs = 2,
	        .identity = STR("test"),
	        .quiet = true,
	};
}

static inline int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	place_enter(&w->place);
	host_arena_init(&w->arena);
	world_clear(w);
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

static const struct action_kind shell_kind = {.name = "shell", .version = 1};

/* sh -c script; $0 is the temporary name of the first output. */
static inline struct action *world_shell(struct world *w, const char *inputs, const char *outputs,
                                         const char *script)
{
	struct action *action = graph_add(&w->graph, &shell_kind);
	action->outputs = words(w, outputs);
	action->inputs = words(w, inputs);
	action->subject = action->outputs.items[0];
	strs_add(&action->argv, &w->arena, STR("sh"));
	strs_add(&action->argv, &w->arena, STR("-c"));
	strs_add(&action->argv, &w->arena, str_from_c(script));
	strs_add(&action->argv, &w->arena, STR("$out_0"));
	return action;
}

/* Its inputs one behind the other in its one output. */
static inline struct action *world_cat(struct world *w, const char *inputs, const char *output)
{
	struct text script = {.arena = &w->arena};
	text_addf(&script, "cat /dev/null %s > $0", inputs);
	return world_shell(w, inputs, output, text_str(&script).ptr);
}

static inline bool world_run(struct world *w)
{
	diag_init(&w->diag, &w->arena);
	return engine_run(&w->request, &w->summary, &w->diag);
}

static inline void assert_counts(const struct world *w, size_t run, size_t up_to_date)
{
	assert_int_equal(w->summary.run, run);
	assert_int_equal(w->summary.up_to_date, up_to_date);
}

/* The run succeeds and does exactly this much. */
#define assert_runs(w, run, up_to_date)                                                            \
	do {                                                                                       \
		if (!world_run(w))                                                                 \
			diag_print(&(w)->diag, stderr, DIAG_TEXT);                                 \
		assert_int_equal((w)->diag.errors, 0);                                             \
		assert_counts((w), (run), (up_to_date));                                           \
	} while (0)

static inline bool world_unchanged(struct world *w)
{
	return engine_unchanged(w->request.out, w->request.identity, &w->summary);
}

static inline bool diag_says(const struct diag *d, const char *text)
{
	for (const struct diag_record *record = d->first; record; record = record->next)
		if (memmem(record->message.ptr, record->message.len, text, strlen(text)))
			return true;
	return false;
}

/* Prints what was said when the text is missing. */
#define assert_diag(w, text)                                                                       \
	do {                                                                                       \
		if (!diag_says(&(w)->diag, (text)))                                                \
			diag_print(&(w)->diag, stderr, DIAG_TEXT);                                 \
		assert_true(diag_says(&(w)->diag, (text)));                                        \
	} while (0)

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
