/*
 * A project folder of its own with registry, presets and config/rustos.toml.
 *
 * Every test runs inside a fresh one and sees only the environment it gives.
 */
#pragma once

#include "../../test.h"
#include "../place.h"
#include "config/config.h"
#include <stdlib.h>
#include <string.h>

struct project {
	struct test_place place;
	struct arena arena;
	struct diag diag;
	struct config_request request;
	struct config config;
	char *environment[16];
	size_t environment_count;
};

static inline void put_file(const char *path, const char *content)
{
	assert_int_equal(file_write(path, str_from_c(content), 0644), 0);
}

static inline int project_begin(void **state)
{
	struct project *p = calloc(1, sizeof *p);
	*state = p;
	assert_non_null(p);
	place_enter(&p->place);
	host_arena_init(&p->arena);
	diag_init(&p->diag, &p->arena);
	p->request.environment = p->environment;
	put_file("registry/log.toml",
	         "[[level]]\nname = \"off\"\n[[level]]\nname = \"trace\"\n"
	         "[[level]]\nname = \"debug\"\n[[level]]\nname = \"info\"\n"
	         "[[level]]\nname = \"warn\"\n[[level]]\nname = \"error\"\n"
	         "[[level]]\nname = \"fatal\"\ndoc = \"x\"\n"
	         "[[category]]\nname = \"boot\"\n[[category]]\nname = \"memory\"\n");
	put_file("registry/faults.toml", "[[fault]]\nname = \"alloc.frame\"\n"
	                                 "[[fault]]\nname = \"block.read\"\ndoc = \"x\"\n"
	                                 "[[fault]]\nname = \"process.spawn\"\n");
	put_file("config/presets/debug.toml", "[kernel.build]\ncodegen_units = 256\n");
	put_file("config/presets/release.toml",
	         "[kernel.build]\nlto = \"full\"\n[fault_injection]\ncompiled = false\n");
	put_file("config/rustos.toml", "");
	return 0;
}

static inline int project_end(void **state)
{
	struct project *p = *state;
	place_leave(&p->place);
	arena_release(&p->arena);
	free(p);
	return 0;
}

static inline void set_variable(struct project *p, const char *variable)
{
	assert_true(p->environment_count + 1 < COUNT(p->environment));
	p->environment[p->environment_count++] = arena_c_str(&p->arena, str_from_c(variable));
}

static inline void add_set(struct project *p, const char *set)
{
	strs_add(&p->request.sets, &p->arena, str_from_c(set));
}

static inline void add_fault(struct project *p, const char *rule)
{
	strs_add(&p->request.faults, &p->arena, str_from_c(rule));
}

static inline bool load(struct project *p)
{
	return config_load(&p->arena, &p->request, &p->config, &p->diag);
}

/* `file:line:column: message | hint` lines, in the order in which they were found. */
static inline struct str said(struct project *p)
{
	struct text t = {.arena = &p->arena};
	for (const struct diag_record *r = p->diag.first; r; r = r->next) {
		if (r->span.source) {
			struct position at = source_position(r->span.source, r->span.start);
			text_addf(&t, "%.*s:%u:%u: ", STR_ARG(r->span.source->path), at.line,
			          at.column);
		}
		text_addf(&t, "%s%.*s%s%.*s\n", r->severity == SEVERITY_WARNING ? "warning: " : "",
		          STR_ARG(r->message), r->hint.len ? " | " : "", STR_ARG(r->hint));
	}
	return text_str(&t);
}

static inline void assert_loads(struct project *p)
{
	if (!load(p))
		fail_msg("%.*s", STR_ARG(said(p)));
}

static inline void assert_fails(struct project *p, const char *expected)
{
	assert_false(load(p));
	assert_str(said(p), str_from_c(expected));
}

static inline const struct config_value *value_of(const struct project *p, const char *key)
{
	for (size_t i = 0; i < p->config.value_count; i++)
		if (str_equal(p->config.values[i].key, str_from_c(key)))
			return &p->config.values[i];
	fail_msg("no value '%s'", key);
	return NULL;
}

static inline void assert_value(const struct project *p, const char *key, const char *text,
                                const char *origin)
{
	const struct config_value *value = value_of(p, key);
	assert_str(value->text, str_from_c(text));
	assert_str(value->origin, str_from_c(origin));
}

#define PROJECT_TEST(name) cmocka_unit_test_setup_teardown(name, project_begin, project_end)
