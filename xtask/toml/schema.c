#include "toml/schema.h"
#include <stdlib.h>

struct reading {
	struct arena *arena;
	struct diag *diag;
	const struct toml_schema *schema;
	bool bad;
};

static bool read_table(struct reading *outer, const struct toml_schema *schema,
                       const struct toml_value *table, void *out);

/* "in [build]"; for the top level the same words. */
static const char *place(const struct reading *r)
{
	return r->schema->name;
}

static const char *wanted_name(enum toml_field_kind kind)
{
	static const char *const names[] = {
	        [FIELD_STRING] = "a string",
	        [FIELD_INTEGER] = "an integer",
	        [FIELD_BOOLEAN] = "a boolean",
	        [FIELD_WORD] = "a string",
	        [FIELD_STRINGS] = "an array of strings",
	        [FIELD_TABLE] = "a table",
	        [FIELD_TABLES] = "an array of tables",
	};
	return names[kind];
}

static enum toml_kind wanted_kind(enum toml_field_kind kind)
{
	static const enum toml_kind kinds[] = {
	        [FIELD_STRING] = TOML_STRING,   [FIELD_INTEGER] = TOML_INTEGER,
	        [FIELD_BOOLEAN] = TOML_BOOLEAN, [FIELD_WORD] = TOML_STRING,
	        [FIELD_STRINGS] = TOML_ARRAY,   [FIELD_TABLE] = TOML_TABLE,
	        [FIELD_TABLES] = TOML_ARRAY,
	};
	return kinds[kind];
}

static struct str written(const struct toml_value *value)
{
	return str_slice(value->span.source->text, value->span.start, value->span.end);
}

static struct str choice_list(struct reading *r, const struct toml_field *field)
{
	struct text t = {.arena = r->arena};
	for (size_t i = 0; i < field->choice_count; i++)
		if (!field->choices[i].refused)
			text_addf(&t, "%s%.*s",
			          t.len ? ", " : "one of: ", STR_ARG(field->choices[i].word));
	return text_str(&t);
}

static bool is_choice(const struct toml_field *field, struct str word)
{
	for (size_t i = 0; i < field->choice_count; i++)
		if (str_equal(field->choices[i].word, word))
			return true;
	return false;
}

/* How the value would be written right, when that is plain. */
static struct str type_hint(struct reading *r, const struct toml_field *field,
                            const struct toml_value *value)
{
	struct str text = written(value);
	if (text.len > 40)
		return (struct str){};
	bool scalar = value->kind != TOML_ARRAY && value->kind != TOML_TABLE;
	bool wants_text = field->kind == FIELD_STRING || is_choice(field, text);
	if (field->kind == FIELD_WORD && !wants_text)
		return choice_list(r, field);
	if (wants_text && scalar)
		return str_format(r->arena, "quote it: \"%.*s\"", STR_ARG(text));
	if (field->kind == FIELD_STRINGS && value->kind == TOML_STRING)
		return str_format(r->arena, "write [%.*s]", STR_ARG(text));
	uint64_t number;
	bool holds = value->kind == TOML_STRING &&
	             ((field->kind == FIELD_INTEGER && str_to_u64(value->string, &number)) ||
	              (field->kind == FIELD_BOOLEAN && (str_equal(value->string, STR("true")) ||
	                                                str_equal(value->string, STR("false")))));
	if (holds)
		return str_format(r->arena, "without quotes: %.*s", STR_ARG(value->string));
	if (field->kind == FIELD_TABLE && value->kind == TOML_ARRAY && value->array.of_headers)
		return str_format(r->arena, "it stands once: [%.*s]", STR_ARG(field->key));
	if (field->kind == FIELD_TABLES && value->kind == TOML_TABLE)
		return str_format(r->arena, "each item begins with [[%.*s]]", STR_ARG(field->key));
	return (struct str){};
}

static void report_type(struct reading *r, const struct toml_field *field,
                        const struct toml_value *value)
{
	diag_error(r->diag, value->span, type_hint(r, field, value), "'%.*s' must be %s, found %s",
	           STR_ARG(field->key), wanted_name(field->kind), toml_kind_name(value->kind));
	r->bad = true;
}

