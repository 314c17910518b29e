/*
 * The TOML reader against Python's tomllib: the same documents are accepted and
 * decode to the same tree.
 *
 * TOML_ORACLE_SEED and TOML_ORACLE_COUNT choose other generated documents.
 */
#include "../../unit/test.h"
#include "corner_cases.h"
#include "generate.h"
#include "os/files.h"
#include "toml/toml.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GENERATED = 6000 };

static json_t *encode(const struct toml_value *value);

static json_t *encode_real(double real)
{
	uint64_t bits;
	char text[17];
	memcpy(&bits, &real, sizeof bits);
	snprintf(text, sizeof text, "%016llx", (unsigned long long)bits);
	return json_pack("[s, s]", "float", isnan(real) ? "nan" : text);
}

static int compare_entries(const void *a, const void *b)
{
	const struct toml_entry *const *x = a, *const *y = b;
	return str_compare((*x)->key, (*y)->key);
}

static json_t *encode_table(const struct toml_table *table)
{
	const struct toml_entry **sorted = calloc(table->count + 1, sizeof(struct toml_entry *));
	size_t count = 0;
	for (const struct toml_entry *e = table->first; e; e = e->next)
		sorted[count++] = e;
	qsort(sorted, count, sizeof *sorted, compare_entries);
	json_t *pairs = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *pair = json_array();
		json_array_append_new(pair, json_stringn(sorted[i]->key.ptr, sorted[i]->key.len));
		json_array_append_new(pair, encode(sorted[i]->value));
		json_array_append_new(pairs, pair);
	}
	free(sorted);
	return json_pack("[s, o]", "table", pairs);
}

static json_t *encode_array(const struct toml_array *array)
{
	json_t *items = json_array();
	for (size_t i = 0; i < array->count; i++)
		json_array_append_new(items, encode(array->items[i]));
	return json_pack("[s, o]", "array", items);
}

static json_t *encode_date_time(const struct toml_value *value)
{
	const struct toml_date_time *t = &value->date_time;
	bool offset = value->kind == TOML_OFFSET_DATE_TIME, time = value->kind == TOML_LOCAL_TIME;
	bool date = value->kind == TOML_LOCAL_DATE;
	json_t *list = json_array();
	json_array_append_new(list, json_string(offset ? "date-time"
	                                        : time ? "time"
	                                        : date ? "date"
	                                               : "local date-time"));
	if (!time) {
		json_array_append_new(list, json_integer(t->year));
		json_array_append_new(list, json_integer(t->month));
		json_array_append_new(list, json_integer(t->day));
	}
	if (!date) {
		json_array_append_new(list, json_integer(t->hour));
		json_array_append_new(list, json_integer(t->minute));
		json_array_append_new(list, json_integer(t->second));
		json_array_append_new(list, json_integer(t->nanosecond / 1000));
	}
	if (offset)
		json_array_append_new(list, json_integer(t->offset_minutes));
	return list;
}

static json_t *encode(const struct toml_value *value)
{
	switch (value->kind) {
	case TOML_STRING:
		return json_pack("[s, s%]", "string", value->string.ptr, value->string.len);
	case TOML_INTEGER:
		return json_pack("[s, I]", "integer", (json_int_t)value->integer);
	case TOML_FLOAT:
		return encode_real(value->real);
	case TOML_BOOLEAN:
		return json_pack("[s, b]", "boolean", value->boolean);
	case TOML_ARRAY:
		return encode_array(&value->array);
	case TOML_TABLE:
		return encode_table(&value->table);
	case TOML_INVALID:
		return json_null();
	default:
		return encode_date_time(value);
	}
}

/* A date that Python's calendar does not have. */
static bool beyond_python(const struct toml_value *value)
{
	bool beyond = false;
	if (value->kind == TOML_TABLE)
		for (const struct toml_entry *e = value->table.first; e; e = e->next)
			beyond |= beyond_python(e->value);
	if (value->kind == TOML_ARRAY)
		for (size_t i = 0; i < value->array.count; i++)
			beyond |= beyond_python(value->array.items[i]);
	const struct toml_date_time *t = &value->date_time;
	if (value->kind == TOML_OFFSET_DATE_TIME || value->kind == TOML_LOCAL_DATE_TIME)
		return t->year == 0 || t->second == 60;
	if (value->kind == TOML_LOCAL_DATE)
		return t->year == 0;
	return beyond || (value->kind == TOML_LOCAL_TIME && t->second == 60);
}

