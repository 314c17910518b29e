#include "../../test.h"
#include <registry/api.h>

static void record_gives_its_fields_in_order(void **)
{
	struct registry_reader reader = registry_begin(STR("a=1\tb=\tc=x=y\n"));
	struct registry_record record;
	struct str value;
	assert_int_equal(registry_next(&reader, &record), OK);
	assert_int_equal(record.line, 1);
	assert_int_equal(record.field_count, 3);
	assert_true(registry_value(&record, STR("a"), &value));
	assert_str(value, STR("1"));
	assert_true(registry_value(&record, STR("b"), &value));
	assert_str(value, STR(""));
	assert_true(registry_value(&record, STR("c"), &value));
	assert_str(value, STR("x=y"));
	assert_false(registry_value(&record, STR("d"), &value));
	assert_int_equal(registry_next(&reader, &record), ERR_NOT_FOUND);
}

static void malformed_line_costs_that_line_only(void **)
{
	static const struct {
		struct str line;
		enum status status;
	} cases[] = {
	        {STR_INIT("a=1"), OK},
	        {STR_INIT("=1"), ERR_INVALID_ARGS},
	        {STR_INIT("a"), ERR_INVALID_ARGS},
	        {STR_INIT("a=1\t"), ERR_INVALID_ARGS},
	        {STR_INIT("\ta=1"), ERR_INVALID_ARGS},
	        {STR_INIT("a=1\t\tb=2"), ERR_INVALID_ARGS},
	        {STR_INIT("a=1\ta=2"), ERR_INVALID_ARGS},
	        {STR_INIT("a=1\r"), ERR_INVALID_ARGS},
	        {STR_INIT("a=\0"), ERR_INVALID_ARGS},
	        {STR_INIT("a=1\tb"), ERR_INVALID_ARGS},
	        {STR_INIT("a=\xff\xfe"), OK},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[64];
		size_t len = 0;
		for (size_t c = 0; c < cases[i].line.len; c++)
			text[len++] = cases[i].line.ptr[c];
		for (const char *c = "\nz=9\n"; *c; c++)
			text[len++] = *c;
		struct registry_reader reader = registry_begin((struct str){text, len});
		struct registry_record record;
		struct str value;
		assert_int_equal(registry_next(&reader, &record), cases[i].status);
		assert_int_equal(record.line, 1);
		assert_int_equal(registry_next(&reader, &record), OK);
		assert_int_equal(record.line, 2);
		assert_true(registry_value(&record, STR("z"), &value));
		assert_int_equal(registry_next(&reader, &record), ERR_NOT_FOUND);
	}
}

static void line_with_too_many_fields_is_malformed(void **)
{
	char text[REGISTRY_FIELDS_MAX * 8 + 16];
	size_t len = 0;
	for (unsigned i = 0; i <= REGISTRY_FIELDS_MAX; i++) {
		text[len++] = (char)('0' + i / 10);
		text[len++] = (char)('0' + i % 10);
		text[len++] = '=';
		text[len++] = '\t';
	}
	struct registry_record record;
	struct registry_reader reader = registry_begin((struct str){text, len - 1});
	assert_int_equal(registry_next(&reader, &record), ERR_INVALID_ARGS);
	reader = registry_begin((struct str){text, len - 5});
	assert_int_equal(registry_next(&reader, &record), OK);
	assert_int_equal(record.field_count, REGISTRY_FIELDS_MAX);
}

static void blank_lines_and_comments_are_skipped_but_counted(void **)
{
	struct registry_reader reader = registry_begin(STR("\n# note\n \t \na=1\n\nb=2"));
	struct registry_record record;
	assert_int_equal(registry_next(&reader, &record), OK);
	assert_int_equal(record.line, 4);
	assert_int_equal(registry_next(&reader, &record), OK);
	assert_int_equal(record.line, 6);
	assert_int_equal(registry_next(&reader, &record), ERR_NOT_FOUND);
}

static void list_gives_its_items(void **)
{
	struct str rest = STR("vfsd,netd,,procd"), item;
	assert_true(registry_list_next(&rest, &item));
	assert_str(item, STR("vfsd"));
	assert_true(registry_list_next(&rest, &item));
	assert_str(item, STR("netd"));
	assert_true(registry_list_next(&rest, &item));
	assert_str(item, STR("procd"));
	assert_false(registry_list_next(&rest, &item));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(record_gives_its_fields_in_order),
	        cmocka_unit_test(malformed_line_costs_that_line_only),
	        cmocka_unit_test(line_with_too_many_fields_is_malformed),
	        cmocka_unit_test(blank_lines_and_comments_are_skipped_but_counted),
	        cmocka_unit_test(list_gives_its_items),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
