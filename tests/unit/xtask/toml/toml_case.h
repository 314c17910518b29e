/* What is said about a TOML text, as `line:column message | hint` lines. */
#pragma once

#include "../../test.h"
#include "os/files.h"
#include "toml/toml.h"

struct toml_case {
	struct str text;
	const char *said; /* "" when nothing is wrong */
};

#define CASE(text, said)                                                                           \
	{                                                                                          \
		STR_INIT(text), said                                                               \
	}

static inline struct str diag_summary(struct diag *d)
{
	struct text t = {.arena = d->arena};
	for (const struct diag_record *r = d->first; r; r = r->next) {
		struct position at = {};
		if (r->span.source)
			at = source_position(r->span.source, r->span.start);
		text_addf(&t, "%u:%u %s%.*s%s%.*s\n", at.line, at.column,
		          r->severity == SEVERITY_WARNING ? "warning: " : "", STR_ARG(r->message),
		          r->hint.len ? " | " : "", STR_ARG(r->hint));
	}
	return text_str(&t);
}

static inline void assert_said(const struct toml_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct arena a;
		struct diag d;
		host_arena_init(&a);
		diag_init(&d, &a);
		struct source source = {STR("t"), cases[i].text};
		(void)toml_parse(&a, &source, &d);
		struct str said = diag_summary(&d);
		if (!str_equal(said, str_from_c(cases[i].said)))
			fail_msg("of\n%.*s\ngot\n%.*swant\n%s", STR_ARG(cases[i].text),
			         STR_ARG(said), cases[i].said);
		arena_release(&a);
	}
}

#define ASSERT_SAID(cases) assert_said((cases), COUNT(cases))

/* The value of `a` in a text without errors; lives as long as arena. */
static inline const struct toml_value *value_of_a(struct arena *arena, struct str text)
{
	struct diag d;
	diag_init(&d, arena);
	struct source *source = ARENA_NEW(arena, struct source);
	*source = (struct source){STR("t"), text};
	const struct toml_value *root = toml_parse(arena, source, &d);
	assert_int_equal(d.errors, 0);
	const struct toml_entry *entry = toml_find(&root->table, STR("a"));
	assert_non_null(entry);
	return entry->value;
}
