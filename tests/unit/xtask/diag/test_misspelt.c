/*
 * How often the right name comes first: every key, word and setting of manifests and
 * configuration, with one character left out, put in, replaced or exchanged with its neighbour.
 */
#include "../../test.h"
#include "config/settings.h"
#include "diag/diag.h"
#include "manifest/schema.h"
#include "os/files.h"
#include <stdio.h>
#include <string.h>

enum { WORD_SIZE = 80, LEAST_PERCENT = 90 };

struct count {
	struct arena scratch; /* of one question */
	size_t asked, right;
};

struct names {
	struct str items[256];
	size_t count;
};

static bool is_name(const struct names *names, struct str word)
{
	for (size_t i = 0; i < names->count; i++)
		if (str_equal(names->items[i], word))
			return true;
	return false;
}

static void ask(struct count *c, const struct names *names, struct str right, struct str typed)
{
	if (!typed.len || is_name(names, typed))
		return; /* no mistake that a tool could see */
	struct diag d;
	diag_init(&d, &c->scratch);
	struct str hint = diag_did_you_mean(&d, typed, names->items, names->count);
	char wanted[WORD_SIZE + 20];
	snprintf(wanted, sizeof wanted, "did you mean '%.*s'?", STR_ARG(right));
	c->asked++;
	c->right += str_equal(hint, str_from_c(wanted));
	arena_release(&c->scratch);
}

/* head, byte (0: none), tail. */
static void ask_joined(struct count *c, const struct names *names, struct str right, size_t head,
                       char byte, size_t tail)
{
	char typed[WORD_SIZE];
	size_t len = head;
	memcpy(typed, right.ptr, head);
	if (byte)
		typed[len++] = byte;
	memcpy(typed + len, right.ptr + tail, right.len - tail);
	ask(c, names, right, (struct str){typed, len + right.len - tail});
}

static void misspell(struct count *c, const struct names *names, struct str right)
{
	static const char letters[] = "aeiostnrlpxz_-1";
	for (size_t at = 0; at <= right.len; at++) {
		for (size_t i = 0; i < sizeof letters - 1; i++) {
			ask_joined(c, names, right, at, letters[i], at);
			if (at < right.len && right.ptr[at] != letters[i])
				ask_joined(c, names, right, at, letters[i], at + 1);
		}
		if (at < right.len)
			ask_joined(c, names, right, at, 0, at + 1);
		if (at + 1 >= right.len || right.ptr[at] == right.ptr[at + 1])
			continue;
		char exchanged[WORD_SIZE];
		memcpy(exchanged, right.ptr, right.len);
		exchanged[at] = right.ptr[at + 1];
		exchanged[at + 1] = right.ptr[at];
		ask(c, names, right, (struct str){exchanged, right.len});
	}
}

/* A single letter or digit has no misspelling that resembles it. */
static void misspell_all(struct count *c, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].len > 1)
			misspell(c, names, names->items[i]);
}

static void misspell_schema(struct count *c, const struct toml_schema *schema)
{
	struct names keys = {};
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct toml_field *field = &schema->fields[i];
		if (field->refused)
			continue;
		keys.items[keys.count++] = field->key;
		struct names words = {};
		for (size_t k = 0; k < field->choice_count; k++)
			if (!field->choices[k].refused)
				words.items[words.count++] = field->choices[k].word;
		misspell_all(c, &words);
		if (field->schema)
			misspell_schema(c, field->schema);
	}
	misspell_all(c, &keys);
}

static void nine_of_ten_misspellings_get_the_right_name_first(void **)
{
	struct arena a;
	struct diag d;
	host_arena_init(&a);
	diag_init(&d, &a);
	struct config config = {};
	struct loader l = {.arena = &a, .diag = &d, .config = &config};
	struct count c = {};
	host_arena_init(&c.scratch);
	assert_true(config_names_read(&l));
	misspell_schema(&c, &manifest_schema);
	misspell_schema(&c, config_schema(&a, &l.names));
	struct names points = {};
	for (size_t i = 0; i < l.names.fault_count; i++)
		points.items[points.count++] = l.names.faults[i];
	misspell_all(&c, &points);
	printf("# %zu misspellings, the right name first for %zu: %zu.%zu %%\n", c.asked, c.right,
	       c.right * 100 / c.asked, c.right * 1000 / c.asked % 10);
	assert_true(c.asked > 10000);
	assert_true(c.right * 100 >= c.asked * LEAST_PERCENT);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nine_of_ten_misspellings_get_the_right_name_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