static void read_integer(struct reading *r, const struct toml_field *field,
                         const struct toml_value *value, struct toml_int *out)
{
	bool limited = field->minimum || field->maximum;
	if (limited && (value->integer < field->minimum || value->integer > field->maximum)) {
		diag_error(r->diag, value->span, (struct str){},
		           "'%.*s' must be in %lld..%lld, got %lld", STR_ARG(field->key),
		           (long long)field->minimum, (long long)field->maximum,
		           (long long)value->integer);
		r->bad = true;
		return;
	}
	*out = (struct toml_int){value->integer, value->span};
}

static void report_word(struct reading *r, const struct toml_field *field,
                        const struct toml_value *value)
{
	struct str *words = ARENA_ARRAY(r->arena, struct str, field->choice_count);
	size_t count = 0;
	for (size_t i = 0; i < field->choice_count; i++)
		if (!field->choices[i].refused)
			words[count++] = field->choices[i].word;
	struct str hint = diag_did_you_mean(r->diag, value->string, words, count);
	diag_error(r->diag, value->span, hint.len ? hint : choice_list(r, field),
	           "'%.*s' is no value of '%.*s'", STR_ARG(value->string), STR_ARG(field->key));
	r->bad = true;
}

static void read_word(struct reading *r, const struct toml_field *field,
                      const struct toml_value *value, struct toml_word *out)
{
	for (size_t i = 0; i < field->choice_count; i++) {
		const struct toml_choice *choice = &field->choices[i];
		if (!str_equal(choice->word, value->string))
			continue;
		if (!choice->refused) {
			*out = (struct toml_word){choice->value, value->span};
			return;
		}
		diag_error(r->diag, value->span, str_from_c(choice->refused),
		           "'%.*s' can't be '%.*s' here", STR_ARG(field->key),
		           STR_ARG(value->string));
		r->bad = true;
		return;
	}
	report_word(r, field, value);
}

static void read_strings(struct reading *r, const struct toml_field *field,
                         const struct toml_value *value, struct toml_strs *out)
{
	struct toml_strs list = {.span = value->span};
	list.items = ARENA_ARRAY(r->arena, struct toml_str, value->array.count);
	for (size_t i = 0; i < value->array.count; i++) {
		const struct toml_value *item = value->array.items[i];
		if (item->kind == TOML_STRING) {
			list.items[list.count++] = (struct toml_str){item->string, item->span};
			continue;
		}
		diag_error(r->diag, item->span, (struct str){},
		           "'%.*s' must hold strings only, found %s", STR_ARG(field->key),
		           toml_kind_name(item->kind));
		r->bad = true;
	}
	*out = list;
}

static void read_tables(struct reading *r, const struct toml_field *field,
                        const struct toml_value *value, struct toml_list *out)
{
	struct toml_list list = {.span = value->span};
	char *items = arena_array(r->arena, value->array.count, field->schema->size);
	for (size_t i = 0; i < value->array.count; i++) {
		const struct toml_value *item = value->array.items[i];
		if (item->kind == TOML_TABLE) {
			void *place_of_item = items + list.count++ * field->schema->size;
			(void)read_table(r, field->schema, item, place_of_item);
			continue;
		}
		diag_error(r->diag, item->span, (struct str){},
		           "'%.*s' must hold tables only, found %s", STR_ARG(field->key),
		           toml_kind_name(item->kind));
		r->bad = true;
	}
	list.items = items;
	*out = list;
}

static void read_value(struct reading *r, const struct toml_field *field,
                       const struct toml_value *value, void *out)
{
	void *member = (char *)out + field->offset;
	switch (field->kind) {
	case FIELD_STRING:
		*(struct toml_str *)member = (struct toml_str){value->string, value->span};
		break;
	case FIELD_INTEGER:
		read_integer(r, field, value, member);
		break;
	case FIELD_BOOLEAN:
		*(struct toml_bool *)member = (struct toml_bool){value->boolean, value->span};
		break;
	case FIELD_WORD:
		read_word(r, field, value, member);
		break;
	case FIELD_STRINGS:
		read_strings(r, field, value, member);
		break;
	case FIELD_TABLE:
		(void)read_table(r, field->schema, value, member);
		break;
	case FIELD_TABLES:
		read_tables(r, field, value, member);
		break;
	}
}