/* tomllib's answers to all documents, one line each. */
static FILE *ask(const struct strs *documents, const char *folder)
{
	char path[128], command[512];
	snprintf(path, sizeof path, "%s/documents", folder);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	for (size_t i = 0; i < documents->count; i++) {
		for (size_t k = 0; k < documents->items[i].len; k++)
			fprintf(out, "%02x", (unsigned char)documents->items[i].ptr[k]);
		fputc('\n', out);
	}
	assert_int_equal(fclose(out), 0);
	snprintf(command, sizeof command,
	         "python3 tests/oracle/toml/oracle.py <%s/documents >%s/answers", folder, folder);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof path, "%s/answers", folder);
	FILE *answers = fopen(path, "r");
	assert_non_null(answers);
	return answers;
}

static bool agrees(struct arena *a, struct str document, const json_t *answer)
{
	struct source source = {STR("document"), document};
	struct diag d;
	diag_init(&d, a);
	const struct toml_value *root = toml_parse(a, &source, &d);
	if (d.errors)
		return json_is_null(answer) || json_is_string(answer);
	if (beyond_python(root))
		return true;
	json_t *ours = encode(root);
	bool equal = json_equal(ours, answer);
	if (!equal) {
		fputs("ours:   ", stderr);
		json_dumpf(ours, stderr, JSON_COMPACT);
	}
	json_decref(ours);
	return equal;
}

static void report_difference(struct str document, const json_t *answer)
{
	fprintf(stderr, "\ntomllib: ");
	json_dumpf(answer, stderr, JSON_COMPACT | JSON_ENCODE_ANY);
	fprintf(stderr, "\n---\n%.*s\n---\n", STR_ARG(document));
}

/* Returns how many documents the two readers see differently, and how many both accept. */
static size_t compare(const struct strs *documents, size_t *out_accepted)
{
	char folder[] = "/tmp/test_toml_oracle.XXXXXX", *line = NULL;
	assert_non_null(mkdtemp(folder));
	FILE *answers = ask(documents, folder);
	size_t differences = 0, capacity = 0;
	*out_accepted = 0;
	for (size_t i = 0; i < documents->count; i++) {
		assert_true(getline(&line, &capacity, answers) > 0);
		json_t *answer = json_loads(line, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
		assert_non_null(answer);
		struct arena a;
		host_arena_init(&a);
		bool same = agrees(&a, documents->items[i], answer);
		if (!same && ++differences <= 5)
			report_difference(documents->items[i], answer);
		*out_accepted += json_is_array(answer) && same;
		arena_release(&a);
		json_decref(answer);
	}
	free(line);
	fclose(answers);
	assert_int_equal(tree_remove(folder), 0);
	return differences;
}

static void need_tomllib(void)
{
	if (system("python3 -c 'import tomllib' 2>/dev/null") != 0)
		skip();
}

static uint64_t number_from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void generated_documents_are_read_as_tomllib_reads_them(void **)
{
	need_tomllib();
	struct arena a;
	host_arena_init(&a);
	struct strs documents = {};
	uint64_t seed = number_from_environment("TOML_ORACLE_SEED", 1);
	uint64_t count = number_from_environment("TOML_ORACLE_COUNT", GENERATED);
	for (uint64_t i = 0; i < count; i++)
		strs_add(&documents, &a, generate_document(&a, seed * 1000003 + i));
	size_t accepted;
	assert_int_equal(compare(&documents, &accepted), 0);
	/* Both kinds are there in numbers, or the test proves nothing. */
	assert_in_range(accepted, count / 5, count - count / 5);
	arena_release(&a);
}

static void corner_cases_are_read_as_tomllib_reads_them(void **)
{
	need_tomllib();
	struct arena a;
	host_arena_init(&a);
	struct strs documents = {};
	for (size_t i = 0; i < COUNT(corner_cases); i++)
		if (!corner_cases[i].not_asked)
			strs_add(&documents, &a, corner_cases[i].text);
	size_t accepted;
	assert_int_equal(compare(&documents, &accepted), 0);
	arena_release(&a);
}

static void corner_cases_are_as_the_specification_says(void **)
{
	size_t wrong = 0;
	for (size_t i = 0; i < COUNT(corner_cases); i++) {
		struct arena a;
		host_arena_init(&a);
		struct diag d;
		diag_init(&d, &a);
		struct source source = {STR("case"), corner_cases[i].text};
		(void)toml_parse(&a, &source, &d);
		if ((d.errors == 0) != corner_cases[i].valid) {
			wrong++;
			fprintf(stderr, "%s: %.*s\n",
			        corner_cases[i].valid ? "must be accepted" : "must be refused",
			        STR_ARG(corner_cases[i].text));
		}
		arena_release(&a);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(corner_cases_are_as_the_specification_says),
	        cmocka_unit_test(corner_cases_are_read_as_tomllib_reads_them),
	        cmocka_unit_test(generated_documents_are_read_as_tomllib_reads_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
