#include "../../test.h"
#include "core/symbols.h"
#include "symbol_bytes.h"

static const struct symbol_bytes_entry entries[] = {
        {0x1000, 0, 0x10}, {0x1010, 6, 0x20}, {0x2000, 11, 0}};
static const struct str names = STR_INIT("alpha\0beta\0tail\0");

static void address_finds_the_symbol_that_covers_it(void **)
{
	static const struct {
		uint64_t address;
		struct str name;
		uint64_t offset;
	} cases[] = {
	        {0x0fff, STR_INIT(""), 0},
	        {0x1000, STR_INIT("alpha"), 0},
	        {0x100f, STR_INIT("alpha"), 15},
	        {0x1010, STR_INIT("beta"), 0},
	        {0x102f, STR_INIT("beta"), 31},
	        {0x1030, STR_INIT(""), 0},
	        {0x2000, STR_INIT("tail"), 0},
	        {UINT64_MAX, STR_INIT("tail"), UINT64_MAX - 0x2000},
	};
	struct symbol_bytes bytes;
	struct symbol_table table;
	struct str text = symbol_bytes_make(&bytes, entries, 3, names);
	assert_int_equal(symbol_table_open(text, &table), OK);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct symbol_hit hit = {};
		assert_int_equal(symbol_find(&table, cases[i].address, &hit),
		                 cases[i].name.len > 0);
		assert_str(hit.name, cases[i].name);
		assert_true(hit.offset == cases[i].offset);
	}
}

static void empty_table_finds_nothing(void **)
{
	struct symbol_bytes bytes;
	struct symbol_table table;
	struct symbol_hit hit;
	assert_int_equal(symbol_table_open(symbol_bytes_make(&bytes, entries, 0, STR("")), &table),
	                 OK);
	assert_false(symbol_find(&table, 0x1000, &hit));
	assert_false(symbol_find(symbols_installed(), 0x1000, &hit));
}

static void table_that_lies_is_refused(void **)
{
	static const struct symbol_bytes_entry falling[] = {{0x2000, 0, 1}, {0x1000, 0, 1}};
	static const struct symbol_bytes_entry wild[] = {{0x1000, 16, 1}};
	struct symbol_bytes bytes;
	struct symbol_table table;

	struct str text = symbol_bytes_make(&bytes, entries, 3, names);
	for (size_t len = 0; len < text.len; len++)
		assert_int_equal(symbol_table_open(str_slice(text, 0, len), &table),
		                 ERR_INVALID_ARGS);
	bytes.bytes[0] = 'X';
	assert_int_equal(symbol_table_open(text, &table), ERR_INVALID_ARGS);
	text = symbol_bytes_make(&bytes, entries, 3, names);
	bytes.bytes[4] = 2; /* version */
	assert_int_equal(symbol_table_open(text, &table), ERR_INVALID_ARGS);
	text = symbol_bytes_make(&bytes, falling, 2, names);
	assert_int_equal(symbol_table_open(text, &table), ERR_INVALID_ARGS);
	text = symbol_bytes_make(&bytes, wild, 1, names);
	assert_int_equal(symbol_table_open(text, &table), ERR_INVALID_ARGS);
	text = symbol_bytes_make(&bytes, entries, 3, STR("alpha\0beta\0tail"));
	assert_int_equal(symbol_table_open(text, &table), ERR_INVALID_ARGS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(address_finds_the_symbol_that_covers_it),
	        cmocka_unit_test(empty_table_finds_nothing),
	        cmocka_unit_test(table_that_lies_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
