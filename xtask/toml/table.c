/*
 * Who may define and extend which table.
 *
 * Rules: toml.io/en/v1.0.0, "Table", "Inline Table", "Array of Tables", "Dotted
 * keys". Every refusal names the line of the first definition.
 */
#include "toml/parser.h"
#include <string.h>

enum { INDEX_FROM = 12 }; /* entries; below that a walk is faster */

/* Seeded with the table's address, so that no file can be made to collide. */
static size_t hash(const struct toml_table *table, struct str key)
{
	uint64_t h = (uint64_t)(uintptr_t)table ^ 0x9E3779B97F4A7C15u ^ key.len;
	while (key.len) {
		uint64_t word = 0;
		size_t len = key.len < 8 ? key.len : 8;
		memcpy(&word, key.ptr, len);
		unsigned __int128 product = (unsigned __int128)(h ^ word) * 0xD6E8FEB86659FD93u;
		h = (uint64_t)product ^ (uint64_t)(product >> 64);
		key = str_slice(key, len, key.len);
	}
	return (size_t)(h ^ h >> 32);
}

static struct toml_entry **index_slot(const struct toml_table *table, struct str key)
{
	size_t mask = table->index_size - 1;
	size_t i = hash(table, key) & mask;
	while (table->index[i] && !str_equal(table->index[i]->key, key))
		i = (i + 1) & mask;
	return &table->index[i];
}

static void index_build(struct parser *p, struct toml_table *table)
{
	table->index_size = table->index_size ? table->index_size * 2 : 64;
	table->index = ARENA_ARRAY(p->arena, struct toml_entry *, table->index_size);
	for (struct toml_entry *entry = table->first; entry; entry = entry->next)
		*index_slot(table, entry->key) = entry;
}

static struct toml_entry *find(const struct toml_table *table, struct str key)
{
	if (table->index)
		return *index_slot(table, key);
	struct toml_entry *entry = table->first;
	while (entry && !str_equal(entry->key, key))
		entry = entry->next;
	return entry;
}

const struct toml_entry *toml_find(const struct toml_table *table, struct str key)
{
	return find(table, key);
}

/* The key is not there yet. */
static void add(struct parser *p, struct toml_table *table, const struct key_part *part,
                struct toml_value *value)
{
	struct toml_entry *entry = ARENA_NEW(p->arena, struct toml_entry);
	*entry = (struct toml_entry){
	        .key = part->name,
	        .key_span = parser_span(p, part->start, part->end),
	        .value = value,
	};
	if (table->last)
		table->last->next = entry;
	else
		table->first = entry;
	table->last = entry;
	table->count++;
	if (table->index && table->count * 2 <= table->index_size)
		*index_slot(table, entry->key) = entry;
	else if (table->count >= INDEX_FROM)
		index_build(p, table);
}

struct toml_value *table_create(struct parser *p, enum toml_origin origin, uint32_t start,
                                uint32_t end)
{
	struct toml_value *value = parser_value(p, TOML_TABLE, start);
	value->span.end = end;
	value->table.origin = origin;
	return value;
}

void array_add(struct parser *p, struct toml_array *array, struct toml_value *item)
{
	if (array->count == array->capacity) {
		array->capacity = array->capacity ? array->capacity * 2 : 4;
		struct toml_value **items =
		        ARENA_ARRAY(p->arena, struct toml_value *, array->capacity);
		if (array->count)
			memcpy(items, array->items, array->count * sizeof *items);
		array->items = items;
	}
	array->items[array->count++] = item;
}

/* The key as far as part index, for messages. */
static struct str key_text(struct parser *p, const struct key *key, size_t index)
{
	struct text t = {.arena = p->arena};
	for (size_t i = 0; i <= index; i++)
		text_addf(&t, "%s%.*s", i ? "." : "", STR_ARG(key->parts[i].name));
	return parser_clip(text_str(&t));
}

static void find_lines(struct parser *p)
{
	size_t count = 1;
	for (size_t i = 0; i < p->text.len; i++)
		count += p->text.ptr[i] == '\n';
	p->line_starts = ARENA_ARRAY(p->arena, uint32_t, count);
	p->line_count = 1;
	for (size_t i = 0; i < p->text.len; i++)
		if (p->text.ptr[i] == '\n')
			p->line_starts[p->line_count++] = (uint32_t)i + 1;
}

