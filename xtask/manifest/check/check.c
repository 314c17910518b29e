#include "manifest/check/check.h"
#include "manifest/name_map.h"
#include "manifest/schema.h"

/* The table by name (empty: the top level), or NULL. */
static const struct toml_table *table_of(const struct check *c, struct str table)
{
	if (!table.len)
		return &c->root->table;
	const struct toml_entry *entry = toml_find(&c->root->table, table);
	return entry && entry->value->kind == TOML_TABLE ? &entry->value->table : NULL;
}

static const struct toml_schema *schema_of(struct str table)
{
	if (!table.len)
		return &manifest_schema;
	for (size_t i = 0; i < manifest_schema.field_count; i++)
		if (str_equal(manifest_schema.fields[i].key, table))
			return manifest_schema.fields[i].schema;
	return NULL;
}

static bool is_known(const struct toml_schema *schema, struct str key)
{
	for (size_t i = 0; schema && i < schema->field_count; i++)
		if (str_equal(schema->fields[i].key, key))
			return true;
	return false;
}

/* An unknown key that was reported with this one as the nearest. */
static bool is_misspelt(const struct check *c, const struct toml_schema *schema,
                        const struct toml_table *table, struct str key)
{
	for (const struct toml_entry *e = table->first; e; e = e->next)
		if (!is_known(schema, e->key) && diag_did_you_mean(c->diag, e->key, &key, 1).len)
			return true;
	return false;
}

static bool table_lacks(const struct check *c, struct str name, const struct toml_table *table,
                        struct str key)
{
	return !table->damaged && !toml_find(table, key) &&
	       !is_misspelt(c, schema_of(name), table, key);
}

bool check_lacks(const struct check *c, struct str table, struct str key)
{
	const struct toml_table *at = table_of(c, table);
	if (at)
		return table_lacks(c, table, at, key);
	return !toml_find(&c->root->table, table) &&
	       table_lacks(c, STR(""), &c->root->table, table);
}

struct span check_key_span(const struct check *c, struct str table, struct str key,
                           struct span fallback)
{
	const struct toml_table *at = table_of(c, table);
	const struct toml_entry *entry = at ? toml_find(at, key) : NULL;
	return entry ? entry->key_span : fallback;
}

enum { SHOWN_MAX = 60 }; /* longer values stand in the line below the message */

bool check_problem(struct check *c, const struct toml_str *value, const char *what,
                   struct problem problem)
{
	if (!problem.message.len)
		return true;
	bool shown =
	        value->value.len && value->value.len <= SHOWN_MAX && !unfit_byte(value->value, "");
	if (shown)
		diag_error(c->diag, value->span, problem.hint, "%s '%.*s' %.*s", what,
		           STR_ARG(value->value), STR_ARG(problem.message));
	else
		diag_error(c->diag, value->span, problem.hint, "%s %.*s", what,
		           STR_ARG(problem.message));
	return false;
}

static bool is_new(struct check *c, struct name_map *seen, const struct toml_str *item,
                   const char *list)
{
	void **value = name_map_at(seen, item->value);
	bool is_new_item = !*value;
	if (!is_new_item)
		diag_error(c->diag, item->span, STR("delete one of them"),
		           "'%.*s' stands twice in %s", STR_ARG(item->value), list);
	*value = seen;
	return is_new_item;
}

void check_items(struct check *c, struct toml_strs *items, const char *list, item_check fits)
{
	if (!items->count)
		return;
	struct name_map seen;
	name_map_init(&seen, c->arena, items->count);
	size_t kept = 0;
	for (size_t i = 0; i < items->count; i++) {
		const struct toml_str *item = &items->items[i];
		if ((!fits || fits(c, item, list)) && is_new(c, &seen, item, list))
			items->items[kept++] = *item;
	}
	items->count = kept;
}