static const struct toml_field *field_find(const struct toml_schema *schema, struct str key)
{
	for (size_t i = 0; i < schema->field_count; i++)
		if (str_equal(schema->fields[i].key, key))
			return &schema->fields[i];
	return NULL;
}

static void report_unknown(struct reading *r, const struct toml_entry *entry)
{
	struct str *names = ARENA_ARRAY(r->arena, struct str, r->schema->field_count);
	struct text known = {.arena = r->arena};
	size_t count = 0;
	for (size_t i = 0; i < r->schema->field_count; i++) {
		const struct toml_field *field = &r->schema->fields[i];
		if (field->refused)
			continue;
		names[count++] = field->key;
		text_addf(&known, "%s%.*s", known.len ? ", " : "known here: ", STR_ARG(field->key));
	}
	struct str hint = diag_did_you_mean(r->diag, entry->key, names, count);
	bool is_table = entry->value->kind == TOML_TABLE;
	diag_error(r->diag, entry->key_span, hint.len ? hint : text_str(&known),
	           "unknown %s '%.*s' in %s", is_table ? "table" : "key", STR_ARG(entry->key),
	           place(r));
	r->bad = true;
}

static void read_entry(struct reading *r, const struct toml_entry *entry, void *out)
{
	const struct toml_field *field = field_find(r->schema, entry->key);
	if (!field) {
		if (!r->schema->open)
			report_unknown(r, entry);
		return;
	}
	if (field->refused) {
		diag_error(r->diag, entry->key_span, str_from_c(field->refused),
		           "'%.*s' can't stand in %s", STR_ARG(entry->key), place(r));
		r->bad = true;
		return;
	}
	struct toml_value word = *entry->value;
	if (field->number_is_word && word.kind == TOML_INTEGER) {
		word.kind = TOML_STRING;
		word.string = written(entry->value);
		read_value(r, field, &word, out);
	} else if (entry->value->kind == TOML_INVALID)
		r->bad = true;
	else if (entry->value->kind != wanted_kind(field->kind))
		report_type(r, field, entry->value);
	else
		read_value(r, field, entry->value, out);
}

/* Whether an unknown key of the table, reported already, is this field misspelt. */
static bool is_misspelt(struct reading *r, const struct toml_table *table, struct str key)
{
	if (r->schema->open)
		return false;
	for (const struct toml_entry *e = table->first; e; e = e->next)
		if (!field_find(r->schema, e->key) &&
		    diag_did_you_mean(r->diag, e->key, &key, 1).len)
			return true;
	return false;
}

static void report_missing(struct reading *r, const struct toml_table *table, struct span span)
{
	for (size_t i = 0; i < r->schema->field_count; i++) {
		const struct toml_field *field = &r->schema->fields[i];
		if (!field->required || toml_find(table, field->key) ||
		    is_misspelt(r, table, field->key))
			continue;
		bool is_table = field->kind == FIELD_TABLE || field->kind == FIELD_TABLES;
		diag_error(r->diag, span, field->doc ? str_from_c(field->doc) : (struct str){},
		           "missing %s '%.*s' in %s", is_table ? "table" : "key",
		           STR_ARG(field->key), place(r));
		r->bad = true;
	}
}

static bool read_table(struct reading *outer, const struct toml_schema *schema,
                       const struct toml_value *table, void *out)
{
	struct reading r = {outer->arena, outer->diag, schema, false};
	if (schema->has_span)
		*(struct span *)((char *)out + schema->span_offset) = table->span;
	for (const struct toml_entry *e = table->table.first; e; e = e->next)
		read_entry(&r, e, out);
	if (!table->table.damaged)
		report_missing(&r, &table->table, table->span);
	outer->bad |= r.bad || table->table.damaged;
	return !r.bad;
}

bool toml_read(struct arena *a, const struct toml_schema *schema, const struct toml_value *table,
               void *out, struct diag *d)
{
	struct reading r = {a, d, schema, false};
	(void)read_table(&r, schema, table, out);
	return !r.bad;
}
