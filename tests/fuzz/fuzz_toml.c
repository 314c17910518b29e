/*
 * Fuzzer of the TOML reader and of the printing of what it says.
 *
 * Whatever the bytes: spans lie inside the text, a bad value is never without a
 * report, the tree is only as deep as the limits allow, and reading again gives
 * the same tree and the same reports.
 */
#include "os/files.h"
#include "require.h"
#include "toml/toml.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each bracket may hold a key of many parts. */
enum { DEPTH_MAX = (TOML_NESTING_MAX + 2) * (TOML_KEY_PARTS_MAX + 1) };

static void check_span(struct span span, const struct source *source)
{
	require(span.source == source);
	require(span.start <= span.end && span.end <= source->text.len);
}

static void check_tree(const struct toml_value *value, const struct diag *d, unsigned depth)
{
	check_span(value->span, value->span.source);
	require(depth < DEPTH_MAX);
	require(value->kind != TOML_INVALID || d->errors);
	if (value->kind == TOML_ARRAY)
		for (size_t i = 0; i < value->array.count; i++)
			check_tree(value->array.items[i], d, depth + 1);
	if (value->kind != TOML_TABLE)
		return;
	size_t count = 0;
	for (const struct toml_entry *e = value->table.first; e; e = e->next, count++) {
		check_span(e->key_span, value->span.source);
		require(toml_find(&value->table, e->key) == e);
		check_tree(e->value, d, depth + 1);
	}
	require(count == value->table.count);
}

static void check_equal(const struct toml_value *a, const struct toml_value *b)
{
	require(a->kind == b->kind && a->span.start == b->span.start && a->span.end == b->span.end);
	if (a->kind == TOML_STRING)
		require(str_equal(a->string, b->string));
	if (a->kind == TOML_ARRAY) {
		require(a->array.count == b->array.count);
		for (size_t i = 0; i < a->array.count; i++)
			check_equal(a->array.items[i], b->array.items[i]);
	}
	if (a->kind != TOML_TABLE)
		return;
	const struct toml_entry *y = b->table.first;
	for (const struct toml_entry *x = a->table.first; x; x = x->next, y = y->next) {
		require(y && str_equal(x->key, y->key));
		check_equal(x->value, y->value);
	}
	require(!y);
}

static void check_reports(const struct diag *d, const struct source *source)
{
	for (const struct diag_record *r = d->first; r; r = r->next) {
		check_span(r->span, source);
		require(r->message.len > 0);
	}
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	diag_print(d, out, DIAG_TEXT);
	diag_print(d, out, DIAG_JSON);
	fclose(out);
	require(d->errors == 0 || len > 0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct diag d, again;
	host_arena_init(&a);
	diag_init(&d, &a);
	diag_init(&again, &a);
	struct source source = {STR("input"), {(const char *)data, size}};
	const struct toml_value *root = toml_parse(&a, &source, &d);
	require(root && root->kind == TOML_TABLE);
	check_tree(root, &d, 0);
	check_equal(root, toml_parse(&a, &source, &again));
	require(d.errors == again.errors);
	check_reports(&d, &source);
	arena_release(&a);
	return 0;
}