/* From 1. */
static size_t line_of(struct parser *p, uint32_t offset)
{
	if (!p->line_starts)
		find_lines(p);
	size_t low = 0, high = p->line_count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (p->line_starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low + 1;
}

static void report_clash(struct parser *p, const struct key *key, size_t index,
                         const struct toml_entry *first, const char *what)
{
	const struct key_part *part = &key->parts[index];
	struct str name = key_text(p, key, index);
	struct str hint = str_format(p->arena, "first defined in line %zu",
	                             line_of(p, first->key_span.start));
	parser_error(p, parser_span(p, part->start, part->end), hint, "'%.*s' %s", STR_ARG(name),
	             what);
}

static const char *closed_problem(const struct toml_value *value)
{
	if (value->kind == TOML_TABLE)
		return "is an inline table, which can't be extended";
	if (value->kind == TOML_ARRAY)
		return "is an array, which can't be extended";
	return "has a value already and can't be a table";
}

/* One step of a header: the table below `in` that part index names, or NULL after reporting. */
static struct toml_value *header_step(struct parser *p, struct toml_value *in,
                                      const struct key *key, size_t index)
{
	const struct key_part *part = &key->parts[index];
	struct toml_entry *entry = find(&in->table, part->name);
	if (!entry) {
		struct toml_value *made =
		        table_create(p, TOML_OF_LONGER_HEADER, part->start, part->end);
		add(p, &in->table, part, made);
		return made;
	}
	struct toml_value *value = entry->value;
	if (value->kind == TOML_ARRAY && value->array.of_headers)
		return value->array.items[value->array.count - 1];
	if (value->kind == TOML_TABLE && value->table.origin != TOML_OF_BRACES)
		return value;
	if (value->kind != TOML_INVALID)
		report_clash(p, key, index, entry, closed_problem(value));
	return NULL;
}

static struct toml_value *open_table(struct parser *p, struct toml_value *in, const struct key *key,
                                     struct span header)
{
	size_t last = key->count - 1;
	struct toml_entry *entry = find(&in->table, key->parts[last].name);
	if (!entry) {
		struct toml_value *made = table_create(p, TOML_OF_HEADER, header.start, header.end);
		add(p, &in->table, &key->parts[last], made);
		return made;
	}
	struct toml_value *value = entry->value;
	if (value->kind == TOML_TABLE && value->table.origin == TOML_OF_LONGER_HEADER) {
		value->table.origin = TOML_OF_HEADER;
		value->span = header;
		return value;
	}
	const char *what = "has a value already and can't be a table";
	if (value->kind == TOML_TABLE) {
		value->table.damaged = true;
		what = value->table.origin == TOML_OF_DOTTED_KEY
		               ? "is defined by dotted keys already"
		               : "is defined twice";
	} else if (value->kind == TOML_ARRAY) {
		what = value->array.of_headers ? "is an array of tables; its items begin with [[ ]]"
		                               : "is an array already";
	}
	if (value->kind != TOML_INVALID)
		report_clash(p, key, last, entry, what);
	return NULL;
}

static struct toml_value *open_item(struct parser *p, struct toml_value *in, const struct key *key,
                                    struct span header)
{
	size_t last = key->count - 1;
	struct toml_entry *entry = find(&in->table, key->parts[last].name);
	struct toml_value *array;
	if (!entry) {
		array = parser_value(p, TOML_ARRAY, header.start);
		array->span = header;
		array->array.of_headers = true;
		add(p, &in->table, &key->parts[last], array);
	} else {
		array = entry->value;
		if (array->kind != TOML_ARRAY || !array->array.of_headers) {
			const char *what = array->kind == TOML_TABLE
			                           ? "is a table already, not an array of tables"
			                           : "has a value already";
			if (array->kind != TOML_INVALID)
				report_clash(p, key, last, entry, what);
			return NULL;
		}
	}
	struct toml_value *item = table_create(p, TOML_OF_HEADER, header.start, header.end);
	array_add(p, &array->array, item);
	return item;
}

struct toml_value *table_open(struct parser *p, struct toml_value *root, const struct key *key,
                              bool is_item, struct span header)
{
	struct toml_value *in = root;
	for (size_t i = 0; in && i + 1 < key->count; i++)
		in = header_step(p, in, key, i);
	struct toml_value *table = NULL;
	if (in)
		table = is_item ? open_item(p, in, key, header) : open_table(p, in, key, header);
	return table ? table : table_create(p, TOML_OF_HEADER, header.start, header.end);
}

/* One step of a dotted key, or NULL after reporting. */
static struct toml_value *dotted_step(struct parser *p, struct toml_value *in,
                                      const struct key *key, size_t index)
{
	const struct key_part *part = &key->parts[index];
	struct toml_entry *entry = find(&in->table, part->name);
	if (!entry) {
		struct toml_value *made =
		        table_create(p, TOML_OF_DOTTED_KEY, part->start, part->end);
		add(p, &in->table, part, made);
		return made;
	}
	struct toml_value *value = entry->value;
	const char *what = closed_problem(value);
	if (value->kind == TOML_TABLE) {
		if (value->table.origin == TOML_OF_LONGER_HEADER)
			value->table.origin = TOML_OF_DOTTED_KEY;
		if (value->table.origin == TOML_OF_DOTTED_KEY)
			return value;
		if (value->table.origin == TOML_OF_HEADER)
			what = "is a [table] already; dotted keys can't add to it";
	}
	if (value->kind != TOML_INVALID)
		report_clash(p, key, index, entry, what);
	return NULL;
}

bool table_insert(struct parser *p, struct toml_value *table, const struct key *key,
                  struct toml_value *value)
{
	struct toml_value *in = table;
	for (size_t i = 0; i + 1 < key->count; i++) {
		in = dotted_step(p, in, key, i);
		if (!in)
			return false;
	}
	const struct key_part *last = &key->parts[key->count - 1];
	const struct toml_entry *entry = find(&in->table, last->name);
	if (entry) {
		report_clash(p, key, key->count - 1, entry,
		             entry->value->kind == TOML_TABLE ? "is a table already"
		                                              : "is defined twice");
		return false;
	}
	add(p, &in->table, last, value);
	return true;
}
